import Basics

/// The part of a datagram that travels in the clear, read with every bound checked.
///
/// Preamble 12, id length 1, id 1...64, generation 8, nonce 8 and, when sealed, counter 8; numbers in
/// network order.
struct DatagramHeader {
    let isAddressed: Bool
    let identity: Identity
    /// 0 when plain.
    let counter: UInt64
    /// Where the header ends: the ciphertext or the plain payload begins here.
    let length: Int
    /// Id length, id, generation, nonce: what a sender's subkey is derived from.
    let sender: Range<Int>

    /// Bytes of the header for an id of so many bytes of UTF-8.
    static func length(idLength: Int, sealed: Bool) -> Int {
        Preamble.length + 1 + idLength + 16 + (sealed ? 8 : 0)
    }

    /// Checks everything that needs no key. `expected` is the preamble of our own datagrams.
    init(_ datagram: Span<UInt8>, expected: [UInt8], sealed: Bool) throws(DatagramError) {
        let flags = try Self.checkPreamble(datagram, expected: expected, sealed: sealed)
        isAddressed = flags & Preamble.addressedFlag != 0

        let idLength = Int(datagram[Preamble.length])
        guard 1...Identity.longestId ~= idLength else { throw .badId }
        length = Self.length(idLength: idLength, sealed: sealed)
        guard datagram.count >= length + (sealed ? Sodium.tagLength : 0) else { throw .tooShort }
        let idStart = Preamble.length + 1
        let idEnd = idStart + idLength
        sender = Preamble.length..<(idEnd + 16)
        counter = sealed ? datagram.bigEndian(at: idEnd + 16) : 0
        guard !sealed || counter > 0 else { throw .malformed }

        guard let text = try? UTF8Span(validating: datagram.extracting(idStart..<idEnd)) else { throw .badId }
        identity = Identity(
            id: String(copying: text), generation: datagram.bigEndian(at: idEnd),
            nonce: datagram.bigEndian(at: idEnd + 8))
        guard Identity.isValidId(identity.id) else { throw .badId }
    }

    /// Returns the flags.
    private static func checkPreamble(
        _ datagram: Span<UInt8>, expected: [UInt8], sealed: Bool
    ) throws(DatagramError) -> UInt8 {
        guard datagram.count <= DatagramSeal.longest else { throw .tooLong }
        guard datagram.count >= length(idLength: 1, sealed: false) else { throw .tooShort }
        guard datagram[0] == expected[0] && datagram[1] == expected[1] else { throw .badMagic }
        guard datagram[2] == expected[2] else { throw .badVersion }
        for index in 4..<Preamble.length where datagram[index] != expected[index] { throw .otherCluster }
        let flags = datagram[3]
        guard flags & ~(Preamble.sealedFlag | Preamble.addressedFlag) == 0 else { throw .malformed }
        guard (flags & Preamble.sealedFlag != 0) == sealed else {
            throw sealed ? .plainWhereSealedExpected : .sealedWhereNoKey
        }
        return flags
    }
}
