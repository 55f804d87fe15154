/// A node to ask first: an address or a name, with or without a port.
package struct Seed: Hashable, Sendable {
    /// An IPv4 or IPv6 address (without brackets) or a DNS name.
    package let host: String
    /// Nil where the option `port` decides.
    package let port: UInt16?

    /// More seeds than this are a mistake: each is asked again and again for the life of the node.
    package static let most = 256

    /// Nil unless the text is `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    package init?(_ text: String) {
        if HostAddress(text) != nil || isDomainName(text) {
            host = text
            port = nil
            return
        }
        guard let (name, number) = splitPort(text) else { return nil }
        guard HostAddress(name) != nil || isDomainName(name) else { return nil }
        host = name
        port = number
    }

    /// The elements of a list that comma, semicolon or white space separate.
    static func elements(of text: String) -> [Substring] {
        text.split { $0 == "," || $0 == ";" || $0.isWhitespace }
    }
}

/// Host and port of `host:port`, `[v6]:port` or `[v6]`. The host is not checked, the port is: 1 to 65535.
func splitPort(_ text: String) -> (host: String, port: UInt16?)? {
    if text.first == "[" {
        guard let end = text.firstIndex(of: "]") else { return nil }
        let host = text[text.index(after: text.startIndex)..<end]
        guard host.utf8.contains(0x3a) else { return nil }
        let rest = text[text.index(after: end)...]
        if rest.isEmpty { return (String(host), nil) }
        guard rest.first == ":", let port = parsePort(rest.dropFirst()) else { return nil }
        return (String(host), port)
    }
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" }
    guard parts.count == 2, let port = parsePort(parts[1]) else { return nil }
    return (String(parts[0]), port)
}

private func parsePort(_ text: Substring) -> UInt16? {
    guard let number = wholeNumber(text), let port = UInt16(exactly: number), port > 0 else { return nil }
    return port
}

/// Whether DNS could resolve this: labels of letters, digits, hyphens and underscores.
///
/// A name whose last label is a number is a mistyped IPv4 address: no such top-level domain exists (RFC
/// 3696, 2).
func isDomainName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    var labels = text.split(omittingEmptySubsequences: false) { $0 == "." }
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    guard let last = labels.last, !last.utf8.allSatisfy(isDigit) else { return false }
    return labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x5f }
    }
}
