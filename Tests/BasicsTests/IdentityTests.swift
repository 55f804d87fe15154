import Basics
import Testing

@Suite("Names and addresses")
struct IdentityTests {
    @Test("an id has 1 to 64 bytes and no control characters")
    func ids() {
        #expect(Identity.isValidId("a"))
        #expect(Identity.isValidId("größe 7/ü"))
        #expect(Identity.isValidId(String(repeating: "x", count: 64)))
        #expect(!Identity.isValidId(""))
        #expect(!Identity.isValidId(String(repeating: "x", count: 65)))
        #expect(!Identity.isValidId(String(repeating: "ü", count: 33)))
        #expect(!Identity.isValidId("a\nb"))
        #expect(!Identity.isValidId("a\u{7f}"))
    }

    @Test(
        "IPv6 is written as RFC 5952 has it",
        arguments: [
            ([0, 0, 0, 0, 0, 0, 0, 0], "::"), ([0, 0, 0, 0, 0, 0, 0, 1], "::1"),
            ([0xfe80, 0, 0, 0, 0, 0, 0, 0xa], "fe80::a"),
            ([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"),
            ([0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"),
            ([1, 0, 0, 2, 0, 0, 0, 3], "1:0:0:2::3"),
            ([1, 0, 0, 0, 0, 0, 0, 0], "1::"),
        ] as [([UInt16], String)])
    func ipv6(groups: [UInt16], text: String) throws {
        let bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        let address = try #require(Address(bytes: bytes, port: 7))
        #expect(address.host == text)
        #expect(address.text == "[\(text)]:7")
    }

    @Test("an address has four or sixteen bytes")
    func lengths() throws {
        for count in 0...20 {
            let address = Address(bytes: [UInt8](repeating: 0, count: count), port: 1)
            #expect((address != nil) == (count == 4 || count == 16))
            if let address { #expect(address.isUnspecified) }
        }
        #expect(Address.loopback(port: 9).text == "127.0.0.1:9")
        #expect(Address.loopback(port: 9).isLoopback)
        let ipv6Loopback = try #require(Address(bytes: [UInt8](repeating: 0, count: 15) + [1], port: 1))
        #expect(ipv6Loopback.isLoopback)
        #expect(!ipv6Loopback.isUnspecified)
    }
}

@Suite("Chance that can be replayed")
struct RandomTests {
    @Test("the generator is SplitMix64")
    func splitMix() {
        // The first outputs for the seed 1234567, as published with the algorithm's reference code.
        var generator = SeededGenerator(seed: 1_234_567)
        let outputs = (0..<3).map { _ in generator.next() }
        #expect(outputs == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test("below a bound, and jitter within a tenth")
    func bounds() {
        var generator = SeededGenerator(seed: 3)
        #expect((0..<1000).allSatisfy { _ in (0..<7).contains(generator.below(7)) })
        #expect(generator.below(0) == 0)
        #expect(generator.below(-5) == 0)
        for _ in 0..<1000 {
            let jittered = generator.jittered(.seconds(10))
            #expect(jittered >= .seconds(9) && jittered <= .seconds(11))
        }
        #expect(generator.jittered(.zero) == .zero)
    }

    @Test("the hash is FNV-1a")
    func fnv() {
        #expect(Fnv1a.hash("") == 0xcbf2_9ce4_8422_2325)
        #expect(Fnv1a.hash("a") == 0xaf63_dc4c_8601_ec8c)
        #expect(Fnv1a.hash("foobar") == 0x8594_4171_f739_67e8)
    }
}
