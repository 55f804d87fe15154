import Basics
import Sealing
import Wire

/// Bytes of TCP to a node without a key.
func fuzzStream(_ input: [UInt8]) { play(input, keys: []) }

/// Bytes of TCP to a node with two keys.
func fuzzSealedStream(_ input: [UInt8]) { play(input, keys: Keys.ring) }

/// Each piece of the input is something that arrives; the first byte says what it is and at which end.
private func play(_ input: [UInt8], keys: [Key]) {
    var station = Station.met
    let connection = Connection(keys: keys)
    for piece in pieces(of: input) {
        var choices = Choices(piece)
        let what = choices.byte()
        let (end, other) = what & 128 == 0 ? connection.ends : (connection.ends.1, connection.ends.0)
        let size = [Int.max, 1, 7, 4_096][Int(what >> 4) & 3]
        switch what & 7 {
        case 0: connection.greet()
        case 1: connection.carry(Array(choices.rest), from: other, to: end, inPartsOf: size)
        case 2: connection.carry(choices.longText(), from: other, to: end, inPartsOf: size)
        case 3: connection.forge(choices.lyingFrame(), at: end)
        case 4: connection.forge(choices.changed(other.seal(Array(choices.rest.prefix(64)))), at: end)
        case 5: connection.forge(other.lastSealed, at: end)
        case 6: station.wait(.milliseconds(100))
        default: connection.forge(Array(choices.rest), at: end)
        }
        connection.check()
        for bytes in connection.responder.takeArrived() {
            guard let message = decoded(bytes), let reply = station.requested(message) else { continue }
            connection.carry(
                reply.encoded(), from: connection.responder, to: connection.initiator, inPartsOf: size)
        }
        for bytes in connection.initiator.takeArrived() {
            if let message = decoded(bytes) { station.requestEnded(.replied(message)) }
        }
        connection.check()
    }
}

/// Both ends of a connection, and whoever sits between them.
private final class Connection {
    let initiator: End
    let responder: End
    private let isSealed: Bool
    /// Whether anything was ever put between: without a key, anything may follow from that.
    private var isForged = false

    init(keys: [Key]) {
        isSealed = !keys.isEmpty
        initiator = End(.initiator, keys)
        responder = End(.responder, keys.reversed())
    }

    var ends: (End, End) { (responder, initiator) }

    /// Both say hello, as they should.
    func greet() {
        responder.receive(initiator.start())
        initiator.receive(responder.takeReply())
    }

    /// Seals at one end what arrives at the other, in parts of any size.
    func carry(_ message: [UInt8], from sender: End, to receiver: End, inPartsOf size: Int) {
        let frames = sender.seal(message)
        // No more parts than keep the fuzzer fast.
        let size = min(max(size, frames.count / 64, 1), max(frames.count, 1))
        for start in stride(from: 0, to: frames.count, by: size) {
            receiver.receive(Array(frames[start..<min(start + size, frames.count)]))
        }
    }

    /// Puts in bytes that were not sealed for this moment.
    func forge(_ bytes: [UInt8], at end: End) {
        isForged = true
        end.receive(bytes)
    }

    /// What arrives was sealed, in its order; and all of it, where nobody interfered.
    func check() {
        for (end, other) in [(initiator, responder), (responder, initiator)] {
            if isSealed || !isForged { end.checkArrived(against: other.sealed) }
            if !isForged {
                require(end.failure == nil, "a sound stream ended: \(String(describing: end.failure))")
                require(other.sealed.count == end.arrived.count, "a message got lost")
            }
        }
    }
}

private final class End {
    private var seal: StreamSeal
    private(set) var sealed: [[UInt8]] = []
    private(set) var lastSealed: [UInt8] = []
    private(set) var arrived: [[UInt8]] = []
    private(set) var failure: StreamError?
    private var taken = 0
    private var checked = 0

    init(_ role: StreamSeal.Role, _ keys: [Key]) {
        let random = StreamSeal.Random(repeating: role == .initiator ? 1 : 2)
        seal = StreamSeal(role: role, cluster: Keys.cluster, keys: keys, random: random)
    }

    func start() -> [UInt8] { seal.start() }

    func takeReply() -> [UInt8] { seal.takeReply() }

    /// The frames of a message, none before the stream is established.
    func seal(_ message: [UInt8]) -> [UInt8] {
        guard let frames = try? seal.seal(message) else { return [] }
        sealed.append(message)
        lastSealed = frames
        return frames
    }

    func receive(_ bytes: [UInt8]) {
        do throws(StreamError) {
            let messages = try seal.receive(bytes)
            require(failure == nil, "a stream that had ended went on")
            require(messages.allSatisfy { !$0.isEmpty }, "a message of nothing")
            arrived += messages
        } catch {
            require(failure == nil || failure == error, "a stream ended twice")
            require(!seal.isEstablished, "a stream that has ended is established")
            failure = error
        }
    }

    func checkArrived(against sealed: [[UInt8]]) {
        for index in checked..<arrived.count {
            require(index < sealed.count && arrived[index] == sealed[index], "it was not sealed so")
        }
        checked = arrived.count
    }

    /// Those that have arrived since.
    func takeArrived() -> ArraySlice<[UInt8]> {
        defer { taken = arrived.count }
        return arrived[taken...]
    }
}

extension Choices {
    /// A text of up to 128 KiB, which takes more than one frame.
    fileprivate mutating func longText() -> [UInt8] {
        let count = Int(byte()) << 9 | Int(byte())
        var text = [UInt8](repeating: byte(), count: count)
        text.replaceSubrange(..<min(rest.count, count), with: rest.prefix(count))
        return text
    }

    /// The head of a frame that promises something else than what follows.
    fileprivate mutating func lyingFrame() -> [UInt8] {
        let lengths: [UInt32] = [0, 1, 15, 16, 17, 64, 65_535, 65_536, 65_537, 65_552, 65_553, 0x7fff_ffff]
        let number = one(of: lengths) | (byte() & 1 == 0 ? 0 : 1 << 31)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } + rest
    }

    fileprivate mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        var changed = bytes
        changed[below(bytes.count)] ^= max(byte(), 1)
        return changed
    }
}
