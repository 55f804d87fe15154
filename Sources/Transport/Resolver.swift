package import Basics
import Glibc
import Threads

/// Turns host names into addresses, by the C library's resolver.
package enum Resolver {
    /// All addresses of the name, in the resolver's order; none where there are none or nobody can say. Blocks,
    /// perhaps for minutes.
    package static func lookUp(_ host: String, port: UInt16) -> [Address] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [Address] = []
        var next = list
        while let entry = next {
            if let address = address(of: entry.pointee, port: port) { found.append(address) }
            next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(of info: addrinfo, port: UInt16) -> Address? {
        guard let pointer = info.ai_addr else { return nil }
        let raw = UnsafeRawPointer(pointer)
        switch info.ai_family {
        case AF_INET:
            let address = raw.loadUnaligned(as: sockaddr_in.self)
            return Address(bytes: withUnsafeBytes(of: address.sin_addr) { Array($0) }, port: port)
        case AF_INET6:
            let address = raw.loadUnaligned(as: sockaddr_in6.self)
            let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
            return Address(bytes: bytes, port: port, scope: address.sin6_scope_id)
        default:
            return nil
        }
    }
}
