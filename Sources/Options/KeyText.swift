/// The most keys that a ring holds.
package let mostKeys = 8

/// Keys separated by comma, semicolon or white space; nil unless there are one to eight, none of them twice.
func parseKeys(_ text: String) -> [[UInt8]]? {
    // No more are looked at than could be right.
    let words = text.split(maxSplits: mostKeys) { $0 == "," || $0 == ";" || $0.isWhitespace }
    let keys = words.compactMap { parseKey(String($0)) }
    guard !keys.isEmpty, keys.count == words.count, words.count <= mostKeys, Set(keys).count == keys.count
    else { return nil }
    return keys
}

/// The keys of a file: one on each line, the first of them seals. Empty lines and those that begin with # say nothing.
func parseKeyFile(_ content: [UInt8]) -> [[UInt8]]? {
    let lines = content.split { $0 == 0x0a || $0 == 0x0d }
        .map { trimmed(String(decoding: $0, as: UTF8.self)) }
        .filter { !$0.isEmpty && !$0.hasPrefix("#") }
    return lines.allSatisfy { !$0.contains(where: \.isWhitespace) }
        ? parseKeys(lines.joined(separator: " ")) : nil
}

/// The 32 bytes of a key from 64 hexadecimal digits or 44 characters of base64; nil for anything else.
func parseKey(_ text: String) -> [UInt8]? {
    switch text.utf8.count {
    case 64: return parseHex(text)
    case 44: return parseBase64(text)
    default: return nil
    }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: return byte - 0x30
    case 0x41...0x46: return byte - 0x41 + 10
    case 0x61...0x66: return byte - 0x61 + 10
    default: return nil
    }
}

private func parseHex(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text.utf8 {
        guard let digit = hexDigit(character) else { return nil }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return high == nil ? bytes : nil
}

/// RFC 4648, strictly: 43 characters, one `=`, and the two bits left over are zero, so that one key has one
/// text.
private func parseBase64(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    var padding = 0
    for character in text.utf8 {
        guard character != 0x3d else {
            padding += 1
            continue
        }
        guard padding == 0, let value = base64Value(character) else { return nil }
        bits = (bits << 6 | UInt32(value)) & 0xffff
        count += 6
        if count >= 8 {
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= (1 << UInt32(count)) - 1
        }
    }
    return padding == 1 && bits == 0 && bytes.count == 32 ? bytes : nil
}

private func base64Value(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x41...0x5a: return character - 0x41
    case 0x61...0x7a: return character - 0x61 + 26
    case 0x30...0x39: return character - 0x30 + 52
    case 0x2b: return 62
    case 0x2f: return 63
    default: return nil
    }
}
