package import Basics
import Glibc
import NIOCore

/// A network interface as it is at the moment.
package struct Interface: Equatable, Sendable {
    package let name: String
    /// As this host numbers it; another one that is made later under the same name has another number.
    package let index: UInt32
    package let isUp: Bool
    package let isLoopback: Bool
    package let canMulticast: Bool
    /// Its addresses, with port 0.
    package fileprivate(set) var addresses: [Address]

    /// All of this host, in the system's order.
    package static func all() -> [Interface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [Interface] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            let name = String(cString: entry.ifa_name)
            let place = found.firstIndex { $0.name == name } ?? found.count
            if place == found.count {
                let has = { (flag: Int) in entry.ifa_flags & UInt32(flag) != 0 }
                found.append(
                    Interface(
                        name: name, index: if_nametoindex(name), isUp: has(IFF_UP),
                        isLoopback: has(IFF_LOOPBACK), canMulticast: has(IFF_MULTICAST),
                        addresses: []))
            }
            if let pointer = entry.ifa_addr, let address = Address(pointer) {
                found[place].addresses.append(address)
            }
        }
        return found
    }

    package func hasFamily(of address: Address) -> Bool {
        addresses.contains { $0.bytes.count == address.bytes.count }
    }
}

extension Address {
    /// Nil for what is neither IPv4 nor IPv6.
    init?(_ pointer: UnsafePointer<sockaddr>) {
        let raw = UnsafeRawPointer(pointer)
        switch Int32(pointer.pointee.sa_family) {
        case AF_INET: self.init(SocketAddress(raw.loadUnaligned(as: sockaddr_in.self)))
        case AF_INET6: self.init(SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self)))
        default: return nil
        }
    }
}
