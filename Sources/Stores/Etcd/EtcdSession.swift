import Basics

/// etcd, through its HTTP gateway. (The rows are in `EtcdRows`, the directory is in `EtcdMembers`.)
///
/// Reads are linearizable, which is etcd's default.
final class EtcdSession: Session {
    let prefix: String
    private let login: (user: String, password: String)?
    private let connections: [HttpConnection]
    private var current = 0
    private var token: String?
    /// What was last seen to stand there.
    var remembered: [RowKey: Found] = [:]

    init(
        _ settings: StoreSettings, _ address: EtcdAddress, secure: (library: TlsLibrary, files: TlsFiles)?
    ) {
        prefix = settings.prefix
        login = address.login
        connections = address.endpoints.map { HttpConnection($0, secure: secure) }
    }

    var isUnconnected: Bool { token == nil && login != nil }

    /// Logs in, at one endpoint after the other: a token is good for all of them.
    func connect(until deadline: Instant) throws(StoreError) {
        guard let login else { return }
        var left = connections.count
        while token == nil {
            let now = Waiting.now
            let share = now + (deadline - now) / Int64(max(1, left))
            do throws(StoreError) {
                token = try authenticate(login, connections[current], until: share)
            } catch {
                left -= 1
                current = (current + 1) % connections.count
                if left <= 0 || error.kind == .refused { throw error }
            }
        }
    }

    func close() { for connection in connections { connection.close() } }

    // MARK: Requests

    /// The endpoints in turn, each with its share of the time. Once a write has perhaps been sent it is not repeated.
    func ask(
        _ path: String, _ body: String, mayRepeat: Bool, until deadline: Instant
    ) throws(StoreError) -> JsonText {
        var left = connections.count
        while true {
            let now = Waiting.now
            let share = now + (deadline - now) / Int64(max(1, left))
            do throws(StoreError) {
                return try ask(path, body, connections[current], until: share)
            } catch {
                left -= 1
                let isOver = left <= 0 || error.kind == .refused || (error.afterSending && !mayRepeat)
                current = (current + 1) % connections.count
                if isOver { throw error }
            }
        }
    }

    private func ask(
        _ path: String, _ body: String, _ connection: HttpConnection, until deadline: Instant
    ) throws(StoreError) -> JsonText {
        if token == nil, let login { token = try authenticate(login, connection, until: deadline) }
        var response = try connection.post(path, body, token: token, until: deadline)
        if response.status == 401, let login {
            // The token has run out; the request was not performed.
            token = nil
            token = try authenticate(login, connection, until: deadline)
            response = try connection.post(path, body, token: token, until: deadline)
        }
        // Whatever it complains of may be the token's age.
        if response.status != 200 { token = nil }
        return try value(of: response)
    }

    private func authenticate(
        _ login: (user: String, password: String), _ connection: HttpConnection, until deadline: Instant
    ) throws(StoreError) -> String {
        let body = "{\"name\":\(quoted(login.user)),\"password\":\(quoted(login.password))}"
        do throws(StoreError) {
            let response = try connection.post("/v3/auth/authenticate", body, token: nil, until: deadline)
            guard response.status == 200 else {
                let error = refusal(response)
                throw StoreError(response.status < 500 ? .refused : error.kind, error.text)
            }
            guard let token = JsonText(response.body)?["token"],
                token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
            else { throw StoreError(.refused, "etcd gave no token") }
            return token
        } catch {
            throw StoreError(error.kind, error.text)
        }
    }

    private func value(of response: HttpReader.Response) throws(StoreError) -> JsonText {
        guard response.status == 200 else { throw refusal(response) }
        guard let value = JsonText(response.body) else {
            throw StoreError(.engine, "etcd answered what was not understood", afterSending: true)
        }
        return value
    }

    /// Below 500 the request was not performed; above, or where it was given up (408), nobody knows.
    private func refusal(_ response: HttpReader.Response) -> StoreError {
        let json = JsonText(response.body)
        let body = json == nil ? ": " + String(decoding: response.body.prefix(200), as: UTF8.self) : ""
        let text = json?["message"] ?? json?["error"] ?? "HTTP \(response.status)\(body)"
        let code = json?["code"]
        // 7: permission denied, 16: unauthenticated, 3: invalid, "user name is empty" where authentication is on.
        let isRefused =
            response.status == 401 || response.status == 403 || code == "7" || code == "16"
            || text.mentions("user name is empty")
        return StoreError(
            isRefused ? .refused : .engine, "etcd: \(text)",
            // 408 and 499: the gateway gave up on what the server may have done.
            afterSending: response.status >= 500 || response.status == 408 || response.status == 499)
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            if scalar.value < 0x20 {
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
