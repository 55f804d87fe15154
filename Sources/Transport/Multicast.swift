package import Basics
import CGuest
import Glibc
import NIOCore
import NIOPosix

/// Multicast beacons (RFC 1112, RFC 4291): a socket that hears the group, and one that speaks to it, on interfaces
/// that come and go.
///
/// Several nodes of one host share the port by `SO_REUSEADDR`. Used on the event loop only, `open` apart.
package final class Multicast: @unchecked Sendable {
    private let listener: any Channel
    /// The listener's, which closes it.
    private let hearing: Int32
    private let speaking: Int32
    private let group: Address
    private let bound: Address
    private let only: String
    /// As they were when the group was joined on them.
    private var joined: [Interface] = []
    private var isClosed = false

    private init(
        listener: any Channel, hearing: Int32, speaking: Int32, group: Address, bound: Address, only: String
    ) {
        self.listener = listener
        self.hearing = hearing
        self.speaking = speaking
        self.group = group
        self.bound = bound
        self.only = only
    }

    package struct Failed: Error {
        package let reason: String
    }

    /// Makes the sockets; `use` says on which interfaces. `only` names one interface or one of its addresses; empty
    /// takes all that can multicast, or loopback alone where the node is bound to it. Blocks; not to be called on
    /// the loop.
    package static func open(
        group: Address, hops: UInt8, only: String, bound: Address, handler: any SocketHandler
    ) throws(Failed) -> Multicast {
        guard group.bytes.count == 4 || !bound.isLoopback else {
            throw Failed(reason: "loopback cannot multicast with IPv6")
        }
        guard let hearing = makeListener(group) else {
            let reason = String(cString: strerror(errno))
            throw Failed(reason: "binding port \(group.port): \(reason)")
        }
        guard let speaking = makeSpeaker(hops: hops, bound: bound) else {
            guest_close(hearing)
            throw Failed(reason: "no socket to send beacons from")
        }
        do {
            let listener = try DatagramBootstrap(group: SharedLoop.loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
                .channelInitializer { $0.pipeline.addHandler(DatagramReader(handler)) }
                .withBoundSocket(hearing).wait()
            return Multicast(
                listener: listener, hearing: hearing, speaking: speaking, group: group, bound: bound,
                only: only)
        } catch {
            guest_close(speaking)
            throw Failed(reason: "\(error)")
        }
    }

    /// With IPv4 it is bound to the group's address, so that it hears nothing else. A link-local group of IPv6 can be
    /// bound on one interface only: there the socket is bound to the port and hears the groups it has joined.
    private static func makeListener(_ group: Address) -> Int32? {
        guard let listener = makeSocket(group) else { return nil }
        set(listener, Int32(SOL_SOCKET), SO_REUSEADDR, Int32(1))
        var local = group
        if group.bytes.count == 16 {
            set(listener, Int32(IPPROTO_IPV6), IPV6_V6ONLY, Int32(1))
            set(listener, Int32(IPPROTO_IPV6), multicastAll, Int32(0))
            local = Address(bytes: [UInt8](repeating: 0, count: 16), port: group.port) ?? group
        }
        let isBound = local.socketAddress.withSockAddr { Glibc.bind(listener, $0, socklen_t($1)) } == 0
        if isBound { return listener }
        let code = errno
        guest_close(listener)
        errno = code
        return nil
    }

    private static func makeSpeaker(hops: UInt8, bound: Address) -> Int32? {
        guard let speaker = makeSocket(bound) else { return nil }
        if bound.bytes.count == 4 {
            set(speaker, Int32(IPPROTO_IP), IP_MULTICAST_TTL, Int32(hops))
        } else {
            set(speaker, Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, Int32(hops))
        }
        if !bound.isUnspecified {
            // The group's members answer to where a beacon comes from.
            bound.with(port: 0).socketAddress.withSockAddr { _ = Glibc.bind(speaker, $0, socklen_t($1)) }
        }
        return speaker
    }

    private static func makeSocket(_ like: Address) -> Int32? {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let made = socket(like.bytes.count == 4 ? AF_INET : AF_INET6, type, 0)
        guard made >= 0 else { return nil }
        guest_descriptor_opened(made)
        return made
    }

    // MARK: interfaces

    /// The names of the interfaces in use.
    package var names: [String] { joined.map(\.name) }

    /// Joins the group on interfaces that are new, or other than before, and stops speaking on those that are gone.
    /// True where that changed which are in use.
    package func use(_ interfaces: [Interface]) -> Bool {
        guard !isClosed else { return false }
        let before = names
        let wanted = interfaces.filter(isWanted)
        for former in joined where !wanted.contains(former) { _ = membership(false, former) }
        joined = wanted.filter { joined.contains($0) || join($0) }
        return names != before
    }

    private func isWanted(_ interface: Interface) -> Bool {
        guard interface.isUp, interface.hasFamily(of: bound) else { return false }
        if !only.isEmpty {
            return interface.name == only || interface.addresses.contains { $0.host == only }
        }
        if bound.isLoopback { return interface.isLoopback }
        // Loopback cannot multicast by its flags and can in fact, with IPv4; it finds the other nodes of this host.
        return interface.canMulticast || (interface.isLoopback && bound.bytes.count == 4)
    }

    private func join(_ interface: Interface) -> Bool {
        // What the kernel has kept of a former life of the interface may be worth nothing.
        _ = membership(false, interface)
        return membership(true, interface)
    }

    private func membership(_ isMember: Bool, _ interface: Interface) -> Bool {
        if group.bytes.count == 4 {
            var request = ip_mreqn()
            withUnsafeMutableBytes(of: &request.imr_multiaddr) { $0.copyBytes(from: group.bytes) }
            request.imr_ifindex = Int32(bitPattern: interface.index)
            let name = isMember ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP
            return Multicast.set(hearing, Int32(IPPROTO_IP), name, request)
        }
        var request = ipv6_mreq()
        withUnsafeMutableBytes(of: &request.ipv6mr_multiaddr) { $0.copyBytes(from: group.bytes) }
        request.ipv6mr_interface = interface.index
        let name = isMember ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP
        return Multicast.set(hearing, Int32(IPPROTO_IPV6), name, request)
    }

    // MARK: speaking

    /// Speaks to the group once on each interface. Losing a beacon is harmless: another follows.
    package func send(_ bytes: [UInt8]) {
        for interface in joined {
            if group.bytes.count == 4 {
                var request = ip_mreqn()
                request.imr_ifindex = Int32(bitPattern: interface.index)
                Multicast.set(speaking, Int32(IPPROTO_IP), IP_MULTICAST_IF, request)
            } else {
                Multicast.set(speaking, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, interface.index)
            }
            group.with(scope: group.bytes.count == 4 ? 0 : interface.index).socketAddress.withSockAddr {
                _ = sendto(speaking, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t($1))
            }
        }
    }

    package func close() {
        isClosed = true
        listener.close(promise: nil)
        guest_close(speaking)
    }

    @discardableResult
    private static func set<Value>(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Value) -> Bool {
        withUnsafeBytes(of: value) {
            setsockopt(socket, level, name, $0.baseAddress, socklen_t($0.count)) == 0
        }
    }
}

/// `IPV6_MULTICAST_ALL` of linux/in6.h: 0 hears the groups that this socket has joined, not those that any has.
private let multicastAll: Int32 = 29
