import Basics
import Glibc
import Transport

/// The multicast group on one interface: a socket that hears what comes in there and nothing else, and one that speaks.
final class DoctorEar {
    let hearing: Int32
    private let speaking: Int32
    private let group: Address
    /// Why it does not work; empty where it does.
    private(set) var refusal = ""

    // IP_MULTICAST_ALL and IPV6_MULTICAST_ALL of linux/in.h and in6.h: 0 hears what this socket has joined, not what any has.
    private static let all: Int32 = 49
    private static let all6: Int32 = 29

    init(_ interface: Interface, _ group: Address, hops: UInt8, bound: Address) {
        hearing = DoctorSocket.open(group, SOCK_DGRAM)
        speaking = DoctorSocket.open(group, SOCK_DGRAM)
        let isOld = group.bytes.count == 4
        self.group = isOld ? group : group.with(scope: interface.index)
        guard hearing >= 0, speaking >= 0 else {
            refusal = DoctorSocket.reason(errno)
            return
        }
        DoctorSocket.set(hearing, Int32(SOL_SOCKET), SO_REUSEADDR, Int32(1))
        var local = group
        if !isOld {
            DoctorSocket.set(hearing, Int32(IPPROTO_IPV6), IPV6_V6ONLY, Int32(1))
            local = Address(bytes: [UInt8](repeating: 0, count: 16), port: group.port) ?? group
        }
        DoctorSocket.set(
            hearing, Int32(isOld ? IPPROTO_IP : IPPROTO_IPV6), isOld ? Self.all : Self.all6, Int32(0))
        let code = DoctorSocket.bind(hearing, to: local)
        guard code == 0 else {
            refusal = "port \(group.port): \(DoctorSocket.reason(code))"
            return
        }
        if !bound.isUnspecified { _ = DoctorSocket.bind(speaking, to: bound.with(port: 0)) }
        if !(isOld ? join(interface, hops) : join6(interface, hops)) { refusal = DoctorSocket.reason(errno) }
    }

    deinit {
        if hearing >= 0 { close(hearing) }
        if speaking >= 0 { close(speaking) }
    }

    private func join(_ interface: Interface, _ hops: UInt8) -> Bool {
        var request = ip_mreqn()
        withUnsafeMutableBytes(of: &request.imr_multiaddr) { $0.copyBytes(from: group.bytes) }
        request.imr_ifindex = Int32(bitPattern: interface.index)
        DoctorSocket.set(speaking, Int32(IPPROTO_IP), IP_MULTICAST_TTL, Int32(hops))
        return DoctorSocket.set(hearing, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, request)
            && DoctorSocket.set(speaking, Int32(IPPROTO_IP), IP_MULTICAST_IF, request)
    }

    private func join6(_ interface: Interface, _ hops: UInt8) -> Bool {
        var request = ipv6_mreq()
        withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) { $0.copyBytes(from: group.bytes) }
        request.ipv6mr_interface = interface.index
        DoctorSocket.set(speaking, Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, Int32(hops))
        return DoctorSocket.set(hearing, Int32(IPPROTO_IPV6), IPV6_JOIN_GROUP, request)
            && DoctorSocket.set(speaking, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, interface.index)
    }

    func send(_ datagram: [UInt8]) { _ = DoctorSocket.send(datagram, from: speaking, to: group) }
}
