import Basics
import Testing
import Wire

/// How reading ended; that it ends at all, without a trap, is the point.
private func outcome(_ bytes: [UInt8]) -> WireError? {
    do throws(WireError) {
        _ = try Message.decode(bytes[...])
        return nil
    } catch {
        return error
    }
}

@Suite("Whatever arrives, reading ends in a message or an error")
struct HostileTests {
    @Test("two hundred thousand packets of noise")
    func noise() {
        var generator = SeededGenerator(seed: 1)
        var refused = 0
        for _ in 0..<200_000 {
            let bytes = (0..<generator.below(48)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if outcome(bytes) != nil { refused += 1 }
        }
        #expect(refused > 150_000)
    }

    @Test("fifty thousand messages with a few bytes changed")
    func mutations() {
        var samples = Samples(seed: 2)
        for _ in 0..<2_500 {
            let original = samples.message().encoded()
            for _ in 0..<20 {
                var bytes = original
                for _ in 0...samples.generator.below(4) where !bytes.isEmpty {
                    bytes[samples.generator.below(bytes.count)] = UInt8(samples.generator.below(256))
                }
                _ = outcome(bytes)
            }
        }
    }

    @Test("a message that is cut at any byte is refused, or says less")
    func truncation() throws {
        var samples = Samples(seed: 3)
        for _ in 0..<100 {
            let message = samples.message()
            let bytes = message.encoded()
            for length in 0..<bytes.count {
                guard outcome(Array(bytes.prefix(length))) == nil else { continue }
                let less = try Message.decode(bytes.prefix(length))
                #expect(less != message)
            }
        }
    }

    @Test("fields of a later version are skipped, in every encoding")
    func unknownFields() throws {
        var samples = Samples(seed: 4)
        let message = samples.message()
        var writer = Writer()
        writer.number(99, 1 << 40)
        writer.fixed(100, 7)
        writer.text(101, "whatever")
        writer.nested(102) { $0.number(1, 1) }
        let fixed32: [UInt8] = [0xbd, 0x06, 1, 2, 3, 4]
        #expect(try Message.decode((writer.bytes + fixed32 + message.encoded())[...]) == message)
    }

    @Test("a kind of a later version is no error")
    func unknownKind() throws {
        #expect(try Message.decode([0x08, 200, 1][...]) == nil)
        #expect(try Message.decode([0x08, 99][...]) == nil)
        #expect(outcome([]) == .missing(field: 1))
    }

    @Test("a length that is only claimed allocates nothing")
    func claimedLength() {
        #expect(outcome([0x32, 0xff, 0xff, 0xff, 0xff, 0x7f]) == .truncated)
        #expect(outcome([0x32] + [UInt8](repeating: 0xff, count: 9) + [1]) == .truncated)
        #expect(outcome([0x08] + [UInt8](repeating: 0xff, count: 9) + [2]) == .malformed)
        #expect(outcome([0x08] + [UInt8](repeating: 0x80, count: 20)) == .malformed)
        #expect(outcome([0x00]) == .malformed)
        #expect(outcome([0x0b]) == .malformed)
    }

    @Test("requests and answers about keys that nobody would send")
    func keys() throws {
        let request = { (body: (inout Writer) -> Void) -> WireError? in
            var writer = Writer()
            writer.number(1, 40)
            writer.nested(12, body)
            return outcome(writer.bytes)
        }
        #expect(request { $0.number(1, 3) } == nil)
        #expect(request { $0.number(1, 4) } == .outOfRange(field: 1))
        #expect(request { $0.data(3, [UInt8](repeating: 1, count: 80)) } == nil)
        for count in [1, 79, 81] {
            #expect(request { $0.data(3, [UInt8](repeating: 1, count: count)) } == .outOfRange(field: 3))
        }
        let reply = { (ring: Int, box: Int) -> WireError? in
            let reply = KeyReply(
                .done, ring: (0..<ring).map { UInt64($0 + 1) }, box: [UInt8](repeating: 1, count: box))
            return outcome(Message(kind: .keysReply, keyReply: reply).encoded())
        }
        #expect(reply(8, 32) == nil)
        #expect(reply(9, 32) == .tooMany(field: 2))
        for count in [1, 31, 33] { #expect(reply(1, count) == .outOfRange(field: 3)) }
        // A reason that a later version gives is a refusal all the same.
        let later = try Message.decode([0x08, 41, 0x6a, 2, 0x08, 9][...])
        #expect(later?.keyReply?.outcome == .unreadable)
    }

    @Test("names, addresses and counts beyond their limits")
    func limits() throws {
        let good = MemberRecord(
            identity: Identity(id: "a", generation: 1, nonce: 1), incarnation: 0, status: .alive,
            attributes: Attributes(address: .loopback(port: 1)))
        let check = { (change: (inout MemberRecord) -> Void) -> WireError? in
            var record = good
            change(&record)
            return outcome(Message(kind: .gossip, records: [record]).encoded())
        }
        #expect(check { _ in } == nil)
        #expect(check { $0.identity.id = "" } == .outOfRange(field: 1))
        #expect(check { $0.identity.id = String(repeating: "i", count: 65) } == .outOfRange(field: 1))
        #expect(check { $0.identity.id = "a\u{1}" } == .outOfRange(field: 1))
        #expect(check { $0.incarnation = 1 << 62 } == .outOfRange(field: 2))
        #expect(check { $0.attributes?.address = .loopback(port: 0) } == .outOfRange(field: 4))
        let nowhere: [[UInt8]] = [
            [0, 0, 0, 0], [UInt8](repeating: 0, count: 16), [224, 0, 0, 1], [239, 255, 78, 78],
            [0xff, 0x12] + [UInt8](repeating: 0, count: 13) + [1],
        ]
        for bytes in nowhere {
            let address = try #require(Address(bytes: bytes, port: 1))
            #expect(check { $0.attributes?.address = address } == .outOfRange(field: 4), "\(address.host)")
        }
        #expect(check { $0.attributes?.name = String(repeating: "i", count: 65) } == .outOfRange(field: 6))
        #expect(
            check { $0.attributes?.tags = (0..<33).map { Attributes.Tag(key: "k\($0)", value: "v") } }
                == .tooMany(field: 7))
        #expect(
            check { $0.attributes?.seats = (0..<17).map { SeatRecord(role: "r\($0)") } }
                == .tooMany(field: 8))
        for tags in [[("k", "1"), ("k", "2")], [("", "v")], [("k", "\0")], [("e\u{301}", "v")]] {
            #expect(
                check { $0.attributes?.tags = tags.map { Attributes.Tag(key: $0, value: $1) } }
                    == .outOfRange(field: 7))
        }
        #expect(
            check { $0.attributes?.seats = .init(repeating: SeatRecord(role: "r"), count: 2) }
                == .outOfRange(field: 8))
        #expect(check { $0.attributes?.name = "\u{1b}[2J" } == .outOfRange(field: 6))
        #expect(check { $0.accuser = "\n" } == .outOfRange(field: 10))
        #expect(check { $0.identity.id = "e\u{301}" } == .outOfRange(field: 1))
        #expect(
            check {
                $0.attributes?.tags = ["a", "b", "c"].map {
                    Attributes.Tag(key: $0, value: String(repeating: "v", count: 400))
                }
            } == .tooLong)
        // Small enough to be read as it is, too large once others have added their verdict.
        #expect(
            check {
                $0.attributes?.tags = ["a", "b"].map {
                    Attributes.Tag(key: $0, value: String(repeating: "v", count: 512))
                }
                $0.accuser = ""
            } == nil)
        #expect(
            check {
                $0.attributes?.tags = ["a", "b", "c"].map {
                    Attributes.Tag(key: $0, value: String(repeating: "v", count: 365))
                }
            } == .tooLong)
        #expect(check { $0.attributes?.seats = [SeatRecord(role: "")] } == .outOfRange(field: 1))
        #expect(
            check {
                $0.attributes?.seats = [SeatRecord(role: "r", token: SeatRecord.highestToken + 1)]
            }
                == .outOfRange(field: 7))
        #expect(outcome([0x32, 2, 0x18, 1]) == .missing(field: 1))
    }

    @Test("what hosts tell each other, beyond its limits")
    func userMessages() throws {
        let origin = Identity(id: "a", generation: 1, nonce: 1)
        let check = { (isBroadcast: Bool, change: (inout UserMessage) -> Void) -> WireError? in
            var told = UserMessage(origin: isBroadcast ? origin : nil, sequence: 1, topic: "t", data: [1])
            change(&told)
            var message = Message(kind: isBroadcast ? .gossip : .deliver)
            if isBroadcast { message.broadcasts = [told] } else { message.message = told }
            return outcome(message.encoded())
        }
        for isBroadcast in [true, false] {
            let most = isBroadcast ? UserMessage.broadcastBytes : UserMessage.sentBytes
            #expect(check(isBroadcast) { $0.data = [] } == nil)
            #expect(check(isBroadcast) { $0.data = [UInt8](repeating: 0, count: most) } == nil)
            #expect(
                check(isBroadcast) { $0.data = [UInt8](repeating: 0, count: most + 1) }
                    == .outOfRange(field: 4))
            #expect(check(isBroadcast) { $0.sequence = 0 } == .outOfRange(field: 2))
            #expect(check(isBroadcast) { $0.sequence = 1 << 62 } == .outOfRange(field: 2))
            #expect(check(isBroadcast) { $0.topic = "" } == nil)
            for topic in [String(repeating: "t", count: 65), "\n", "e\u{301}"] {
                #expect(check(isBroadcast) { $0.topic = topic } == .outOfRange(field: 3))
            }
        }
        #expect(check(true) { $0.origin = nil } == .missing(field: 1))
        var crowd = Message(kind: .gossip)
        let told = UserMessage(origin: origin, sequence: 1, topic: "", data: [])
        crowd.broadcasts = .init(repeating: told, count: 64)
        #expect(outcome(crowd.encoded()) == nil)
        crowd.broadcasts.append(told)
        #expect(outcome(crowd.encoded()) == .tooMany(field: 14))
        // A receipt of a later version says nothing to this one.
        #expect(try Message.decode([0x08, 33, 0x80, 0x01, 99][...])?.receipt == Receipt.none)
    }
}
