import Basics
import Testing

@testable import Sealing

@Suite struct StreamTests {
    /// Lets the hellos pass; the responder of a sealed stream still waits for the first frame.
    private func greet(_ initiator: Side, _ responder: Side) throws {
        #expect(try responder.receive(initiator.start()).isEmpty)
        #expect(try initiator.receive(responder.takeReply()).isEmpty)
    }

    @Test(arguments: [true, false])
    func messagesPassBothWays(sealed: Bool) throws {
        let keys = sealed ? [try sampleKey(1)] : []
        let initiator = Side(.initiator, keys)
        let responder = Side(.responder, keys)
        #expect(responder.start().isEmpty)
        try greet(initiator, responder)
        #expect(initiator.isEstablished)
        #expect(responder.isEstablished == !sealed)
        for (index, length) in [1, 2, 65535, 65536, 65537, 131072, 300_000].enumerated() {
            let message = bytes(length, seed: UInt64(index))
            #expect(try responder.receive(initiator.seal(message)) == [message])
            #expect(responder.isEstablished)
            #expect(try initiator.receive(responder.seal(message)) == [message])
        }
    }

    @Test func theLongestMessagePassesAndNoLongerOne() throws {
        let initiator = Side(.initiator, [try sampleKey(1)])
        let responder = Side(.responder, [try sampleKey(1)])
        try greet(initiator, responder)
        let message = [UInt8](repeating: 7, count: StreamSeal.longestMessage)
        #expect(try responder.receive(initiator.seal(message)) == [message])
        #expect(throws: StreamError.tooLong) { try initiator.seal(message + [0]) }
        #expect(throws: StreamError.empty) { try initiator.seal([]) }
        #expect(try responder.receive(initiator.seal([1])) == [[1]], "refusing to seal ends nothing")
    }

    @Test func endlessMessagesAreCutOff() throws {
        let initiator = Side(.initiator, [])
        let responder = Side(.responder, [])
        try greet(initiator, responder)
        let head = StreamFrame(textLength: 65536, isLast: false, sealed: false).head
        let frame = head + [UInt8](repeating: 0, count: 65536)
        for _ in 0..<256 { #expect(responder.refusal(frame) == nil) }
        #expect(responder.refusal(StreamFrame(textLength: 1, isLast: true, sealed: false).head) == .tooLong)
    }

    @Test(arguments: [true, false])
    func piecesOfAnySizeGiveTheSameMessages(sealed: Bool) throws {
        let keys = sealed ? [try sampleKey(1)] : []
        let random = StreamSeal.Random(repeating: 5)
        let initiator = Side(.initiator, keys, random: random)
        let answering = Side(.responder, keys, random: random)
        let hello = initiator.start()
        _ = try answering.receive(hello)
        _ = try initiator.receive(answering.takeReply())
        let messages = [bytes(1, seed: 1), bytes(50, seed: 2), bytes(7, seed: 3)]
        var wire = hello
        for message in messages { wire += try initiator.seal(message) }

        for split in 0...wire.count {
            let responder = Side(.responder, keys, random: random)
            let first = try responder.receive(Array(wire[..<split]))
            #expect(try first + responder.receive(Array(wire[split...])) == messages)
        }
        for size in 1...wire.count {
            let responder = Side(.responder, keys, random: random)
            var got: [[UInt8]] = []
            for start in stride(from: 0, to: wire.count, by: size) {
                got += try responder.receive(Array(wire[start..<min(start + size, wire.count)]))
            }
            #expect(got == messages)
        }
    }

    @Test func nothingIsSealedBeforeItMayBe() throws {
        let initiator = Side(.initiator, [try sampleKey(1)])
        let responder = Side(.responder, [try sampleKey(1)])
        #expect(throws: StreamError.notEstablished) { try initiator.seal([1]) }
        #expect(throws: StreamError.notEstablished) { try responder.seal([1]) }
        try greet(initiator, responder)
        #expect(responder.takeReply().isEmpty, "the hello is said once")
        #expect(throws: StreamError.notEstablished) { try responder.seal([1]) }
        let first = try initiator.seal([1])
        #expect(try responder.receive(first) == [[1]])
        #expect(try initiator.receive(responder.seal([2])) == [[2]])
    }

    @Test func nothingIsSaidToWhoDoesNotFit() throws {
        let good = StreamSeal.Random(repeating: 1)
        let initiator = Side(.initiator, [try sampleKey(1)], random: good)
        let hello = initiator.start()
        #expect(hello.count == 36)
        let reasons: [(index: Int, byte: UInt8, reason: StreamError)] = [
            (0, 0, .badMagic), (1, 0, .badMagic), (2, 2, .badVersion), (3, 3, .malformed),
            (3, 0, .plainWhereSealedExpected), (4, hello[4] ^ 1, .otherCluster),
            (11, hello[11] ^ 1, .otherCluster),
        ]
        for (index, byte, reason) in reasons {
            var changed = hello
            changed[index] = byte
            let responder = Side(.responder, [try sampleKey(1)])
            #expect(responder.refusal(Array(changed[...index])) == reason, "at the first wrong byte")
            #expect(responder.takeReply().isEmpty)
            #expect(responder.refusal(hello) == reason, "what failed stays failed")
        }
        let plain = Side(.responder, [])
        #expect(plain.refusal(hello) == .sealedWhereNoKey)
        let other = Side(.responder, [try sampleKey(1)], cluster: "blue")
        #expect(other.refusal(hello) == .otherCluster)
    }

    @Test func everyFlippedBitOfAFrameEndsTheStream() throws {
        let keys = [try sampleKey(1)]
        let random = StreamSeal.Random(repeating: 9)
        let initiator = Side(.initiator, keys, random: random)
        let answering = Side(.responder, keys, random: random)
        let hello = initiator.start()
        _ = try answering.receive(hello)
        _ = try initiator.receive(answering.takeReply())
        let frame = try initiator.seal([1, 2, 3])
        for bit in 0..<(frame.count * 8) {
            var changed = frame
            changed[bit / 8] ^= 1 << (bit % 8)
            let responder = Side(.responder, keys, random: random)
            _ = try responder.receive(hello)
            do {
                // A longer length only makes the responder wait, for one frame at most.
                #expect(try responder.receive(changed).isEmpty, "bit \(bit)")
                #expect(bit < 32)
            } catch {
                #expect(error == .forged || error == .malformed)
            }
            #expect(!responder.isEstablished)
        }
    }

    @Test func framesPassOnceInOrderAndOneWay() throws {
        let keys = [try sampleKey(1)]
        for attack in 0..<3 {
            let initiator = Side(.initiator, keys)
            let responder = Side(.responder, keys)
            try greet(initiator, responder)
            let (first, second) = (try initiator.seal([1]), try initiator.seal([2]))
            switch attack {
            case 0: #expect(responder.refusal(second) == .forged, "left out")
            case 1: #expect(responder.refusal(first + first) == .forged, "repeated")
            default: #expect(initiator.refusal(first) == .forged, "sent back")
            }
            #expect(throws: StreamError.self) {
                try responder.receive([0]) + initiator.receive([0, 0, 0, 0])
            }
        }
    }

