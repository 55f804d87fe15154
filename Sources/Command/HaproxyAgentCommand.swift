import ArgumentParser
import Glibc
import Node
import Options

struct HaproxyAgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "haproxy-agent",
        abstract: "Answer HAProxy's agent checks for a node of this machine.",
        discussion: """
            With --role the server is up on the primary of that role and down elsewhere; without, it is up where \
            the host is ready in every role, and drained where it is not: who is being served stays. Where the \
            node does not answer the server is down. In HAProxy: 'agent-check agent-port 7890 agent-inter 200ms'.
            """)

    @Option(help: "Where to listen: ADDRESS:PORT.")
    var listen: String

    @Option(help: "Whether it is primary of this role, not whether it is ready.")
    var role: String?

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let listener = try open()
        defer { close(listener) }
        // Found now, so that a wrong name is an error; asked anew each time, for the node may be restarted.
        var client: Client? = try Client.find(place)
        while true {
            guard Poll.wait([Poll.Place(listener)], ms: -1)[0] else { continue }
            let link = accept(listener, nil, nil)
            guard link >= 0 else {
                // Out of descriptors, perhaps: not again at once.
                usleep(10_000)
                continue
            }
            client = client ?? (try? Client.find(place))
            var answer = "down #no node answers\n"
            if let asked = client {
                do { answer = try verdict(asked) } catch { client = nil }
            }
            // Short enough for any socket's buffer.
            let bytes = Array(answer.utf8)
            _ = bytes.withUnsafeBytes {
                send(link, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            close(link)
        }
    }

    /// HAProxy's configuration manual, "agent-check": words, then a reason behind '#'.
    private func verdict(_ client: Client) throws -> String {
        let seats = try client.ask("roles", timeoutMs: 1000).json.elements
        if let role {
            let leads = seats.contains { $0["role"]?.string == role && $0["state"]?.string == "primary" }
            return leads ? "up ready\n" : "down #standby\n"
        }
        let isReady = seats.allSatisfy { $0["ready"]?.flag == true }
        return isReady ? "up ready\n" : "up drain #not ready\n"
    }

    private func open() throws -> Int32 {
        guard let endpoint = Endpoint(listening: listen), let port = endpoint.port else {
            throw Trouble(.usage, "'\(Terminal.harmless(listen))' is no ADDRESS:PORT to listen at")
        }
        let family = endpoint.address.isIPv4 ? AF_INET : AF_INET6
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(family, Int32(bitPattern: type), 0)
        guard descriptor >= 0 else { throw refusal }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, endpoint.address.bytes, port) == 0, Glibc.listen(descriptor, 64) == 0 else {
            defer { close(descriptor) }
            throw refusal
        }
        return descriptor
    }

    private var refusal: Trouble {
        Trouble(
            .failure, "cannot listen at \(Terminal.harmless(listen)): \(String(cString: strerror(errno)))")
    }

    private func bind(_ descriptor: Int32, _ bytes: [UInt8], _ port: UInt16) -> Int32 {
        if bytes.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes.prefix(16)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
