import Basics
import Sealing
import Testing

/// The bytes that every implementation makes of these inputs: key 00 01 ... 1f, cluster "red". The documentation
/// prints them, so that another language can check itself.
@Suite struct GoldenTests {
    private let payload = Array("hello".utf8)

    private func alice(_ keys: [Key]) throws -> Member {
        try Member(
            sender: Identity(id: "alice", generation: 0x0102_0304_0506_0708, nonce: 0x1112_1314_1516_1718),
            keys: keys)
    }

    @Test func plainDatagram() throws {
        #expect(try hex(alice([]).seal(payload)) == Self.plainDatagram)
    }

    @Test func sealedDatagrams() throws {
        let alice = try alice([try sampleKey(0)])
        #expect(try hex(alice.seal(payload)) == Self.sealedDatagram, "counter 1, to nobody in particular")
        #expect(try hex(alice.seal(payload, to: "bob")) == Self.addressedDatagram, "counter 2, to bob")
    }

    @Test(arguments: [true, false])
    func stream(sealed: Bool) throws {
        let keys = sealed ? [try sampleKey(0)] : []
        let initiator = Side(.initiator, keys, random: .init(repeating: 0xaa))
        let responder = Side(.responder, keys, random: .init(repeating: 0xbb))
        let hello = initiator.start()
        #expect(try responder.receive(hello).isEmpty)
        let answer = responder.takeReply()
        #expect(try initiator.receive(answer).isEmpty)
        let first = try initiator.seal(payload)
        #expect(try responder.receive(first) == [payload])
        let second = try responder.seal(payload)
        let made = [hello, answer, first, second].map(hex)
        #expect(made == (sealed ? Self.sealedStream : Self.plainStream))
    }

    private static let plainDatagram =
        "4d75010089e9be1960f4c21c05616c6963650102030405060708111213141516171868656c6c6f"

    private static let sealedDatagram =
        "4d75010189e9be1960f4c21c05616c69636501020304050607081112131415161718000000000000"
        + "000150597b3ee8df91d7eb21601ec0f3d23d1590392040"

    private static let addressedDatagram =
        "4d75010389e9be1960f4c21c05616c69636501020304050607081112131415161718000000000000"
        + "0002bedee9f41f8af0b37fc5073eec3e87ab400849a2c7"

    // Both hellos, the initiator's first frame, the responder's first frame.

    private static let sealedStream = [
        "4d75010189e9be1960f4c21caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "4d75010189e9be1960f4c21cbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "80000015301200cd0ff3100532b5bfbf4e6662db0a0414740a",
        "800000152ff9e240c2c5eef98a814869980daeb04b8754d037",
    ]

    private static let plainStream = [
        "4d75010089e9be1960f4c21caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "4d75010089e9be1960f4c21cbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "8000000568656c6c6f",
        "8000000568656c6c6f",
    ]
}
