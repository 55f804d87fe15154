package import Basics
import Glibc
package import NIOCore

extension Address {
    /// The address as the socket calls want it.
    package var socketAddress: SocketAddress {
        if bytes.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
            return SocketAddress(address)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_scope_id = scope
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
        return SocketAddress(address)
    }

    /// An IPv4 address inside an IPv6 one (RFC 4291, 2.5.5.2); any other as it is.
    var mapped: Address {
        guard bytes.count == 4 else { return self }
        let prefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        return Address(bytes: prefix + bytes, port: port) ?? self
    }

    /// Nil for a Unix socket. An IPv4 address inside an IPv6 one (RFC 4291, 2.5.5.2) is taken out of it, so that
    /// one host does not look like two.
    package init?(_ socketAddress: SocketAddress) {
        switch socketAddress {
        case .v4(let v4):
            let address = v4.address
            let bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
            self.init(bytes: bytes, port: UInt16(bigEndian: address.sin_port))
        case .v6(let v6):
            let address = v6.address
            let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
            let port = UInt16(bigEndian: address.sin6_port)
            if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
                self.init(bytes: Array(bytes.suffix(4)), port: port)
            } else {
                let isLinkLocal = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
                self.init(bytes: bytes, port: port, scope: isLinkLocal ? address.sin6_scope_id : 0)
            }
        case .unixDomainSocket:
            return nil
        }
    }
}
