import Basics
import Wire

/// Messages as chance has it, each within every limit.
struct Samples {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func text(_ longest: Int) -> String {
        let letters = Array("abcxyz0189-_. äß漢")
        var text = ""
        for _ in 0..<generator.below(longest / 3) { text.append(letters[generator.below(letters.count)]) }
        return text
    }

    mutating func name() -> String { "n" + text(30) }

    mutating func identity() -> Identity {
        Identity(id: name(), generation: generator.next(), nonce: generator.next())
    }

    mutating func address() -> Address {
        var bytes = (0..<(generator.below(2) == 0 ? 4 : 16)).map { _ in UInt8(generator.below(256)) }
        // Neither unspecified nor multicast.
        bytes[0] = bytes[0] % 223 + 1
        return Address(bytes: bytes, port: UInt16(1 + generator.below(65_535))) ?? .loopback(port: 1)
    }

    mutating func seat() -> SeatRecord {
        SeatRecord(
            role: name(), state: [.standby, .primary, .yielding][generator.below(3)],
            position: UInt32(truncatingIfNeeded: generator.next()), number: UInt32(generator.below(100)),
            isUnready: generator.below(2) == 0, hasYielded: generator.below(2) == 0,
            token: generator.next() % SeatRecord.highestToken,
            highestToken: UInt64(generator.below(1000)))
    }

    mutating func record() -> MemberRecord {
        var record = MemberRecord(
            identity: identity(), incarnation: generator.next() >> UInt64(2 + generator.below(60)),
            status: [.alive, .suspect, .unresponsive, .dead, .left][generator.below(5)],
            accuser: generator.below(2) == 0 ? "" : name(),
            evidence: Evidence(rawValue: UInt8(generator.below(8))) ?? .none)
        guard generator.below(3) > 0 else { return record }
        var attributes = Attributes(
            address: address(), name: text(40), version: UInt64(generator.below(1 << 40)))
        for index in 0..<generator.below(4) {
            attributes.tags.append(
                Attributes.Tag(
                    key: "\(index)\(name())", value: text(80),
                    version: generator.next() >> UInt64(2 + generator.below(62))))
        }
        for index in 0..<generator.below(3) {
            var seat = seat()
            seat.role = "\(index)\(seat.role)"
            attributes.seats.append(seat)
        }
        record.attributes = attributes
        return record
    }

    mutating func message() -> Message {
        let kinds: [Message.Kind] = [
            .ping, .ack, .pingRequest, .gossip, .check, .checked, .beacon, .challenge, .answer, .sync,
            .syncReply,
            .link, .linked, .deliver, .delivered, .keys, .keysReply, .vote, .voted,
        ]
        var message = Message(
            kind: kinds[generator.below(kinds.count)], sender: generator.below(2) == 0 ? nil : identity(),
            sequence: UInt32(truncatingIfNeeded: generator.next()), digest: generator.next(),
            target: generator.below(2) == 0 ? nil : identity(),
            finding: Message.Finding(rawValue: UInt8(generator.below(5))) ?? .nothing,
            port: UInt16(generator.below(65_536)), records: (0..<generator.below(5)).map { _ in record() },
            keyRequest: generator.below(4) == 0 ? keyRequest() : nil,
            keyReply: generator.below(4) == 0 ? keyReply() : nil)
        message.broadcasts = (0..<generator.below(3)).map { _ in
            userMessage(origin: identity(), longest: UserMessage.broadcastBytes)
        }
        if generator.below(3) == 0 { message.message = userMessage(longest: 1000) }
        if generator.below(3) == 0 {
            message.voting = VoterMail(role: name(), data: bytes(generator.below(400)))
        }
        message.receipt = Receipt(rawValue: UInt8(generator.below(6))) ?? .none
        if generator.below(3) == 0 {
            message.clock = generator.next()
            message.release = text(60)
        }
        return message
    }

    mutating func userMessage(origin: Identity? = nil, longest: Int) -> UserMessage {
        UserMessage(
            origin: origin, sequence: 1 + generator.next() >> UInt64(2 + generator.below(60)),
            topic: generator.below(2) == 0 ? "" : name(),
            data: (0..<generator.below(longest + 1)).map { UInt8(truncatingIfNeeded: $0) })
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(generator.below(256)) } }

    mutating func keyRequest() -> KeyRequest {
        KeyRequest(
            KeyRequest.Operation(rawValue: UInt8(generator.below(4))) ?? .look, fingerprint: generator.next(),
            sealedKey: generator.below(2) == 0 ? [] : bytes(KeyRequest.sealedKeyLength))
    }

    mutating func keyReply() -> KeyReply {
        KeyReply(
            KeyReply.Outcome(rawValue: UInt8(generator.below(5))) ?? .done,
            ring: (0..<generator.below(KeyReply.mostKeys + 1)).map { _ in generator.next() | 1 },
            box: bytes(KeyReply.boxLength))
    }
}
