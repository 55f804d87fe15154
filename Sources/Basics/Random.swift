/// A seeded generator: the core's only source of chance, so that one seed replays one history.
///
/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): eight bytes of state, passes BigCrush. It decides whom to
/// probe and when; nothing secret ever comes from it.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    public mutating func below(_ bound: Int) -> Int {
        bound <= 1 ? 0 : Int.random(in: 0..<bound, using: &self)
    }

    /// The interval, shortened or lengthened by up to a tenth: keeps nodes that started together from
    /// acting together for ever.
    public mutating func jittered(_ interval: Interval) -> Interval {
        let tenth = interval.nanoseconds / 10
        guard tenth > 0 else { return interval }
        return Interval(
            nanoseconds: interval.nanoseconds - tenth + Int64.random(in: 0...(2 * tenth), using: &self))
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): names to numbers where no adversary profits from a collision.
public struct Fnv1a: Sendable {
    public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    public mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    public mutating func add(_ number: UInt64) {
        var rest = number
        for _ in 0..<8 {
            add(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
    public mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }

    public static func hash(_ text: String) -> UInt64 {
        var hash = Fnv1a()
        hash.add(text)
        return hash.value
    }
}
