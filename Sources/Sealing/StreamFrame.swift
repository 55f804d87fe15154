/// The four bytes before each frame of a stream, network order: the top bit marks the last frame of a
/// message, the other 31 count the bytes that follow.
struct StreamFrame {
    static let headLength = 4
    /// The most bytes of a message in one frame.
    static let longestText = 65536

    let isLast: Bool
    /// Bytes after the head: 1...65536, 17...65552 when sealed.
    let bodyLength: Int

    /// The frame that carries so many bytes of a message, 1...65536.
    init(textLength: Int, isLast: Bool, sealed: Bool) {
        self.isLast = isLast
        bodyLength = textLength + (sealed ? Sodium.tagLength : 0)
    }

    /// Reads the head, of which the caller has all four bytes. Frames without text do not exist: they would
    /// cost work and bring nothing.
    init(head: Span<UInt8>, sealed: Bool) throws(StreamError) {
        let number =
            UInt32(head[0]) << 24 | UInt32(head[1]) << 16 | UInt32(head[2]) << 8 | UInt32(head[3])
        isLast = number >> 31 == 1
        bodyLength = Int(number & 0x7fff_ffff)
        guard 1...Self.longestText ~= textLength(sealed: sealed) else { throw .malformed }
    }

    func textLength(sealed: Bool) -> Int { bodyLength - (sealed ? Sodium.tagLength : 0) }

    var head: [UInt8] {
        let number = UInt32(truncatingIfNeeded: bodyLength) | (isLast ? 1 << 31 : 0)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
