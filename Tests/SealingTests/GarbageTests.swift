import Basics
import Testing

@testable import Sealing

/// Nothing that arrives may trap, whatever it is; seeded, so that a failure comes again.
@Suite struct GarbageTests {
    @Test(arguments: [true, false], 0..<4 as Range<UInt64>)
    func garbageDatagramsAreRefused(sealed: Bool, seed: UInt64) throws {
        let keys = sealed ? [try sampleKey(1), try sampleKey(2)] : []
        var generator = SeededGenerator(seed: seed)
        let alice = try Member("alice", keys: keys)
        let bob = try Member("bob", keys: keys)
        bob.admit("alice")
        for round in 0..<2000 {
            var datagram = bytes(generator.below(120), seed: generator.next())
            // Some garbage has the right beginning, so that it gets farther.
            let genuine = try alice.seal(bytes(generator.below(30), seed: 1))
            let kept = generator.below(min(genuine.count, datagram.count) + 1)
            if round % 4 > 0 { datagram.replaceSubrange(..<kept, with: genuine[..<kept]) }
            if sealed {
                #expect(datagram == genuine || bob.refusal(datagram) != nil)
            } else {
                _ = bob.refusal(datagram)
            }
        }
        #expect(bob.knownCount <= 1)
    }

    @Test(arguments: [true, false], 0..<4 as Range<UInt64>)
    func garbageStreamsEndOrWait(sealed: Bool, seed: UInt64) throws {
        let keys = sealed ? [try sampleKey(1), try sampleKey(2)] : []
        var generator = SeededGenerator(seed: seed)
        for round in 0..<1000 {
            let initiator = Side(.initiator, keys)
            let responder = Side(.responder, keys)
            if round % 4 > 0 {
                _ = try responder.receive(initiator.start())
                _ = try initiator.receive(responder.takeReply())
            }
            if round % 4 > 1 {
                _ = try responder.receive(initiator.seal([1]))
                _ = try initiator.receive(responder.seal([1]))
            }
            for _ in 0..<10 {
                var piece = bytes(generator.below(100), seed: generator.next())
                if round % 2 > 0 && piece.count > 4 {
                    piece.replaceSubrange(..<4, with: [0x80, 0, 0, UInt8(piece.count - 4)])
                }
                for isInitiator in [true, false] {
                    do {
                        let messages =
                            try isInitiator ? initiator.receive(piece) : responder.receive(piece)
                        #expect(!sealed || messages.isEmpty)
                    } catch {
                        #expect(!(isInitiator ? initiator.isEstablished : responder.isEstablished))
                    }
                }
            }
        }
    }
}
