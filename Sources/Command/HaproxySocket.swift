import Glibc
import Node

/// HAProxy's stats socket: one connection for each order, as it wants it.
struct HaproxySocket {
    private let place: String
    private static let patienceMs: Int64 = 5000

    init(_ place: String) { self.place = place }

    func ask(_ order: String) throws -> String {
        let descriptor = try connected()
        defer { close(descriptor) }
        Output.write(order + "\n", to: descriptor)
        var answer: [UInt8] = []
        let deadline = Poll.now + Self.patienceMs
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard Poll.wait([Poll.Place(descriptor)], ms: Poll.left(until: deadline))[0] else {
                throw Trouble(.timeout, "HAProxy at '\(place)' did not answer in time")
            }
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { break }
            answer += chunk.prefix(count)
        }
        while answer.last == UInt8(ascii: "\n") { answer.removeLast() }
        return String(decoding: answer, as: UTF8.self)
    }

    private func connected() throws -> Int32 {
        guard var address = SocketPath(place) else {
            throw Trouble(.usage, "'\(place)' is no path of a socket")
        }
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_UNIX, Int32(bitPattern: type), 0)
        guard descriptor >= 0, address.use({ connect(descriptor, $0, $1) }) == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw Trouble(.failure, "HAProxy at '\(place)': \(reason)")
        }
        return descriptor
    }
}
