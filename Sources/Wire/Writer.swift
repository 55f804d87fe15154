/// Appends fields in the encoding of Protocol Buffers (varints, 64-bit fixed, length-delimited).
///
/// The encoding is chosen because every language can read it and because a reader skips what it does not know.
/// `docs/protocol.md` carries the schema.
package struct Writer: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func key(_ field: UInt32, _ type: WireType) {
        varint(UInt64(field) << 3 | UInt64(type.rawValue))
    }

    /// A number; left out when zero, which is what its absence means.
    package mutating func number(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        key(field, .varint)
        varint(value)
    }

    package mutating func flag(_ field: UInt32, _ value: Bool) { number(field, value ? 1 : 0) }

    /// Eight bytes, for numbers that are large as a rule; left out when zero.
    package mutating func fixed(_ field: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        key(field, .fixed64)
        var rest = value
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    package mutating func data(_ field: UInt32, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        key(field, .delimited)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func text(_ field: UInt32, _ value: String) {
        guard !value.isEmpty else { return }
        key(field, .delimited)
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// A nested message; written even when empty, since its presence says something.
    package mutating func nested(_ field: UInt32, _ body: (inout Writer) -> Void) {
        var inner = Writer()
        body(&inner)
        raw(field, inner.bytes)
    }

    /// A nested message that is encoded already.
    package mutating func raw(_ field: UInt32, _ encoded: [UInt8]) {
        key(field, .delimited)
        varint(UInt64(encoded.count))
        bytes.append(contentsOf: encoded)
    }

    /// How many bytes `raw` appends for a message of this length.
    package static func rawSize(field: UInt32, length: Int) -> Int {
        varintSize(UInt64(field) << 3) + varintSize(UInt64(length)) + length
    }

    private static func varintSize(_ value: UInt64) -> Int {
        var size = 1
        var rest = value >> 7
        while rest != 0 {
            size += 1
            rest >>= 7
        }
        return size
    }
}

/// The encodings a field can have.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case delimited = 2
    case fixed32 = 5
}
