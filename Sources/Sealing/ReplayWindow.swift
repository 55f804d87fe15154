/// Which of a sender's last 1024 counters have been seen: each datagram is accepted once, in any order
/// within the window.
///
/// The window of RFC 4303, 3.4.3, as a ring of bits, 136 bytes. Only authentic counters may be shown to it:
/// a forged one would move it.
struct ReplayWindow: Sendable {
    /// Counters this far behind the highest one or farther are refused.
    static let width: UInt64 = 1024

    private var highest: UInt64
    private var seen: InlineArray<16, UInt64>

    /// Refuses the given counter and all before it.
    init(after counter: UInt64) {
        highest = counter
        seen = InlineArray(repeating: .max)
    }

    /// Whether the counter is new; from then on it is not.
    mutating func accept(_ counter: UInt64) -> Bool {
        if counter > highest {
            advance(to: counter)
        } else if highest - counter >= Self.width || isSeen(counter) {
            return false
        }
        seen[Self.word(counter)] |= Self.bit(counter)
        return true
    }

    private mutating func advance(to counter: UInt64) {
        if counter - highest >= Self.width {
            seen = InlineArray(repeating: 0)
        } else {
            for skipped in (highest + 1)...counter { seen[Self.word(skipped)] &= ~Self.bit(skipped) }
        }
        highest = counter
    }

    private func isSeen(_ counter: UInt64) -> Bool { seen[Self.word(counter)] & Self.bit(counter) != 0 }

    private static func word(_ counter: UInt64) -> Int { Int(counter % width / 64) }
    private static func bit(_ counter: UInt64) -> UInt64 { 1 << (counter % 64) }
}
