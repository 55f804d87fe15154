/// The entries of a `.properties` file, as Java writes them: `key=value` or `key: value`, comments behind
/// `#` or `!`, a backslash at the end of a line that continues, and the usual escapes.
///
/// Unlike Java's reader this one wants UTF-8, and refuses a line without `=` or `:`: there it is a mistake.
func parseProperties(_ bytes: [UInt8], path: String) throws(OptionError) -> [FileEntry] {
    var reader = PropertiesReader(bytes)
    var entries: [FileEntry] = []
    while let line = reader.nextLogicalLine() {
        let place = Origin.file(path: path, line: line.number).place
        guard let (key, value) = splitProperty(line.bytes) else {
            throw OptionError(.badFile, "expected key=value").at(place)
        }
        guard let keyText = unescape(key), let text = unescape(value) else {
            throw OptionError(.badFile, "not UTF-8, or not a sound escape").at(place)
        }
        entries.append(FileEntry(key: trimmed(keyText), text: trimmed(text), line: line.number))
    }
    return entries
}

private let backslash: UInt8 = 0x5c

/// Natural lines become logical ones: comments and blank lines dropped, continued lines joined.
private struct PropertiesReader {
    private let bytes: [UInt8]
    private var position: Int
    private var lineNumber = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    }

    mutating func nextLogicalLine() -> (number: Int, bytes: [UInt8])? {
        while let natural = nextNaturalLine() {
            var line = natural.drop(while: isBlank)
            guard let first = line.first, first != 0x23, first != 0x21 else { continue }
            let number = lineNumber
            var joined: [UInt8] = []
            while isContinued(line) {
                joined += line.dropLast()
                line = (nextNaturalLine() ?? []).drop(while: isBlank)
            }
            return (number, joined + line)
        }
        return nil
    }

    private mutating func nextNaturalLine() -> ArraySlice<UInt8>? {
        guard position < bytes.count else { return nil }
        let rest = bytes[position...]
        let end = rest.firstIndex { $0 == 0x0a || $0 == 0x0d } ?? bytes.count
        let line = rest[..<end]
        position = end + 1
        if end + 1 < bytes.count, bytes[end] == 0x0d, bytes[end + 1] == 0x0a { position += 1 }
        lineNumber += 1
        return line
    }

    /// An even number of backslashes is so many escaped ones; the odd one joins.
    private func isContinued(_ line: ArraySlice<UInt8>) -> Bool {
        line.reversed().prefix { $0 == backslash }.count % 2 == 1
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0c }

/// The bytes on both sides of the first `=` or `:` that no backslash escapes.
private func splitProperty(_ line: [UInt8]) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)? {
    var isEscaped = false
    for (index, byte) in line.enumerated() {
        if isEscaped {
            isEscaped = false
        } else if byte == backslash {
            isEscaped = true
        } else if byte == 0x3d || byte == 0x3a {
            return (line[..<index], line[(index + 1)...])
        }
    }
    return nil
}

/// The text that the escapes mean; nil for a broken `\u` or bytes that are not UTF-8.
private func unescape(_ bytes: ArraySlice<UInt8>) -> String? {
    var rest = bytes
    var plain: [UInt8] = []
    while let byte = rest.popFirst() {
        guard byte == backslash else {
            plain.append(byte)
            continue
        }
        guard let escaped = rest.popFirst() else { break }
        switch escaped {
        case 0x74: plain.append(0x09)
        case 0x6e: plain.append(0x0a)
        case 0x72: plain.append(0x0d)
        case 0x66: plain.append(0x0c)
        case 0x75:
            guard let scalar = takeScalar(&rest) else { return nil }
            plain += Array(String(Character(scalar)).utf8)
        default: plain.append(escaped)
        }
    }
    return String(validating: plain, as: UTF8.self)
}

/// What follows `\u`: four hexadecimal digits, twice where a character needs a pair (UTF-16).
private func takeScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard let first = takeUnit(&rest) else { return nil }
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xd800...0xdbff).contains(first), rest.starts(with: [backslash, 0x75]) else { return nil }
    rest = rest.dropFirst(2)
    guard let second = takeUnit(&rest), (0xdc00...0xdfff).contains(second) else { return nil }
    return Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
}

private func takeUnit(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
    var unit: UInt16 = 0
    for _ in 0..<4 {
        guard let byte = rest.popFirst(), let digit = hexDigit(byte) else { return nil }
        unit = unit << 4 | UInt16(digit)
    }
    return unit
}
