import Basics
import Sealing
import Testing

@Suite struct DatagramTests {
    @Test(arguments: [true, false], [0, 1, 200, 1000])
    func roundTrip(sealed: Bool, length: Int) throws {
        let keys = sealed ? [try sampleKey(1)] : []
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        let payload = bytes(length, seed: 1)
        for count in UInt64(1)...3 {
            let datagram = try alice.seal(payload)
            #expect(datagram.count == length + DatagramSeal.overhead(idLength: 5, sealed: sealed))
            let opened = try bob.open(datagram)
            #expect(opened.sender == identity("alice"))
            #expect(opened.payload == payload)
            #expect(opened.counter == (sealed ? count : 0))
            #expect(!opened.isAddressed && !opened.isKnown)
        }
        #expect(alice.lastCounter == (sealed ? 3 : 0))
    }

    @Test func noByteOfThePayloadTravelsInTheClear() throws {
        let alice = try Member("alice", keys: [try sampleKey(1)])
        let datagram = try alice.seal([UInt8](repeating: 0x55, count: 64))
        #expect(!datagram.indices.dropLast(4).contains { datagram[$0..<($0 + 4)].allSatisfy { $0 == 0x55 } })
    }

    @Test func everyFlippedBitIsRefused() throws {
        let alice = try Member("alice", keys: [try sampleKey(1)])
        let bob = try Member("bob", keys: [try sampleKey(1)])
        bob.admit("alice")
        let datagram = try alice.seal(bytes(20, seed: 2), to: "bob")
        for bit in 0..<(datagram.count * 8) {
            var changed = datagram
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(bob.refusal(changed) != nil, "bit \(bit)")
        }
        #expect(bob.refusal(datagram) == nil, "the forgeries left the window alone")
    }

    @Test(arguments: [true, false])
    func everyTruncationAndExtensionIsRefused(sealed: Bool) throws {
        let keys = sealed ? [try sampleKey(1)] : []
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        let datagram = try alice.seal([])
        for length in 0..<datagram.count {
            #expect(bob.refusal(Array(datagram.prefix(length))) == .tooShort, "\(length) bytes")
        }
        if sealed { #expect(bob.refusal(datagram + [0]) == .forged) }
    }

    @Test func whatDoesNotFitIsNotSent() throws {
        for sealed in [true, false] {
            let alice = try Member("alice", keys: sealed ? [try sampleKey(1)] : [])
            let bob = try Member("bob", keys: sealed ? [try sampleKey(1)] : [])
            let longest = alice.longestPayload
            let datagram = try alice.seal([UInt8](repeating: 1, count: longest))
            #expect(datagram.count == 1400)
            #expect(bob.refusal(datagram) == nil)
            #expect(bob.refusal(datagram + [0]) == .tooLong)
            #expect(throws: DatagramSealError.tooLong) {
                try alice.seal([UInt8](repeating: 1, count: longest + 1))
            }
        }
        #expect(DatagramSeal.overhead(idLength: 64, sealed: true) == 117)
        #expect(DatagramSeal.overhead(idLength: 64, sealed: false) == 93)
    }

    @Test func reasonsAreNamed() throws {
        let alice = try Member("alice", keys: [try sampleKey(1)])
        let plain = try Member("alice", keys: [])
        let bob = try Member("bob", keys: [try sampleKey(1)])
        let sealed = try alice.seal([1])
        func changed(_ index: Int, _ byte: UInt8) -> [UInt8] {
            var changed = sealed
            changed[index] = byte
            return changed
        }
        #expect(bob.refusal([]) == .tooShort)
        #expect(bob.refusal(changed(0, 0)) == .badMagic)
        #expect(bob.refusal(changed(1, 0)) == .badMagic)
        #expect(bob.refusal(changed(2, 2)) == .badVersion)
        #expect(bob.refusal(changed(3, 5)) == .malformed)
        #expect(bob.refusal(changed(4, sealed[4] ^ 1)) == .otherCluster)
        #expect(bob.refusal(changed(12, 0)) == .badId)
        #expect(bob.refusal(changed(12, 65)) == .badId)
        #expect(bob.refusal(changed(12, 64)) == .tooShort)
        #expect(bob.refusal(changed(13, 0xff)) == .badId)
        #expect(bob.refusal(changed(13, 0x0a)) == .badId)
        #expect(bob.refusal(changed(41, 2)) == .forged)
        #expect(bob.refusal(changed(sealed.count - 1, sealed[sealed.count - 1] ^ 1)) == .forged)
        var zero = sealed
        for index in 34..<42 { zero[index] = 0 }
        #expect(bob.refusal(zero) == .malformed)
        #expect(plain.refusal(sealed) == .sealedWhereNoKey)
        let open = try plain.seal([1])
        #expect(bob.refusal(open) == .plainWhereSealedExpected)
    }

