import CSodium
import Sealing
import Testing

@Suite struct KeyTests {
    @Test func readsHexAndBase64AlikeAndWritesBase64() throws {
        let key = try sampleKey(0)
        let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        #expect(Key(hex) == key)
        #expect(Key(hex.uppercased()) == key)
        #expect(Key(base64) == key)
        #expect(key.base64 == base64)
    }

    @Test(
        arguments: [
            "", "00", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "é",
            // 44 characters with a blank, of 33 bytes, with bits that say nothing, of the other alphabet.
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8 ",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
            "__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            // 44 bytes, two of them of one letter of no alphabet.
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdé8=",
            // 64 and 65 characters, not all of them digits.
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
            "00010203:0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "0 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ])
    func refusesOtherText(_ text: String) {
        #expect(Key(text) == nil)
    }

    @Test func hasExactlyThirtyTwoBytes() {
        #expect(Key(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(Key(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    }

    @Test func generatedKeysDifferAndReadBack() {
        let key = Key.generate()
        #expect(key != Key.generate())
        #expect(Key(key.base64) == key)
    }

    /// Else another thread's `sodium_init` may overtake a calculation, which then writes past its end. In a process of
    /// its own, for here other tests have prepared it.
    @Test func theFirstKeyPreparesLibsodium() async {
        await #expect(processExitsWith: .success) {
            let key = Key(bytes: [UInt8](repeating: 7, count: 32))
            let alreadyPrepared: Int32 = 1
            #expect(key != nil && sodium_init() == alreadyPrepared)
        }
    }

    @Test func isCalledByAFingerprintThatIsTheSameForEver() throws {
        // BLAKE2b-256(key = 00 01 .. 1f, "muster key fingerprint 1"), the first eight bytes; made with Python's hashlib.
        #expect(try sampleKey(0).fingerprint.text == "2fe56aadd7215eb6")
        #expect(Fingerprint("2fe56aadd7215eb6") == (try sampleKey(0).fingerprint))
        #expect(Fingerprint("2fe56aadd7215eb6".uppercased()) == (try sampleKey(0).fingerprint))
        #expect(try sampleKey(0).fingerprint != sampleKey(1).fingerprint)
        #expect(Fingerprint(7).text == "0000000000000007")
    }

    @Test(arguments: [
        "", "0", "000000000000000", "00000000000000000", "000000000000000g", "+000000000000000",
        "é00000000000000",
    ])
    func refusesOtherFingerprints(_ text: String) {
        #expect(Fingerprint(text) == nil)
    }

    @Test func showsItsBytesInNoDescription() throws {
        let key = try sampleKey(0x41)
        var dumped = ""
        dump([key], to: &dumped)
        for text in ["\(key)", String(reflecting: key), String(describing: [key]), dumped] {
            #expect(text.contains("hidden"))
            #expect(!text.contains("ABC") && !text.contains("0x") && !text.contains("65"))
        }
    }
}
