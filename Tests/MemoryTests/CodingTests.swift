import Basics
import Testing
import Wire

@testable import Memory

func sample() throws -> Memory {
    var memory = Memory(
        cluster: "orders", nodeId: "ключ-1", isRandomId: true, generation: 1_700_000_000_000_000)
    memory.hear(token: 7, in: "primary")
    memory.hear(token: 1 << 52, in: "backup")
    memory.ballots["primary"] = Ballots(
        epoch: 9, listNumber: 2, voters: ["a", "b", "c", "ключ"], predecessor: .max, settledList: 1)
    memory.ballots["backup"] = Ballots(
        epoch: 0, listNumber: 1, voters: ["a"], predecessor: 0, settledList: 0)
    memory.addresses = [
        try #require(Address(bytes: [10, 0, 0, 1], port: 7878)),
        try #require(Address(bytes: [0xfe, 0x80] + [UInt8](repeating: 3, count: 14), port: 1)),
    ]
    return memory
}

func failure(_ bytes: [UInt8]) -> MemoryError? {
    do throws(MemoryError) {
        _ = try Memory(decoding: bytes)
        return nil
    } catch {
        return error
    }
}

@Suite("The state file's content")
struct CodingTests {
    @Test("says what was written")
    func roundTrip() throws {
        let memory = try sample()
        #expect(try Memory(decoding: memory.encoded()) == memory)
        let empty = Memory(cluster: "c", nodeId: "n")
        #expect(try Memory(decoding: empty.encoded()) == empty)
    }

    @Test("has room for what a voter must remember, however long the names, and can be read again")
    func manyBallots() throws {
        var memory = Memory(cluster: "orders", nodeId: "a")
        let voters = (0..<Ballots.mostVoters).map {
            String(repeating: "v", count: Identity.longestId - 2) + "\(10 + $0)"
        }
        for role in 0..<Memory.mostBallots {
            let name = String(repeating: "r", count: SeatRecord.longestRole - 3) + "\(100 + role)"
            memory.ballots[name] = Ballots(
                epoch: SeatRecord.highestToken, listNumber: .max, voters: voters, predecessor: .max,
                settledList: .max)
        }
        let bytes = memory.encoded()
        #expect(try Memory(decoding: bytes) == memory)
        #expect(bytes.count <= 131_072 + Memory.mostBallots * Ballots.longest)
    }

    @Test("is the same for the same memory")
    func stable() throws {
        var other = Memory(
            cluster: "orders", nodeId: "ключ-1", isRandomId: true, generation: 1_700_000_000_000_000)
        other.hear(token: 1 << 52, in: "backup")
        other.hear(token: 7, in: "primary")
        other.addresses = try sample().addresses
        for (role, ballots) in try sample().ballots { other.ballots[role] = ballots }
        #expect(try sample().encoded() == other.encoded())
    }

