import Options

/// Who may ask.
///
/// Without a token only this machine may, and on it no web page of a stranger: a browser sends the page's own name as
/// `Origin` with every order, and the name that it looked up, which may have been made to lead here, as `Host`.
struct Gate {
    private let token: [UInt8]?

    /// Nil: the console listens on loopback only.
    init(token: [UInt8]?) { self.token = token }

    /// Nil where the request may pass.
    func refusal(of request: ConsoleRequest, at place: Place?) -> ConsoleAnswer? {
        if let origin = request.origin, !isSame(origin, request.host) {
            return .refusal(403, "the console answers no page of another origin")
        }
        guard place?.isOpen != true else { return nil }
        // A page of a stranger may ask without saying who it is, though it is not shown the answer.
        guard [nil, "none", "same-origin"].contains(request.fetchSite) else {
            return .refusal(403, "the console answers no page of another origin")
        }
        guard let token else {
            guard isOfThisMachine(request.host) else {
                return .refusal(
                    403, "without 'http_token_file' the host asked for is localhost or an address")
            }
            return nil
        }
        guard let given = bearer(request.authorization), areEqual(given, token) else {
            var answer = ConsoleAnswer.refusal(401, "the token of 'http_token_file' is needed")
            answer.headers = [("WWW-Authenticate", "Bearer realm=\"muster\"")]
            return answer
        }
        return nil
    }

    private func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host else { return false }
        return origin == "http://" + host || origin == "https://" + host
    }

    private func isOfThisMachine(_ host: String?) -> Bool {
        // HTTP/1.0 and hosts that ask by themselves name none.
        guard let host else { return true }
        var name = host.utf8[...]
        if let colon = name.lastIndex(of: UInt8(ascii: ":")), name.last != UInt8(ascii: "]") {
            name = name[..<colon]
        }
        if name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") {
            name = name.dropFirst().dropLast()
        }
        guard let text = String(name) else { return false }
        return text == "localhost" || HostAddress(text) != nil
    }

    /// RFC 6750, section 2.1.
    private func bearer(_ authorization: String?) -> [UInt8]? {
        guard let authorization else { return nil }
        let words = authorization.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard words.count == 2, words[0].map({ $0 | 0x20 }) == Array("bearer".utf8) else { return nil }
        return Array(words[1])
    }

    /// In a time that does not tell where they differ.
    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
