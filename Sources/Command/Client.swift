import Glibc
import Node

/// A connection to the control socket of a node.
final class Client {
    let path: String
    let descriptor: Int32
    private var input: [UInt8] = []

    /// Nil where nobody listens, or the node is not this user's.
    init?(path: String) {
        guard var address = SocketPath(path) else { return nil }
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(AF_UNIX, Int32(bitPattern: type), 0)
        self.path = path
        guard descriptor >= 0, address.use({ connect(descriptor, $0, $1) }) == 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The answer to one request, as text and as what it says. An error is thrown.
    func ask(_ request: String, timeoutMs: Int64 = 5000) throws -> (text: String, json: Json) {
        try checked(try askAny(request, timeoutMs: timeoutMs))
    }

    /// The answer to one request, be it an error.
    func askAny(_ request: String, timeoutMs: Int64) throws -> (text: String, json: Json) {
        let bytes = Array((request + "\n").utf8)
        guard
            bytes.withUnsafeBytes({ send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
                == bytes.count
        else { throw gone }
        return try anyAnswer(until: Poll.now + timeoutMs)
    }

    /// The next line of an answer that goes on.
    func answer(until deadline: Int64?) throws -> (text: String, json: Json) {
        try checked(try anyAnswer(until: deadline))
    }

    private func checked(_ answer: (text: String, json: Json)) throws -> (text: String, json: Json) {
        if let error = answer.json["error"] { throw Trouble(answer: error) }
        return answer
    }

    private func anyAnswer(until deadline: Int64?) throws -> (text: String, json: Json) {
        guard let line = try line(until: deadline) else {
            throw Trouble(.timeout, "the node at '\(path)' did not answer in time")
        }
        guard let json = Json.parse(line) else { throw Trouble(.failure, "the node's answer is not JSON") }
        return (line, json)
    }

    /// Nil when the time is up.
    private func line(until deadline: Int64?) throws -> String? {
        while true {
            if let end = input.firstIndex(of: 0x0a) {
                let line = String(decoding: input[..<end], as: UTF8.self)
                input.removeSubrange(...end)
                return line
            }
            guard Poll.wait([Poll.Place(descriptor)], ms: Poll.left(until: deadline))[0] else {
                if let deadline, Poll.now >= deadline { return nil }
                continue
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { throw gone }
            input += chunk.prefix(count)
        }
    }

    private var gone: Trouble { Trouble(.noNode, "the node at '\(path)' has gone") }
}
