/// `etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT...]`, or `etcds://...[?cacert=FILE&cert=FILE&key=FILE]` for TLS.
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
    /// Nil without TLS.
    let files: TlsFiles?

    init(_ url: String) throws(StoreError) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            throw Self.malformed
        }
        var place = url[colon...].dropFirst(3)
        if url[..<colon].lowercased() == "etcds" {
            let parts = place.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            files = try Self.files(parts.count > 1 ? parts[1] : "")
            place = parts[0]
        } else {
            files = nil
        }
        if place.last == "/" { place = place.dropLast() }
        var login: (user: String, password: String)?
        if let at = place.lastIndex(of: "@") {
            let words = place[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2, let user = PlainName.plain(words[0]),
                let password = PlainName.plain(words[1]),
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
        .badSettings, "etcd is named by etcd://[USER:PASSWORD@]HOST:PORT[,HOST:PORT...], with TLS etcds://..."
    )

    private static func files(_ text: Substring) throws(StoreError) -> TlsFiles {
        var files = TlsFiles()
        for parameter in text.split(separator: "&") {
            let words = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2, let file = PlainName.plain(words[1]), !file.isEmpty,
                !file.utf8.contains(0)
            else { throw Self.malformed }
            switch words[0] {
            case "cacert": files.authorities = file
            case "cert": files.certificate = file
            case "key": files.key = file
            default:
                // Nothing leaves out the verification.
                throw StoreError(.badSettings, "etcds:// knows the parameters cacert, cert and key")
            }
        }
        guard (files.certificate == nil) == (files.key == nil) else {
            throw StoreError(.badSettings, "etcds:// needs both cert and key, or neither")
        }
        return files
    }

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
}
