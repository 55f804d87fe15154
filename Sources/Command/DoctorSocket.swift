import Basics
import Glibc
import Transport

/// Plain sockets for the doctor, which waits where a node must not, and wants to know what the kernel says.
enum DoctorSocket {
    /// How an attempt to connect ended.
    enum Dial {
        case connected(Int32)
        /// Somebody's kernel said that nobody listens.
        case refused
        /// Nothing came back.
        case silent
        case unreachable(String)
    }

    static func dial(_ address: Address, until deadline: Int64) -> Dial {
        let descriptor = open(address, SOCK_STREAM)
        guard descriptor >= 0 else { return .unreachable(reason(errno)) }
        let result = withName(of: address) { connect(descriptor, $0, $1) }
        var code = result == 0 ? 0 : errno
        if code == EINPROGRESS {
            guard Poll.wait([Poll.Place(descriptor, POLLOUT)], ms: Poll.left(until: deadline))[0] else {
                close(descriptor)
                return .silent
            }
            code = pendingError(descriptor)
        }
        guard code != 0 else {
            set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, Int32(1))
            return .connected(descriptor)
        }
        close(descriptor)
        switch code {
        case ECONNREFUSED: return .refused
        case ETIMEDOUT: return .silent
        default: return .unreachable(reason(code))
        }
    }

    static func open(_ like: Address, _ type: __socket_type) -> Int32 {
        let flags = type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        return socket(like.bytes.count == 4 ? AF_INET : AF_INET6, Int32(bitPattern: flags), 0)
    }

    /// Zero, or the errno.
    static func bind(_ descriptor: Int32, to address: Address) -> Int32 {
        withName(of: address) { Glibc.bind(descriptor, $0, $1) } == 0 ? 0 : errno
    }

    /// Zero, or the errno.
    static func send(_ bytes: [UInt8], from descriptor: Int32, to address: Address) -> Int32 {
        let count = withName(of: address) {
            sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, $1)
        }
        return count == bytes.count ? 0 : errno
    }

    /// The next datagram and where it came from; nil where there is none now, with the error that waits.
    static func receive(_ descriptor: Int32) -> (bytes: [UInt8], from: Address)? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = bytes.withUnsafeMutableBytes { buffer in
            withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, $0, &length)
                }
            }
        }
        guard count >= 0, let address = address(of: name) else { return nil }
        return (Array(bytes.prefix(count)), address)
    }

    /// The connection that waits, and where it comes from.
    static func accept(_ listener: Int32) -> (descriptor: Int32, from: Address)? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(listener, $0, &length) }
        }
        guard accepted >= 0, let from = address(of: name) else { return nil }
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        return (accepted, from)
    }

    static func localPort(_ descriptor: Int32) -> UInt16 {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? address(of: name)?.port ?? 0 : 0
    }

    @discardableResult
    static func set<Value>(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Value) -> Bool {
        withUnsafeBytes(of: value) {
            setsockopt(socket, level, name, $0.baseAddress, socklen_t($0.count)) == 0
        }
    }

    static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }

    static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    private static func withName<Result>(
        of address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        func call<Name>(_ name: Name) -> Result {
            withUnsafePointer(to: name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Name>.size))
                }
            }
        }
        if address.bytes.count == 4 {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address.bytes) }
            return call(name)
        }
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = address.port.bigEndian
        withUnsafeMutableBytes(of: &name.sin6_addr) { $0.copyBytes(from: address.bytes) }
        name.sin6_scope_id = address.scope
        return call(name)
    }

    private static func address(of name: sockaddr_storage) -> Address? {
        withUnsafeBytes(of: name) { bytes in
            switch Int32(name.ss_family) {
            case AF_INET:
                let name = bytes.loadUnaligned(as: sockaddr_in.self)
                return Address(
                    bytes: withUnsafeBytes(of: name.sin_addr) { Array($0) },
                    port: UInt16(bigEndian: name.sin_port))
            case AF_INET6:
                let name = bytes.loadUnaligned(as: sockaddr_in6.self)
                return Address(
                    bytes: withUnsafeBytes(of: name.sin6_addr) { Array($0) },
                    port: UInt16(bigEndian: name.sin6_port), scope: name.sin6_scope_id)
            default: return nil
            }
        }
    }
}
