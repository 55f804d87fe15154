import Basics
import Glibc

/// One connection that carries requests one after the other, without blocking longer than until a deadline. Only the
/// look-up of a name may take longer.
final class HttpConnection {
    private let endpoint: EtcdAddress.Endpoint
    private var descriptor: Int32 = -1

    init(_ endpoint: EtcdAddress.Endpoint) { self.endpoint = endpoint }

    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    func post(
        _ path: String, _ body: String, token: String?, until deadline: Instant
    ) throws(StoreError) -> HttpReader.Response {
        // A server that was restarted closed the connection; and it has nothing to say unasked.
        if descriptor >= 0 && Waiting.isReady(descriptor, POLLIN) { close() }
        if descriptor < 0 { try connect(until: deadline) }
        var request =
            "POST \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nContent-Type: application/json\r\n"
        if let token { request += "Authorization: \(token)\r\n" }
        request += "Content-Length: \(body.utf8.count)\r\n\r\n"
        do throws(StoreError) {
            try send(Array((request + body).utf8), until: deadline)
            let response = try receive(until: deadline)
            if !response.keepsOpen { close() }
            return response
        } catch {
            close()
            throw error
        }
    }

    private func connect(until deadline: Instant) throws(StoreError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(endpoint.host, endpoint.port, &hints, &list) == 0 else {
            throw StoreError(.unreachable, "the name \(endpoint.host) is not known")
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next = list
        while let info = next?.pointee {
            let flags =
                Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            descriptor = socket(info.ai_family, flags, 0)
            if descriptor >= 0 {
                let failure = connect(info, until: deadline)
                if failure == 0 { return }
                reason = String(cString: strerror(failure))
                close()
            }
            next = info.ai_next
        }
        throw StoreError(.unreachable, "etcd at \(endpoint.authority): \(reason)")
    }

    /// 0, or why not.
    private func connect(_ info: addrinfo, until deadline: Instant) -> Int32 {
        if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) != 0 {
            guard errno == EINPROGRESS else { return errno }
            guard Waiting.ready(descriptor, POLLOUT, until: deadline) else { return ETIMEDOUT }
            var failure: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
            guard failure == 0 else { return failure }
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return 0
    }

    private func send(_ bytes: [UInt8], until deadline: Instant) throws(StoreError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if sent < 0 && errno == EAGAIN {
                guard Waiting.ready(descriptor, POLLOUT, until: deadline) else { throw silence }
            } else if !(sent < 0 && errno == EINTR) {
                throw lost
            }
        }
    }

    private func receive(until deadline: Instant) throws(StoreError) -> HttpReader.Response {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            guard Waiting.ready(descriptor, POLLIN, until: deadline) else { throw silence }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            guard count >= 0 else { throw lost }
            bytes += buffer.prefix(count)
            switch HttpReader.read(bytes, isAtEnd: count == 0) {
            case .more: continue
            case .response(let response): return response
            case .malformed:
                if count == 0 { throw lost }
                throw StoreError(.engine, "\(endpoint.authority) does not speak HTTP/1.1", afterSending: true)
            }
        }
    }

    private var silence: StoreError {
        StoreError(.hangs, "etcd at \(endpoint.authority) does not answer", afterSending: true)
    }
    private var lost: StoreError {
        StoreError(.unreachable, "etcd at \(endpoint.authority) closed the connection", afterSending: true)
    }
}
