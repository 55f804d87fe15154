import Basics

/// The first bytes of every datagram and every hello: 'M' 'u', version, flags, cluster tag; 12 bytes.
///
/// They let a receiver drop what is not meant for it before any cryptography. The tag is a hash, no
/// secret: strangers on the same port are told apart, liars are not.
struct Preamble {
    static let length = 12
    static let magic: [UInt8] = [0x4D, 0x75]
    static let version: UInt8 = 1
    static let sealedFlag: UInt8 = 1
    static let addressedFlag: UInt8 = 2
    /// A letter of a guardian, or its receipt: nothing of the rest of the envelope.
    static let willFlag: UInt8 = 4

    static func bytes(cluster: String, flags: UInt8) -> [UInt8] {
        var bytes = magic + [version, flags]
        bytes.appendBigEndian(Fnv1a.hash(cluster))
        return bytes
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}

extension Span<UInt8> {
    /// The eight bytes at the offset as a number in network order; the caller has checked that they exist.
    func bigEndian(at offset: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in offset..<(offset + 8) { number = number << 8 | UInt64(self[index]) }
        return number
    }
}