    @Test func framesFitNoOtherConnection() throws {
        let keys = [try sampleKey(1)]
        let initiator = Side(.initiator, keys)
        let responder = Side(.responder, keys)
        let hello = initiator.start()
        _ = try responder.receive(hello)
        _ = try initiator.receive(responder.takeReply())
        let recorded = try hello + initiator.seal([1])
        let later = Side(.responder, keys)
        #expect(later.refusal(recorded) == .forged)
    }

    @Test func anotherKeyIsRefused() throws {
        let initiator = Side(.initiator, [try sampleKey(2)])
        let responder = Side(.responder, [try sampleKey(1)])
        try greet(initiator, responder)
        #expect(responder.refusal(try initiator.seal([1])) == .forged)
        #expect(throws: StreamError.forged) { try responder.seal([1]) }
    }

    @Test func theResponderStaysWithTheKeyThatOpened() throws {
        let (old, new) = (try sampleKey(1), try sampleKey(2))
        for keys in [[old, new], [new, old], [new]] {
            let initiator = Side(.initiator, [new])
            let responder = Side(.responder, keys)
            try greet(initiator, responder)
            #expect(try responder.receive(initiator.seal([1])) == [[1]])
            #expect(try initiator.receive(responder.seal([2])) == [[2]])
            #expect(try responder.receive(initiator.seal([3])) == [[3]])
        }
    }

    @Test(arguments: [true, false])
    func lengthsThatNobodyWritesAreRefused(sealed: Bool) throws {
        let keys = sealed ? [try sampleKey(1)] : []
        let wrong: [UInt32] = sealed ? [0, 1, 16, 65553, 0x7fff_ffff] : [0, 65537, 0x7fff_ffff]
        for length in wrong {
            for top in [0, 1 << 31] as [UInt32] {
                let initiator = Side(.initiator, keys)
                let responder = Side(.responder, keys)
                try greet(initiator, responder)
                let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: (length | top) >> $0) }
                #expect(responder.refusal(head) == .malformed)
            }
        }
    }

    @Test func truncatedFramesCompleteNoMessage() throws {
        let keys = [try sampleKey(1)]
        let initiator = Side(.initiator, keys)
        let responder = Side(.responder, keys)
        try greet(initiator, responder)
        let frame = try initiator.seal([1, 2, 3])
        for byte in frame.dropLast() { #expect(try responder.receive([byte]).isEmpty) }
        #expect(!responder.isEstablished)
        #expect(try responder.receive(frame.suffix(1).map { $0 }) == [[1, 2, 3]])
    }

    @Test func freshRandomsDiffer() {
        let (one, other) = (StreamSeal.freshRandom(), StreamSeal.freshRandom())
        #expect(one.indices.contains { one[$0] != other[$0] })
    }

    @Test func aKeyThatLeavesTheRingEndsTheStreamsOfItsHolders() throws {
        let (old, new) = (try sampleKey(1), try sampleKey(2))
        let (former, later) = (Side(.initiator, [old]), Side(.initiator, [new, old]))
        let responders = (former: Side(.responder, [new, old]), later: Side(.responder, [new, old]))
        try greet(former, responders.former)
        try greet(later, responders.later)
        // Before the first frame nobody knows which key it will be.
        #expect(responders.former.keepOnly([new]) && responders.later.keepOnly([new]))
        #expect(try responders.former.refusal(former.seal([1])) == .forged)
        #expect(try responders.later.receive(later.seal([1])) == [[1]])

        let established = Side(.responder, [new, old])
        let holder = Side(.initiator, [old])
        try greet(holder, established)
        #expect(try established.receive(holder.seal([1])) == [[1]])
        #expect(established.keepOnly([old, new]))
        #expect(!established.keepOnly([new]))
        #expect(throws: StreamError.forged) { try established.seal([1]) }
        #expect(try established.refusal(holder.seal([2])) == .forged)
    }

    @Test func whatIsPlainStaysSo() throws {
        let side = Side(.responder, [])
        #expect(try side.keepOnly([sampleKey(1)]))
    }
}
