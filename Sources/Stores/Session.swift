import Basics

/// A connection to one engine, used by one thread at a time, which it may block until `deadline`.
///
/// It connects when it is first needed, and again after the connection broke.
protocol Session: AnyObject {
    /// Whether nothing can be asked before `connect`, or a login, which may take longer than a request.
    var isUnconnected: Bool { get }
    func connect(until deadline: Instant) throws(StoreError)
    func read(_ key: RowKey, until deadline: Instant) throws(StoreError) -> StoredRow?
    /// Writes if `expected` stands there (nil: no row); false where something else does.
    func write(
        _ key: RowKey, expected: RowStamp?, row: StoredRow, until deadline: Instant
    ) throws(StoreError) -> Bool
    /// False where something else stands there.
    func remove(_ key: RowKey, expected: RowStamp, until deadline: Instant) throws(StoreError) -> Bool
    /// In the order of their names.
    func list(_ page: RowPage, until deadline: Instant) throws(StoreError) -> [NamedRow]
    /// What `Directory` says, for the cluster of this name (as stores spell it).
    func exchange(
        _ exchange: MemberExchange, in cluster: String, until deadline: Instant
    ) throws(StoreError) -> [MemberEntry]
    func close()
}

/// A spelling of names that means the same to every engine: lower-case letters, digits, "." "_" "-", and "%xx" for every
/// other byte. Collations that ignore case, accents or trailing blanks find nothing to ignore in it, no character set
/// changes it, and nothing in it ends a quoted text.
enum PlainName {
    static func spelled(_ name: String) -> String {
        var spelled = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                spelled.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                spelled += "%" + Hex.text([byte])
            }
        }
        return spelled
    }

    /// The same for a name that may be empty: Oracle takes an empty text for NULL.
    static func spelledOrDash(_ name: String) -> String {
        switch name {
        case "": "-"
        case "-": "%2d"
        default: spelled(name)
        }
    }

    static func plainOrDash(_ text: String) -> String? {
        switch text {
        case "-": ""
        case "%2d": "-"
        default: exact(text)
        }
    }

    /// The name that is spelled so, and in no other way: "A" is none.
    static func exact(_ text: some StringProtocol) -> String? {
        plain(text).flatMap { spelled($0) == text ? $0 : nil }
    }

    /// The name that is spelled so; nil where this is no such spelling. ("%41" is "A".)
    static func plain(_ spelled: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(spelled.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let escaped = Hex.bytes(String(decoding: rest.prefix(2), as: UTF8.self)), escaped.count == 1
            else { return nil }
            bytes += escaped
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// Bytes as lower-case hexadecimal digits.
enum Hex {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// 16 digits.
    static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Nil unless it is an even number of digits.
    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Nonce {
    /// 32 hexadecimal digits.
    var text: String { Hex.text(high) + Hex.text(low) }

    /// Nil for any other spelling: SQL would find no row by it.
    init?(text: String) {
        guard let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
        else {
            return nil
        }
        self.init(high: high, low: low)
        guard self.text == text else { return nil }
    }
}
