/// `etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT...]`.
struct EtcdAddress: Sendable {
    struct Endpoint: Hashable, Sendable {
        let host: String
        let port: String
        /// As a request names it.
        var authority: String {
            host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
    let endpoints: [Endpoint]
    let login: (user: String, password: String)?

    init(_ url: String) throws(StoreError) {
        guard let rest = url.split(separator: "://", maxSplits: 1).dropFirst().first else {
            throw Self.malformed
        }
        var place = rest
        if place.last == "/" { place = place.dropLast() }
        var login: (user: String, password: String)?
        if let at = place.lastIndex(of: "@") {
            let words = place[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2, let user = Self.unescaped(words[0]),
                let password = Self.unescaped(words[1]),
                !user.isEmpty
            else { throw Self.malformed }
            login = (user, password)
            place = place[place.index(after: at)...]
        }
        self.login = login
        var endpoints: [Endpoint] = []
        for text in place.split(separator: ",", omittingEmptySubsequences: false) {
            guard let endpoint = Self.endpoint(text) else { throw Self.malformed }
            endpoints.append(endpoint)
        }
        self.endpoints = endpoints
    }

    private static let malformed = StoreError(
        .badSettings, "etcd is named by etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT...]")

    private static func endpoint(_ text: Substring) -> Endpoint? {
        var host = text
        var port: Substring = "2379"
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.first == ":" else { return nil }
                port = rest.dropFirst()
            }
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard !host.isEmpty, isPlain, let number = UInt16(port), number > 0 else { return nil }
        return Endpoint(host: String(host), port: String(number))
    }

    /// "%41" is "A".
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
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
