import Console
import Glibc
import Node
import Options

/// A real node in this process with a seat: strangers speak to its sockets as anybody may. When one has asked it to leave,
/// another takes its place.
final class Citizen {
    /// Nothing of it stays when the fuzzer ends.
    static let controlPath: String = {
        atexit { _ = unlink(Citizen.controlPath) }
        return "/tmp/muster-fuzz-\(getpid()).sock"
    }()

    let consolePort: UInt16
    private let node: Node

    private init() throws {
        var options = Options()
        for (key, text) in [
            ("cluster", "fuzz"), ("node_id", "me"), ("bind", "127.0.0.1"), ("port", "0"),
            ("multicast", "false"), ("key", String(repeating: "07", count: 32)), ("failover.grace", "0ms"),
            ("control", Self.controlPath), ("http", "127.0.0.1:0"),
        ] { try options.set(key, text) }
        var address = ""
        node = try Node.join(
            options,
            attend: { (settings) throws(Failure) in
                let server = try ConsoleServer.open(settings)
                address = server?.address ?? ""
                return server
            })
        consolePort = address.split(separator: ":").last.flatMap { UInt16($0.dropLast()) } ?? 0
        _ = try node.openSeat(role: "primary")
    }

    /// Nobody but the fuzzer's own thread asks.
    nonisolated(unsafe) private static var present: Citizen?

    /// Says this by a connection that `connect` makes, and nothing more; what is answered as long as `hears` wants more.
    static func said(_ input: [UInt8], by connect: (Citizen) -> Int32?, _ hears: ([UInt8]) -> Bool) -> [UInt8]
    {
        for _ in 0..<100 {
            let citizen = present ?? joined()
            present = citizen
            if let connection = connect(citizen) {
                defer { close(connection) }
                return exchange(input, connection, hears)
            }
            // It has left, or is about to.
            try? citizen.node.close()
            present = nil
        }
        fatalError("the node does not listen")
    }

    private static func joined() -> Citizen {
        do { return try Citizen() } catch { fatalError("\(error)") }
    }

    /// Who answers nothing for a while may still be at it: then the client
    /// hangs up.
    private static func exchange(
        _ input: [UInt8], _ connection: Int32, _ hears: ([UInt8]) -> Bool
    ) -> [UInt8] {
        _ = send(connection, input, input.count, Int32(MSG_NOSIGNAL))
        _ = shutdown(connection, Int32(SHUT_WR))
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while hears(answer) {
            var place = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
            guard poll(&place, 1, 50) > 0 else { break }
            let count = recv(connection, &room, room.count, 0)
            guard count > 0 else { break }
            answer += room.prefix(count)
        }
        return answer
    }
}