    @Test func idsThatCannotTravelAreRefused() throws {
        for id in ["", "a\nb", String(repeating: "x", count: 65)] {
            #expect(throws: SampleError.badId) { _ = try Member(id, keys: []) }
        }
        let alice = try Member(String(repeating: "x", count: 64), keys: [try sampleKey(1)])
        let bob = try Member("bøb ✓", keys: [try sampleKey(1)])
        #expect(throws: DatagramSealError.badReceiver) { try alice.seal([], to: "") }
        #expect(throws: DatagramSealError.badReceiver) {
            try alice.seal([], to: String(repeating: "x", count: 65))
        }
        let toBob = try alice.seal([], to: "bøb ✓")
        #expect(bob.refusal(toBob) == nil)
        let toAlice = try bob.seal([], to: String(repeating: "x", count: 64))
        #expect(try alice.open(toAlice).sender.id == "bøb ✓")
    }

    @Test func opensForItsReceiverAlone() throws {
        let keys = [try sampleKey(1)]
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        let carol = try Member("carol", keys: keys)
        let toBob = try alice.seal([1, 2], to: "bob")
        let toAll = try alice.seal([3])
        #expect(carol.refusal(toBob) == .forged)
        #expect(try bob.open(toBob).isAddressed)
        #expect(carol.refusal(toAll) == nil)
    }

    @Test func otherClustersAndOtherKeysDoNotOpen() throws {
        let alice = try Member("alice", keys: [try sampleKey(1)])
        let blue = try Member("bob", keys: [try sampleKey(1)], cluster: "blue")
        let stranger = try Member("bob", keys: [try sampleKey(2)])
        let datagram = try alice.seal([1])
        #expect(blue.refusal(datagram) == .otherCluster)
        // A colliding or copied tag helps nobody: the name itself is authenticated.
        let toBlue = try blue.seal([])
        #expect(blue.refusal(Array(datagram[..<4] + toBlue[4..<12] + datagram[12...])) == .forged)
        #expect(stranger.refusal(datagram) == .forged)
    }

    @Test func oneInstanceCannotSpeakForAnother() throws {
        let keys = [try sampleKey(1)]
        let old = try Member(sender: identity("alice", generation: 1), keys: keys)
        let bob = try Member("bob", keys: keys)
        var datagram = try old.seal([1])
        datagram[25] = 2
        #expect(bob.refusal(datagram) == .forged)
    }

    @Test(arguments: [false, true])
    func theRingRotatesWithoutLoss(known: Bool) throws {
        let (old, new) = (try sampleKey(1), try sampleKey(2))
        let alice = try Member("alice", keys: [old])
        let bob = try Member("bob", keys: [old])
        if known {
            bob.admit("alice")
            alice.admit("bob")
        }
        let steps: [(alice: [Key], bob: [Key])] = [
            ([old], [old, new]), ([old, new], [old, new]), ([new, old], [old, new]),
            ([new, old], [new, old]), ([new], [new, old]), ([new], [new]),
        ]
        let oldest = try alice.seal([0])
        for (step, keys) in steps.enumerated() {
            #expect(alice.rotate(to: keys.alice))
            #expect(bob.rotate(to: keys.bob))
            for count in UInt8(0)..<3 {
                let there = try alice.seal([count])
                #expect(try bob.open(there).payload == [count], "step \(step)")
                let back = try bob.seal([count])
                #expect(try alice.open(back).payload == [count], "step \(step)")
                if known { #expect(bob.refusal(there) == .replayed) }
            }
        }
        #expect(bob.refusal(oldest) == .forged, "the old key is gone")
    }

    @Test func aRemovedKeyOpensNothingEvenForKnownSenders() throws {
        let alice = try Member("alice", keys: [try sampleKey(1)])
        let bob = try Member("bob", keys: [try sampleKey(1)])
        bob.admit("alice")
        let (first, second) = (try alice.seal([1]), try alice.seal([2]))
        #expect(bob.refusal(first) == nil)
        #expect(bob.rotate(to: [try sampleKey(2)]))
        #expect(bob.refusal(second) == .forged)
    }

    @Test func rotationNeverSwitchesSealingOnOrOff() throws {
        let sealed = try Member("alice", keys: [try sampleKey(1)])
        let plain = try Member("alice", keys: [])
        #expect(!sealed.rotate(to: []))
        #expect(!plain.rotate(to: [try sampleKey(1)]))
        #expect(sealed.isSealed && !plain.isSealed)
    }
}
