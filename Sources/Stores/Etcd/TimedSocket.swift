import Basics
import CGuest
import Glibc

/// A TCP connection whose calls end at a deadline. Only the look-up of a name may take longer.
///
/// A child that is forked has no part in it: its copy is closed there.
final class TimedSocket {
    enum Trouble: Error {
        case silence
        case lost
        case unreachable(String)
    }

    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Self.close(descriptor) }

    private static func close(_ descriptor: Int32) {
        // In a forked child the number may be the host's by now.
        if guest_is_forked_child() == 0 { guest_close(descriptor) }
    }

    static func connected(to host: String, port: String, until deadline: Instant) throws(Trouble)
        -> TimedSocket
    {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &list) == 0 else {
            throw .unreachable("the name is not known")
        }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next = list
        while let info = next?.pointee {
            let descriptor = guest_socket(info.ai_family, Int32(SOCK_STREAM.rawValue))
            if descriptor >= 0 {
                let failure = connect(descriptor, info, until: deadline)
                if failure == 0 { return TimedSocket(descriptor) }
                reason = String(cString: strerror(failure))
                close(descriptor)
            }
            next = info.ai_next
        }
        throw .unreachable(reason)
    }

    /// 0, or why not.
    private static func connect(_ descriptor: Int32, _ info: addrinfo, until deadline: Instant) -> Int32 {
        if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) != 0 {
            guard errno == EINPROGRESS else { return errno }
            guard Waiting.ready(descriptor, POLLOUT, until: deadline) else { return ETIMEDOUT }
            var failure: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
            guard failure == 0 else { return failure }
        }
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return 0
    }

    /// Whether there is something to read now, perhaps the end.
    var isReadable: Bool { Waiting.isReady(descriptor, POLLIN) }

    func send(_ bytes: [UInt8], until deadline: Instant) throws(Trouble) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if sent < 0 && errno == EAGAIN {
                guard Waiting.ready(descriptor, POLLOUT, until: deadline) else { throw .silence }
            } else if !(sent < 0 && errno == EINTR) {
                throw .lost
            }
        }
    }

    /// What came; nothing at the end.
    func receive(until deadline: Instant) throws(Trouble) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            guard Waiting.ready(descriptor, POLLIN, until: deadline) else { throw .silence }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { continue }
            guard count >= 0 else { throw .lost }
            return Array(buffer.prefix(count))
        }
    }
}
