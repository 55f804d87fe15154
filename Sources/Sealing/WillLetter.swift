package import Basics

/// What a guardian sends to a voter when its node is dead, a datagram for each role, until one is answered by a receipt.
///
/// Both travel in the clear: a guardian has no key of the cluster, and the secret in a letter is of no use to anybody
/// when the node is dead. Preamble 12 with the flag 4 alone, kind 1 (1: letter, 2: receipt), number 8; then, in a letter,
/// instance 8, secret 16, id length 1, id; then the role to the end. Numbers in network order.
package struct WillLetter: Hashable, Sendable {
    /// The dead node's own; the receipt carries it back, so that only who has seen the letter can make one.
    package var number: UInt64
    package var id: String
    package var instance: UInt64
    package var secret: Nonce
    package var role: String

    package init(number: UInt64, id: String, instance: UInt64, secret: Nonce, role: String) {
        self.number = number
        self.id = id
        self.instance = instance
        self.secret = secret
        self.role = role
    }

    private static let letterKind: UInt8 = 1
    private static let receiptKind: UInt8 = 2
    /// Where the id begins, after its length.
    private static let idStart = Preamble.length + 1 + 8 + 8 + 16 + 1
    /// The longest name of a role, in bytes.
    private static let longestRole = 64

    /// Whether a datagram claims to be a letter or a receipt, of whatever cluster.
    package static func isClaimed(by datagram: [UInt8]) -> Bool {
        datagram.count > 3 && datagram[0] == Preamble.magic[0] && datagram[1] == Preamble.magic[1]
            && datagram[2] == Preamble.version && datagram[3] == Preamble.willFlag
    }

    /// All but the role, which a guardian appends.
    package func head(cluster: String) -> [UInt8] {
        var bytes = Preamble.bytes(cluster: cluster, flags: Preamble.willFlag)
        bytes.append(Self.letterKind)
        bytes.appendBigEndian(number)
        bytes.appendBigEndian(instance)
        bytes.appendBigEndian(secret.high)
        bytes.appendBigEndian(secret.low)
        bytes.append(UInt8(truncatingIfNeeded: id.utf8.count))
        return bytes + id.utf8
    }

    package func encoded(cluster: String) -> [UInt8] { head(cluster: cluster) + role.utf8 }

    /// The receipt, but for the role.
    package func receiptHead(cluster: String) -> [UInt8] {
        var bytes = Preamble.bytes(cluster: cluster, flags: Preamble.willFlag)
        bytes.append(Self.receiptKind)
        bytes.appendBigEndian(number)
        return bytes
    }

    /// Shorter than the letter that it answers.
    package func receipt(cluster: String) -> [UInt8] { receiptHead(cluster: cluster) + role.utf8 }

    package init(_ datagram: [UInt8], cluster: String) throws(DatagramError) {
        let bytes = datagram.span
        let expected = Preamble.bytes(cluster: cluster, flags: Preamble.willFlag)
        guard bytes.count > Self.idStart else { throw .tooShort }
        for index in 0..<4 where bytes[index] != expected[index] { throw .malformed }
        for index in 4..<Preamble.length where bytes[index] != expected[index] { throw .otherCluster }
        guard bytes[Preamble.length] == Self.letterKind else { throw .malformed }
        let idEnd = Self.idStart + Int(bytes[Self.idStart - 1])
        guard 1...Identity.longestId ~= idEnd - Self.idStart, idEnd < bytes.count,
            let id = try? UTF8Span(validating: bytes.extracting(Self.idStart..<idEnd)),
            let role = try? UTF8Span(validating: bytes.extracting(idEnd...))
        else { throw .badId }
        self.init(
            number: bytes.bigEndian(at: Preamble.length + 1), id: String(copying: id),
            instance: bytes.bigEndian(at: Preamble.length + 9),
            secret: Nonce(
                high: bytes.bigEndian(at: Preamble.length + 17),
                low: bytes.bigEndian(at: Preamble.length + 25)),
            role: String(copying: role))
        guard Identity.isValidId(self.id), Name.isValid(self.role, longest: Self.longestRole) else {
            throw .badId
        }
    }
}
