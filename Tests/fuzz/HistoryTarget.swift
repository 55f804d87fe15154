import Basics
import Wire

@testable import Membership

/// Sound messages in an unsound order: each piece of the input becomes one message or event, made of few names and
/// numbers so that they meet. Reaches what bytes by chance rarely do.
func fuzzHistory(_ input: [UInt8]) {
    var station = Station.met
    for piece in pieces(of: input) {
        guard !station.isOver else { return }
        var choices = Choices(piece)
        let what = choices.below(Station.actCount + 8)
        switch what {
        case ..<Station.actCount:
            station.act(what, &choices)
        case ..<(Station.actCount + 5):
            // Some come in great numbers: what is bounded must meet its bound.
            for round in 0..<choices.one(of: [1, 1, 1, 1, 1, 1, 1, 100]) {
                var choices = choices
                choices.round = round
                receive(&choices, at: &station)
            }
        case ..<(Station.actCount + 7):
            let sender = choices.identity()
            var question = choices.message(of: [.sync, .challenge, .link, .compare, .offer], from: sender)
            question.parts = choices.parts(in: station)
            _ = station.requested(question)
        default:
            let sender = choices.identity()
            var answer = choices.message(of: [.syncReply, .answer, .difference, .accepted], from: sender)
            answer.parts = choices.parts(in: station)
            station.requestEnded(.replied(answer))
        }
    }
}

private func receive(_ choices: inout Choices, at station: inout Station) {
    let sender = choices.identity()
    let message = choices.message(
        of: [.ping, .ack, .pingRequest, .gossip, .check, .checked, .beacon, .nack], from: nil)
    requireSameAgain(message)
    let address = Station.address(choices.below(8))
    station.received(message, from: sender, at: address, isFresh: choices.below(4) > 0)
}

/// Numbers where something changes, and those around them.
private let numbers: [UInt64] = [
    0, 1, 2, 3, 999, 1_000, 1_001, 1_005, 1 << 32, 1 << 61, (1 << 62) - 2, (1 << 62) - 1, .max - 2, .max - 1,
    .max,
]

extension Choices {
    fileprivate mutating func identity() -> Identity {
        let known = [Station.me] + Station.peers
        var identity = known[below(known.count)]
        switch below(8) {
        case 0: identity.generation = one(of: numbers)
        case 1: identity.nonce = UInt64(below(20))
        case 2:
            let id = "n\(below(200) + round)"
            identity = Identity(id: id, generation: one(of: numbers), nonce: UInt64(byte()))
        default: break
        }
        return identity
    }

    fileprivate mutating func message(of kinds: [Message.Kind], from sender: Identity?) -> Message {
        var message = Message(kind: one(of: kinds), sender: sender)
        message.sequence = UInt32(byte())
        message.digest = UInt64(below(3))
        message.finding = Message.Finding(rawValue: UInt8(below(5))) ?? .nothing
        message.port = UInt16(7400 + below(8))
        if below(3) > 0 { message.target = identity() }
        for _ in 0..<below(6) { message.records.append(record()) }
        for _ in 0..<below(3) { message.broadcasts.append(broadcast()) }
        return message
    }

    /// The digests of a view like the station's, of one that is empty, or of one unlike any.
    fileprivate mutating func parts(in station: Station) -> [UInt64] {
        var parts = station.engine.membership.parts
        switch below(4) {
        case 0: return []
        case 1: return parts.map { _ in 0 }
        case 2: parts[below(parts.count)] ^= 1
        default: break
        }
        return parts
    }

    private mutating func record() -> MemberRecord {
        var record = MemberRecord(
            identity: identity(), incarnation: min(one(of: numbers), RecordLimit.numbersEnd - 1),
            status: Status(rawValue: UInt8(1 + below(5))) ?? .alive,
            accuser: below(3) == 0 ? "" : identity().id,
            evidence: Evidence(rawValue: UInt8(below(8))) ?? .none)
        guard below(3) > 0 else { return record }
        var attributes = Attributes(address: Station.address(below(8)))
        attributes.version = min(one(of: numbers), RecordLimit.numbersEnd - 1)
        switch below(8) {
        case 0: attributes.tags = [Attributes.Tag(key: "k", value: "v")]
        case 1: attributes.tags = largeTags()
        default: break
        }
        // Two seats of one member in one role are refused.
        for role in [Station.role, "other"] where below(2) > 0 { attributes.seats.append(seat(role)) }
        record.attributes = attributes
        if !record.isSmallEnough { record.attributes?.tags = [] }
        return record
    }

    private mutating func broadcast() -> UserMessage {
        let sequence = one(of: [1, 2, 3, 64, 65, 66, 200, RecordLimit.numbersEnd - 1]) + UInt64(round)
        return UserMessage(
            origin: identity(), sequence: min(sequence, RecordLimit.numbersEnd - 1), topic: Station.role,
            data: [UInt8](repeating: byte(), count: 2 * Int(byte())))
    }

    /// About as many as a record holds.
    private mutating func largeTags() -> [Attributes.Tag] {
        [512, 400 + Int(byte())].enumerated().map { index, count in
            let value = String(repeating: "v", count: min(count, RecordLimit.tagValueBytes))
            return Attributes.Tag(key: "k\(index)", value: value)
        } + [Attributes.Tag(key: "rest", value: String(repeating: "r", count: below(200)))]
    }

    private mutating func seat(_ role: String) -> SeatRecord {
        let named = identity().nonce
        return SeatRecord(
            role: role,
            state: SeatRecord.State(rawValue: UInt8(1 + below(3))) ?? .standby,
            position: UInt32(below(3)), number: UInt32(truncatingIfNeeded: one(of: numbers)),
            isUnready: below(4) == 0, hasYielded: below(4) == 0, token: token(), highestToken: token(),
            target: below(3) == 0 ? named : 0, pauses: UInt32(below(4)))
    }

    private mutating func token() -> UInt64 {
        min(one(of: numbers), SeatRecord.highestToken - UInt64(below(3)))
    }
}
