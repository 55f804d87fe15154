/// An IPv4 or IPv6 address that was checked when it was parsed.
package struct HostAddress: Hashable, Sendable {
    /// As it was written.
    package let text: String
    /// Four bytes or sixteen, network order.
    package let bytes: [UInt8]
    /// The interface of a link-local address: what stood behind `%`.
    package let zone: String?

    /// Nil unless the text is an address, IPv4 in four decimal parts or IPv6 with or without a zone.
    package init?(_ text: String) {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "%" }
        guard let literal = parts.first else { return nil }
        if parts.count == 2 {
            guard isInterfaceName(parts[1]), let bytes = parseIPv6(literal) else { return nil }
            self.bytes = bytes
            zone = String(parts[1])
        } else {
            guard let bytes = parseIPv4(literal) ?? parseIPv6(literal) else { return nil }
            self.bytes = bytes
            zone = nil
        }
        self.text = text
    }

    package var isIPv4: Bool { bytes.count == 4 }

    /// 127.0.0.0/8 or ::1: nobody outside this host can reach it.
    package var isLoopback: Bool {
        isIPv4 ? bytes.first == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    /// 0.0.0.0 or ::, which names no host to others.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    package var isMulticast: Bool {
        guard let first = bytes.first else { return false }
        return isIPv4 ? (224...239).contains(first) : first == 0xff
    }
}

/// An address with or without a port.
package struct Endpoint: Hashable, Sendable {
    package let address: HostAddress
    package let port: UInt16?

    /// Nil unless the text is `address`, `v4:port`, `[v6]` or `[v6]:port`.
    package init?(_ text: String) {
        if let address = HostAddress(text) {
            self.address = address
            port = nil
            return
        }
        guard let (host, port) = splitPort(text), let address = HostAddress(host) else { return nil }
        self.address = address
        self.port = port
    }

    /// Where this host listens: with a port, which may be 0 for any that is free.
    package init?(listening text: String) {
        if text.utf8.suffix(2).elementsEqual(":0".utf8) {
            guard let one = Endpoint(String(text.unicodeScalars.dropLast()) + "1"), one.port != nil else {
                return nil
            }
            address = one.address
            port = 0
        } else {
            guard let endpoint = Endpoint(text), endpoint.port != nil else { return nil }
            self = endpoint
        }
        guard !address.isMulticast else { return nil }
    }
}

/// Four decimal parts. No leading zeros: some readers take them for octal numbers.
func parseIPv4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "." }
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
        guard part.utf8.count <= 3, part == "0" || part.first != "0" else { return nil }
        guard let number = wholeNumber(part), let byte = UInt8(exactly: number) else { return nil }
        bytes.append(byte)
    }
    return bytes
}

/// RFC 4291, 2.2: eight groups, one `::` for a run of zero groups, the last two groups perhaps as IPv4.
func parseIPv6(_ text: Substring) -> [UInt8]? {
    guard text.utf8.count <= 45 else { return nil }
    var groups = text.split(omittingEmptySubsequences: false) { $0 == ":" }
    guard (3...10).contains(groups.count) else { return nil }
    // At either end "::" leaves two empty groups where it leaves one elsewhere. A single ":" there is wrong.
    if groups.first == "" {
        groups.removeFirst()
        guard groups.first == "" else { return nil }
    }
    if groups.count > 1, groups.last == "" {
        groups.removeLast()
        guard groups.last == "" else { return nil }
    }

    var bytes: [UInt8] = []
    var gap: Int?
    for (index, group) in groups.enumerated() {
        if group.isEmpty {
            guard gap == nil else { return nil }
            gap = bytes.count
        } else if index == groups.count - 1, let ipv4 = parseIPv4(group) {
            bytes += ipv4
        } else {
            guard group.utf8.count <= 4, group.utf8.allSatisfy(isHexDigit) else { return nil }
            guard let number = UInt16(group, radix: 16) else { return nil }
            bytes += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
        }
    }
    guard let gap else { return bytes.count == 16 ? bytes : nil }
    guard bytes.count <= 14 else { return nil }
    return bytes[..<gap] + [UInt8](repeating: 0, count: 16 - bytes.count) + bytes[gap...]
}

func isHexDigit(_ byte: UInt8) -> Bool { hexDigit(byte) != nil }

/// The name of a network interface as Linux allows it, narrowed to what is seen in the wild.
func isInterfaceName(_ text: some StringProtocol) -> Bool {
    (1...15).contains(text.utf8.count)
        && text.utf8.allSatisfy { isLetterOrDigit($0) || [0x2d, 0x2e, 0x3a, 0x40, 0x5f].contains($0) }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
}
