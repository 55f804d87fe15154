/// One request, free of the way it came: by the console's own server, or by a host's.
package struct ConsoleRequest: Sendable {
    package var method: String
    /// As in the request line: a path, perhaps with a query behind it.
    package var target: String
    package var host: String?
    package var origin: String?
    package var authorization: String?
    package var accept: String?
    package var lastEventId: String?
    /// From where a browser says that the request comes.
    package var fetchSite: String?
    package var body: [UInt8]

    package init(method: String, target: String, body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.body = body
    }

    /// `OPTIONS *`, which is about no path: RFC 9110, section 9.3.7.
    var asksServer: Bool { method == "OPTIONS" && target == "*" }

    /// The parts between the slashes, decoded; nil where an escape is broken or the text is no UTF-8.
    var path: [String]? {
        var parts: [String] = []
        for part in Self.withoutAuthority(target.utf8.prefix { $0 != UInt8(ascii: "?") }).split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
        {
            guard let text = Self.decoded(Array(part)) else { return nil }
            parts.append(text)
        }
        return parts
    }

    /// A target may be a whole URL, as to a proxy: RFC 9112, section 3.2.2.
    private static func withoutAuthority(_ path: Substring.UTF8View) -> Substring.UTF8View {
        for scheme in ["http://", "https://"] where path.starts(with: scheme.utf8) {
            return path.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") }
        }
        return path
    }

    /// What the query says of a name; nil where it says nothing.
    func query(_ name: String) -> String? {
        guard let start = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let query = target.utf8[target.utf8.index(after: start)...]
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = sides.first, Array(key) == Array(name.utf8) else { continue }
            return Self.decoded(sides.count > 1 ? Array(sides[1]) : [])
        }
        return nil
    }

    /// RFC 3986, section 2.1.
    private static func decoded(_ bytes: [UInt8]) -> String? {
        var decoded: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
