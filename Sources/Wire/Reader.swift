import Basics

/// Why bytes were not a message. Whatever arrives, reading ends in a value or in one of these.
package enum WireError: Error, Equatable, Sendable {
    /// The bytes end inside a field.
    case truncated
    /// A key or a varint that no encoder writes.
    case malformed
    /// A field has another type than the schema says.
    case unexpectedType(field: UInt32)
    /// A value outside its range, such as an id of 65 bytes.
    case outOfRange(field: UInt32)
    /// A record that no datagram carries.
    case tooLong
    /// More entries than the schema allows.
    case tooMany(field: UInt32)
    /// A field without which the message means nothing.
    case missing(field: UInt32)
}

/// One field as it stands in the bytes.
package struct Field: Sendable {
    package let number: UInt32
    package let value: Value

    package enum Value: Sendable {
        case integer(UInt64)
        case delimited(ArraySlice<UInt8>)
        /// A known encoding that no field of ours uses.
        case skipped
    }

    package func integer() throws(WireError) -> UInt64 {
        guard case .integer(let value) = value else { throw .unexpectedType(field: number) }
        return value
    }

    package func integer<Number: FixedWidthInteger>(as type: Number.Type) throws(WireError) -> Number {
        guard let value = Number(exactly: try integer()) else { throw .outOfRange(field: number) }
        return value
    }

    package func bytes() throws(WireError) -> ArraySlice<UInt8> {
        guard case .delimited(let bytes) = value else { throw .unexpectedType(field: number) }
        return bytes
    }

    package func text(longest: Int) throws(WireError) -> String {
        let bytes = try bytes()
        guard bytes.count <= longest, let text = String(validating: bytes, as: UTF8.self) else {
            throw .outOfRange(field: number)
        }
        return text
    }

    /// Text that people may be shown.
    func label(longest: Int) throws(WireError) -> String {
        let text = try text(longest: longest)
        guard Name.isLabel(text, longest: longest) else { throw .outOfRange(field: number) }
        return text
    }
}

/// Reads fields one after the other. Total: every read is checked against what is left, and nothing is
/// allocated by a length that the bytes merely claim.
package struct Reader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The next field, or nil at the end.
    package mutating func next() throws(WireError) -> Field? {
        guard position < bytes.endIndex else { return nil }
        let key = try varint()
        guard let type = WireType(rawValue: UInt8(key & 7)), let number = UInt32(exactly: key >> 3),
            number > 0
        else { throw .malformed }
        switch type {
        case .varint:
            return Field(number: number, value: .integer(try varint()))
        case .fixed64:
            return Field(number: number, value: .integer(try fixed64()))
        case .fixed32:
            _ = try take(4)
            return Field(number: number, value: .skipped)
        case .delimited:
            let length = try varint()
            guard let count = Int(exactly: length) else { throw .truncated }
            return Field(number: number, value: .delimited(try take(count)))
        }
    }

    private mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw .truncated }
        let start = position
        position += count
        return bytes[start..<position]
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < bytes.endIndex else { throw .truncated }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw .malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    private mutating func fixed64() throws(WireError) -> UInt64 {
        guard bytes.endIndex - position >= 8 else { throw .truncated }
        var value: UInt64 = 0
        for place in 0..<8 { value |= UInt64(bytes[position + place]) << (8 * UInt64(place)) }
        position += 8
        return value
    }
}