    @Test("is refused when it is cut anywhere")
    func truncations() throws {
        let bytes = try sample().encoded()
        for length in 0..<bytes.count { #expect(failure(Array(bytes.prefix(length))) == .damaged) }
    }

    @Test("is refused when any one bit is another")
    func flips() throws {
        let bytes = try sample().encoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                #expect(failure(changed) != nil, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("is refused when something stands behind it, or two stand together")
    func longer() throws {
        let bytes = try sample().encoded()
        #expect(failure(bytes + [0]) == .damaged)
        #expect(failure(bytes + bytes) == .damaged)
    }

    @Test("never traps, whatever it is")
    func garbage() throws {
        var generator = SeededGenerator(seed: 7)
        let bytes = try sample().encoded()
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<generator.below(6) + 1 {
                changed[generator.below(changed.count)] = UInt8(truncatingIfNeeded: generator.next())
            }
            changed.removeLast(generator.below(3))
            // With the sum made right, so that what is behind it is read.
            _ = failure(summed(changed))
            #expect(changed == bytes || failure(changed) != nil)
        }
    }

    @Test("of a later version is named so")
    func later() throws {
        var bytes = try sample().encoded()
        bytes[11] = 2
        #expect(failure(bytes) == .later(version: 2))
        #expect(failure(Array(bytes.prefix(20))) == .later(version: 2))
    }

    @Test("holds fields of later releases, which are passed over")
    func unknownFields() throws {
        var bytes = try sample().encoded()
        bytes.removeLast(8)
        bytes += [0x98, 0x06, 0x05]  // field 99, a number
        bytes[15] += 3
        #expect(try Memory(decoding: summed(bytes + [UInt8](repeating: 0, count: 8))) == sample())
    }

    @Test("with what no node writes is refused, whatever its sum", arguments: [0, 1, 2, 3])
    func outOfRange(what: Int) throws {
        var memory = Memory(cluster: "c", nodeId: "n", generation: 1)
        switch what {
        case 0: memory = Memory(cluster: "", nodeId: "n")
        case 1: memory = Memory(cluster: "c", nodeId: "a\nb")
        case 2:
            memory.ballots["primary"] = Ballots(
                epoch: 1, listNumber: 1, voters: ["a\nb"], predecessor: 0, settledList: 0)
        default: memory.addresses = [try #require(Address(bytes: [10, 0, 0, 1], port: 0))]
        }
        #expect(failure(memory.encoded()) == .damaged)
    }

    @Test("is believed but for the addresses that name no host, which earlier releases wrote")
    func nowhere() throws {
        var memory = try sample()
        let good = memory.addresses
        memory.addresses = [
            try #require(Address(bytes: [0, 0, 0, 0], port: 7878)), good[0],
            try #require(Address(bytes: [UInt8](repeating: 0, count: 16), port: 7878)), good[1],
            try #require(Address(bytes: [224, 0, 0, 1], port: 7878)),
        ]
        let read = try Memory(decoding: memory.encoded())
        memory.addresses = good
        #expect(read == memory)
    }

    /// The bytes with a sum that fits.
    private func summed(_ bytes: [UInt8]) -> [UInt8] {
        var hash = Fnv1a()
        let summed = bytes.dropLast(8)
        for byte in summed { hash.add(byte) }
        return summed + withUnsafeBytes(of: hash.value.bigEndian) { Array($0) }
    }
}

@Suite("What is remembered")
struct MemoryTests {
    @Test("the next generation is above the last, whatever the clock says")
    func generations() {
        let memory = Memory(cluster: "c", nodeId: "n", generation: 1000)
        #expect(memory.nextGeneration(wallMicroseconds: 5000) == 5000)
        #expect(memory.nextGeneration(wallMicroseconds: 500) == 1001)
        #expect(memory.nextGeneration(wallMicroseconds: 1000) == 1001)
        let last = Memory(cluster: "c", nodeId: "n", generation: .max)
        #expect(last.nextGeneration(wallMicroseconds: 500) == 500)
    }

    @Test("a token counts where it is the highest, a token and of a role")
    func tokens() {
        var memory = Memory(cluster: "c", nodeId: "n")
        memory.hear(token: 5, in: "a")
        memory.hear(token: 4, in: "a")
        memory.hear(token: 6, in: "")
        memory.hear(token: .max, in: "a")
        memory.hear(token: 0, in: "b")
        #expect(memory.tokens == ["a": 5])
        memory.hear(token: 6, in: "a")
        #expect(memory.tokens == ["a": 6])
    }

    @Test("of too many roles the one with the lowest token is forgotten")
    func tooManyRoles() throws {
        var memory = Memory(cluster: "c", nodeId: "n")
        for number in 1...300 { memory.hear(token: UInt64(number), in: "r\(number)") }
        #expect(memory.tokens.count == 256)
        #expect(memory.tokens["r44"] == nil && memory.tokens["r45"] == 45)
        #expect(try Memory(decoding: memory.encoded()) == memory)
    }
}
