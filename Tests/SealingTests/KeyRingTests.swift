import Testing

@testable import Sealing

@Suite struct KeyRingTests {
    private func ring(_ firsts: UInt8...) throws -> KeyRing {
        try #require(try KeyRing(firsts.map { try sampleKey($0) }))
    }

    private func fingerprint(_ first: UInt8) throws -> Fingerprint { try sampleKey(first).fingerprint }

    private func refusal(_ change: () throws(KeyRing.Refusal) -> Void) -> KeyRing.Refusal? {
        do throws(KeyRing.Refusal) {
            try change()
            return nil
        } catch {
            return error
        }
    }

    @Test func holdsEightDifferentKeys() throws {
        #expect(KeyRing([])?.isEmpty == true)
        #expect(try KeyRing((0..<8).map { try sampleKey($0) })?.keys.count == 8)
        #expect(try KeyRing((0..<9).map { try sampleKey($0) }) == nil)
        #expect(try KeyRing([sampleKey(1), sampleKey(2), sampleKey(1)]) == nil)
    }

    @Test func rotatesInThreeSteps() throws {
        var ring = try ring(1)
        try ring.add(sampleKey(2))
        #expect(try ring.keys == [sampleKey(1), sampleKey(2)], "what was added does not seal yet")
        try ring.use(fingerprint(2))
        #expect(try ring.keys == [sampleKey(2), sampleKey(1)], "the former one still opens")
        try ring.remove(fingerprint(1))
        #expect(try ring.keys == [sampleKey(2)])
    }

    @Test func everyStepMayBeRepeated() throws {
        var ring = try ring(1, 2, 3)
        for _ in 0..<2 {
            try ring.add(sampleKey(3))
            try ring.add(sampleKey(4))
            try ring.use(fingerprint(3))
            try ring.remove(fingerprint(1))
            #expect(try ring.keys == [sampleKey(3), sampleKey(2), sampleKey(4)])
        }
    }

    @Test func refusesWhatWouldCutItOff() throws {
        var ring = try ring(1, 2)
        let (first, third, ninth) = (try fingerprint(1), try fingerprint(3), try sampleKey(9))
        let before = ring.fingerprints
        #expect(refusal { () throws(KeyRing.Refusal) in try ring.remove(first) } == .sealing)
        #expect(refusal { () throws(KeyRing.Refusal) in try ring.use(third) } == .missing)
        for first in UInt8(3)..<9 { try ring.add(sampleKey(first)) }
        #expect(refusal { () throws(KeyRing.Refusal) in try ring.add(ninth) } == .full)
        try ring.add(sampleKey(8))
        #expect(Array(ring.fingerprints.prefix(2)) == before)
    }

    @Test func plainStaysPlain() throws {
        var ring = try ring()
        let key = try sampleKey(1)
        #expect(refusal { () throws(KeyRing.Refusal) in try ring.add(key) } == .plain)
        #expect(refusal { () throws(KeyRing.Refusal) in try ring.use(key.fingerprint) } == .missing)
        try ring.remove(key.fingerprint)
        #expect(ring.isEmpty)
    }

    @Test func isSavedAsAKeyFile() throws {
        let ring = try ring(2, 1)
        let lines = ring.fileText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines.last == "")
        #expect(lines.dropLast().compactMap { Key(String($0)) } == ring.keys)
    }
}

@Suite struct KeyBoxTests {
    @Test func onlyTheBoxOpensWhatWasSealedForIt() throws {
        let (box, other) = (KeyBox(), KeyBox())
        #expect(box.publicKey != other.publicKey)
        let key = try sampleKey(5)
        let sealed = try #require(KeyBox.seal(key, to: box.publicKey))
        #expect(sealed.count == KeyBox.sealedLength)
        #expect(box.open(sealed) == key)
        #expect(other.open(sealed) == nil)
        #expect(try #require(KeyBox.seal(key, to: box.publicKey)) != sealed, "no two are alike")
        for index in sealed.indices {
            var forged = sealed
            forged[index] ^= 1
            #expect(box.open(forged) == nil)
        }
        for count in [0, 79, 81] { #expect(box.open([UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test func sealsToNothingThatIsNoPublicKey() throws {
        let key = try sampleKey(5)
        for publicKey: [UInt8] in [[], [UInt8](repeating: 9, count: 31), [UInt8](repeating: 9, count: 33)] {
            #expect(KeyBox.seal(key, to: publicKey) == nil)
        }
        // The point that every secret key leads to: anybody could open the box.
        #expect(KeyBox.seal(key, to: [UInt8](repeating: 0, count: 32)) == nil)
    }
}
