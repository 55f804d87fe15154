/// One side of a stream between two members: bytes of TCP in, messages out, and back.
///
/// Each side says hello with 36 bytes (preamble 12, random 24), then messages travel in frames of at most
/// 64 KiB. The initiator speaks first and seals with the first key of its ring. The responder answers a
/// fitting hello with its own, which is no longer than what it answers, and then nothing until a frame of
/// the initiator has proven that it holds a key; that key serves both directions from then on.
///
/// Whoever fails is done: every later call throws the same error, and the caller closes the connection. It
/// cannot be copied, because two copies would seal different bytes under one nonce. The keys are shared,
/// not agreed upon: who learns a key of the ring can read what was recorded.
package struct StreamSeal: ~Copyable, Sendable {
    package enum Role: Sendable { case initiator, responder }

    /// What makes the keys of each connection different.
    package typealias Random = InlineArray<24, UInt8>

    /// The longest message, in bytes: 16 MiB.
    package static let longestMessage = 1 << 24

    private static let helloLength = 36

    private enum Phase {
        /// The peer's hello is not complete.
        case hello
        /// The next four bytes are the head of a frame.
        case head
        /// The next bytes are the body of this frame.
        case body(StreamFrame)
        case failed(StreamError)
    }

    private let role: Role
    private let cluster: String
    private let isSealed: Bool
    /// What may still be the key of this stream; nothing once that is settled, so that a stream which stands for
    /// long keeps no key that the ring has lost.
    private var keys: [Key]
    private let random: Random
    /// The preamble of either side's hello: the peer's must be the same.
    private let preamble: [UInt8]

    private var phase = Phase.hello
    /// One per key while the responder waits for the first frame, then one; none in plain mode.
    private var traffic: [StreamTraffic] = []
    /// The hello, or the head and body of the frame, that is still incomplete: one unit at most.
    private var unit: [UInt8] = []
    /// What earlier frames brought of the message that is still incomplete.
    private var message: [UInt8] = []
    private var outgoing: [UInt8] = []

    /// Whether messages can be sealed. For an initiator that does not mean that the peer has a key: its
    /// first message proves that.
    package private(set) var isEstablished = false

    /// No key means plain mode. `random` is for tests: two streams with the same one and the same keys would
    /// give all of their secrets away.
    package init(role: Role, cluster: String, keys: [Key], random: Random = Self.freshRandom()) {
        self.role = role
        self.cluster = cluster
        isSealed = !keys.isEmpty
        self.keys = role == .initiator ? Array(keys.prefix(1)) : keys
        self.random = random
        preamble = Preamble.bytes(cluster: cluster, flags: keys.isEmpty ? 0 : Preamble.sealedFlag)
        if role == .initiator { sayHello() }
    }

    package static func freshRandom() -> Random {
        var random = Random(repeating: 0)
        Sodium.randomize(&random)
        return random
    }

    /// The bytes to send when the connection is up: the initiator's hello, nothing from a responder.
    package mutating func start() -> [UInt8] { takeReply() }

    /// The bytes that the last `receive` wants sent, before anything sealed: the responder's hello, once.
    package mutating func takeReply() -> [UInt8] {
        defer { outgoing = [] }
        return outgoing
    }

    // MARK: Sealing

    /// The frames of one message of 1 byte to 16 MiB.
    package mutating func seal(_ message: Span<UInt8>) throws(StreamError) -> [UInt8] {
        if case .failed(let error) = phase { throw error }
        guard isEstablished else { throw .notEstablished }
        guard !message.isEmpty else { throw .empty }
        guard message.count <= Self.longestMessage else { throw .tooLong }
        let frameCount = (message.count - 1) / StreamFrame.longestText + 1
        let overhead = StreamFrame.headLength + (isSealed ? Sodium.tagLength : 0)
        var frames: [UInt8] = []
        frames.reserveCapacity(message.count + frameCount * overhead)
        var start = 0
        while start < message.count {
            let end = min(start + StreamFrame.longestText, message.count)
            let frame = StreamFrame(
                textLength: end - start, isLast: end == message.count, sealed: isSealed)
            let head = frame.head
            frames.append(contentsOf: head)
            let body = frames.count
            frames.append(message.extracting(start..<end))
            if isSealed { try traffic[0].seal(&frames, from: body, length: head) }
            start = end
        }
        return frames
    }

    package mutating func seal(_ message: [UInt8]) throws(StreamError) -> [UInt8] { try seal(message.span) }

    // MARK: Receiving

    /// How many bytes are held of a message that is not complete.
    package var held: Int { message.count + unit.count }

    /// Takes bytes as the connection delivers them, in pieces of any size, and returns the messages that
    /// they complete. Ask for `takeReply` afterwards.
    ///
    /// Before the peer's first authentic frame it holds 64 KiB at most, and no length makes it allocate: memory
    /// grows with the bytes that came. How long and how many strangers may stay is the caller's to bound.
    ///
    /// An error ends the stream, and messages that the same piece completed before it are lost with it.
    package mutating func receive(_ bytes: Span<UInt8>) throws(StreamError) -> [[UInt8]] {
        if case .failed(let error) = phase { throw error }
        var messages: [[UInt8]] = []
        do {
            var taken = 0
            while taken < bytes.count {
                let count = min(unitLength - unit.count, bytes.count - taken)
                unit.append(bytes.extracting(taken..<(taken + count)))
                taken += count
                try advance(&messages)
            }
        } catch {
            fail(error)
            throw error
        }
        return messages
    }

    package mutating func receive(_ bytes: [UInt8]) throws(StreamError) -> [[UInt8]] {
        try receive(bytes.span)
    }

    /// How many bytes `unit` must hold before there is something to do; always more than it holds.
    private var unitLength: Int {
        switch phase {
        case .hello: Self.helloLength
        case .head: StreamFrame.headLength
        case .body(let frame): StreamFrame.headLength + frame.bodyLength
        case .failed: .max
        }
    }

    private mutating func advance(_ messages: inout [[UInt8]]) throws(StreamError) {
        // A stranger is turned away at its first wrong byte: it may never send 36.
        if case .hello = phase { try checkHello() }
        guard unit.count == unitLength else { return }
        switch phase {
        case .hello:
            acceptHello()
            unit.removeAll(keepingCapacity: true)
            phase = .head
        case .head:
            let frame = try StreamFrame(head: unit.span, sealed: isSealed)
            guard message.count + frame.textLength(sealed: isSealed) <= Self.longestMessage else {
                throw .tooLong
            }
            phase = .body(frame)
        case .body(let frame):
            try acceptFrame()
            phase = .head
            guard frame.isLast else {
                unit.removeAll(keepingCapacity: true)
                return
            }
            messages.append(message)
            message = []
            // An idle connection keeps no large buffer.
            unit.removeAll(keepingCapacity: unit.capacity <= 4096)
        case .failed:
            break
        }
    }

    // MARK: Hello

    private mutating func sayHello() {
        outgoing = preamble
        outgoing.append(random.span)
    }

    private func checkHello() throws(StreamError) {
        for index in 0..<min(unit.count, Preamble.length) where unit[index] != preamble[index] {
            switch index {
            case 0, 1: throw .badMagic
            case 2: throw .badVersion
            case 3 where unit[3] & ~Preamble.sealedFlag != 0: throw .malformed
            case 3: throw isSealed ? .plainWhereSealedExpected : .sealedWhereNoKey
            default: throw .otherCluster
            }
        }
    }

    private mutating func acceptHello() {
        var peer = Random(repeating: 0)
        for index in peer.indices { peer[index] = unit[Preamble.length + index] }
        let initiator = role == .initiator ? random : peer
        let responder = role == .initiator ? peer : random
        for key in keys {
            traffic.append(
                StreamTraffic(
                    key: key, cluster: cluster, initiator: initiator, responder: responder, role: role))
        }
        if role == .responder { sayHello() }
        isEstablished = role == .initiator || !isSealed
        if isEstablished { keys = [] }
    }

    /// Gives up the keys that are not among these. False where none is left that the stream could go on under: it has
    /// failed then.
    package mutating func keepOnly(_ fingerprints: [Fingerprint]) -> Bool {
        guard isSealed else { return true }
        keys.removeAll { !fingerprints.contains($0.fingerprint) }
        traffic.removeAll { !fingerprints.contains($0.fingerprint) }
        guard keys.isEmpty, traffic.isEmpty else { return true }
        fail(.forged)
        return false
    }

    // MARK: Frames

    /// Adds the frame in `unit` to the message, if it is the next one.
    private mutating func acceptFrame() throws(StreamError) {
        let unit = unit  // the span of a local leaves the other properties free to change
        guard isSealed else {
            message.append(unit.span.extracting(StreamFrame.headLength...))
            return
        }
        for index in traffic.indices where try traffic[index].open(unit.span, into: &message) {
            if !isEstablished {
                traffic = [traffic[index]]
                keys = []
                isEstablished = true
            }
            return
        }
        throw .forged
    }

    private mutating func fail(_ error: StreamError) {
        phase = .failed(error)
        isEstablished = false
        keys = []
        traffic = []
        unit = []
        message = []
        outgoing = []
    }
}
