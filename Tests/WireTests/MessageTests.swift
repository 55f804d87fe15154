import Basics
import Testing
import Wire

@Suite("What is written is read again")
struct RoundTripTests {
    @Test("two thousand messages of every kind")
    func roundTrip() throws {
        var samples = Samples(seed: 1)
        for _ in 0..<2000 {
            let message = samples.message()
            #expect(try Message.decode(message.encoded()[...]) == message)
        }
    }

    @Test("from the middle of a larger buffer, too")
    func slices() throws {
        var samples = Samples(seed: 2)
        for _ in 0..<100 {
            let message = samples.message()
            let bytes = [7, 7, 7] + message.encoded() + [9]
            #expect(try Message.decode(bytes[3..<(bytes.count - 1)]) == message)
        }
    }

    @Test("a datagram takes what fits, in order, and nothing is cut")
    func budget() throws {
        var samples = Samples(seed: 3)
        for _ in 0..<300 {
            let records = (0..<20).map { _ in samples.record() }
            var packet = Packet(Message(kind: .gossip), budget: 600)
            let took = records.filter { packet.add($0.encoded()) }
            #expect(packet.bytes.count <= 600)
            #expect(!took.isEmpty)
            #expect(try Message.decode(packet.bytes[...])?.records == took)
        }
    }

    @Test("broadcasts take the room that records leave, the largest finds it in an empty datagram")
    func broadcasts() throws {
        var samples = Samples(seed: 5)
        for _ in 0..<300 {
            let records = (0..<3).map { _ in samples.record() }
            let told = (0..<5).map { _ in samples.userMessage(origin: samples.identity(), longest: 512) }
            var packet = Packet(Message(kind: .ping), budget: 700)
            let took = records.filter { packet.add($0.encoded()) }
            let tookTold = told.filter { packet.add(broadcast: $0.encoded()) }
            #expect(packet.bytes.count <= 700)
            let decoded = try #require(try Message.decode(packet.bytes[...]))
            #expect(decoded.records == took)
            #expect(decoded.broadcasts == tookTold)
        }
        let long = String(repeating: "x", count: 64)
        let largest = UserMessage(
            origin: Identity(id: long, generation: .max, nonce: .max), sequence: 1 << 61, topic: long,
            data: [UInt8](repeating: 1, count: UserMessage.broadcastBytes))
        var ping = Packet(
            Message(kind: .ping, sequence: .max, digest: .max, target: largest.origin), budget: 1200)
        let hasRoom = ping.add(broadcast: largest.encoded())
        #expect(hasRoom)
    }

    @Test("a seat that has grown to its largest fits where it was promised room")
    func largestSeat() {
        var samples = Samples(seed: 4)
        for _ in 0..<500 {
            let seat = samples.seat()
            var largest = seat
            largest.growToLargest()
            var attributes = Attributes(address: samples.address())
            let size = { (seat: SeatRecord) -> Int in
                attributes.seats = [seat]
                return MemberRecord(
                    identity: Identity(id: "a", generation: 1, nonce: 1), incarnation: 0, status: .alive,
                    attributes: attributes
                ).encoded().count
            }
            #expect(size(seat) <= size(largest))
        }
    }

    @Test("the bytes of a ping are these, for ever")
    func golden() throws {
        let message = Message(
            kind: .ping, sequence: 300, digest: 0x0102_0304_0506_0708,
            records: [
                MemberRecord(
                    identity: Identity(id: "n1", generation: 5, nonce: 0xFF), incarnation: 2,
                    status: .suspect,
                    accuser: "n2", evidence: .silence)
            ])
        let golden: [UInt8] = [
            0x08, 0x01,  // kind: ping
            0x10, 0xac, 0x02,  // sequence: 300
            0x19, 8, 7, 6, 5, 4, 3, 2, 1,  // digest
            0x32, 0x22,  // a record of 34 bytes
            0x0a, 0x16,  // its identity, 22 bytes
            0x0a, 0x02, 0x6e, 0x31,  // id: n1
            0x11, 5, 0, 0, 0, 0, 0, 0, 0,  // generation
            0x19, 0xff, 0, 0, 0, 0, 0, 0, 0,  // nonce
            0x10, 0x02,  // incarnation
            0x18, 0x02,  // status: suspect
            0x52, 0x02, 0x6e, 0x32,  // accuser: n2
            0x58, 0x01,  // evidence: silence
        ]
        #expect(message.encoded() == golden)
        #expect(try Message.decode(golden[...]) == message)
    }

    @Test("which tags changed: the new, the gone and those set anew")
    func changedTags() throws {
        let address = try #require(Address(bytes: [10, 0, 0, 1], port: 7400))
        func attributes(_ tags: (String, UInt64)...) -> Attributes {
            Attributes(
                address: address,
                tags: tags.map { Attributes.Tag(key: $0, value: "v", version: $1) })
        }
        let before = attributes(("a", 1), ("b", 2), ("c", 3))
        #expect(attributes(("a", 1), ("b", 4), ("d", 5)).changedTags(since: before) == ["b", "c", "d"])
        #expect(before.changedTags(since: before).isEmpty)
    }

    @Test("the bytes of a member's own record are these, for ever")
    func goldenRecord() throws {
        let address = try #require(Address(bytes: [10, 0, 0, 1], port: 7400))
        let record = MemberRecord(
            identity: Identity(id: "n1", generation: 5, nonce: 6), incarnation: 0, status: .alive,
            attributes: Attributes(
                address: address, name: "x", tags: [Attributes.Tag(key: "k", value: "v", version: 2)],
                seats: [SeatRecord(role: "r", state: .primary, number: 1, token: 9, highestToken: 9)],
                version: 3))
        let golden: [UInt8] = [
            0x0a, 0x16, 0x0a, 0x02, 0x6e, 0x31, 0x11, 5, 0, 0, 0, 0, 0, 0, 0, 0x19, 6, 0, 0, 0, 0, 0, 0, 0,
            0x18, 0x01,  // status: alive
            0x22, 0x04, 10, 0, 0, 1,  // address
            0x28, 0xe8, 0x39,  // port
            0x32, 0x01, 0x78,  // name
            0x3a, 0x08, 0x0a, 0x01, 0x6b, 0x12, 0x01, 0x76, 0x18, 0x02,  // tag
            0x42, 0x0b, 0x0a, 0x01, 0x72, 0x10, 0x02, 0x20, 0x01, 0x38, 0x09, 0x40, 0x09,  // seat
            0x48, 0x03,  // version
        ]
        #expect(record.encoded() == golden)
        #expect(try MemberRecord(decoding: golden[...]) == record)
    }
}
