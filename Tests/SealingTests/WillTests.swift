import Basics
import Testing

@testable import Sealing

/// What a guardian sends to a voter, and what comes back.
@Suite struct WillTests {
    private let secret = Nonce(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)

    private func letter(_ id: String = "alice", role: String = "primary") -> WillLetter {
        WillLetter(number: 1, id: id, instance: 0x1112_1314_1516_1718, secret: secret, role: role)
    }

    /// `docs/protocol.md` prints these.
    @Test func golden() {
        let will = Will.hash(secret)
        #expect(
            String(will.high, radix: 16) + String(will.low, radix: 16) == "dc57548341c33d9deb9d3c5fd24cbf5f")
        #expect(
            hex(letter().encoded(cluster: "red"))
                == "4d75010489e9be1960f4c21c01000000000000000111121314151617180102030405060708"
                + "111213141516171805616c6963657072696d617279")
        #expect(
            hex(letter().receipt(cluster: "red"))
                == "4d75010489e9be1960f4c21c0200000000000000017072696d617279")
    }

    @Test func secretsAreOpenedByThemselvesAlone() {
        let other = Will.secret()
        #expect(other != Will.secret())
        #expect(Will.isOpened(other, Will.hash(other)))
        #expect(!Will.isOpened(secret, Will.hash(other)))
        #expect(!Will.isOpened(Will.hash(other), Will.hash(other)))
        for bit in 0..<64 {
            #expect(!Will.isOpened(Nonce(high: other.high ^ 1 << bit, low: other.low), Will.hash(other)))
            #expect(!Will.isOpened(Nonce(high: other.high, low: other.low ^ 1 << bit), Will.hash(other)))
        }
    }

    @Test func lettersArriveAsTheyWereWritten() throws {
        for (id, role) in [
            ("a", "b"), (String(repeating: "ü", count: 32), String(repeating: "x", count: 64)),
        ] {
            let letter = letter(id, role: role)
            let bytes = letter.encoded(cluster: "red")
            #expect(bytes == letter.head(cluster: "red") + role.utf8)
            #expect(WillLetter.isClaimed(by: bytes))
            #expect(try WillLetter(bytes, cluster: "red") == letter)
            let receipt = letter.receipt(cluster: "red")
            #expect(receipt == letter.receiptHead(cluster: "red") + role.utf8)
            #expect(receipt.count < bytes.count)
            #expect(throws: DatagramError.self) { try WillLetter(receipt, cluster: "red") }
        }
    }

    @Test func lettersOfOtherClustersAreRefused() {
        let bytes = letter().encoded(cluster: "blue")
        #expect(throws: DatagramError.otherCluster) { try WillLetter(bytes, cluster: "red") }
    }

    @Test func whatIsTooShortOrTooLongIsRefused() {
        let bytes = letter().encoded(cluster: "red")
        for count in 0...bytes.count - "primary".utf8.count {
            #expect(throws: DatagramError.self) { try WillLetter(Array(bytes.prefix(count)), cluster: "red") }
        }
        #expect(throws: DatagramError.badId) {
            try WillLetter(
                letter(role: String(repeating: "x", count: 65)).encoded(cluster: "red"), cluster: "red")
        }
    }

    /// The rest of the envelope knows nothing of them, with a key or without.
    @Test(arguments: [true, false])
    func lettersAreNoDatagramsOfMembers(sealed: Bool) throws {
        let bob = try Member("bob", keys: sealed ? [try sampleKey(1)] : [])
        #expect(bob.refusal(letter().encoded(cluster: "red")) != nil)
        let genuine = try bob.seal([1, 2, 3])
        #expect(!WillLetter.isClaimed(by: genuine))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func garbageIsRefused(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let genuine = letter().encoded(cluster: "red")
        for round in 0..<4000 {
            var datagram = bytes(generator.below(200), seed: generator.next())
            let kept = generator.below(min(genuine.count, datagram.count) + 1)
            if round % 4 > 0 { datagram.replaceSubrange(..<kept, with: genuine[..<kept]) }
            guard let found = try? WillLetter(datagram, cluster: "red") else { continue }
            // What is read has one meaning.
            #expect(found.encoded(cluster: "red") == datagram)
        }
    }
}
