package import Basics
import CGuest
import Glibc
import NIOCore
import NIOPosix

/// Multicast beacons (RFC 1112): a socket that hears the group, and one that speaks to it on each interface.
///
/// The hearing socket is bound to the group's address, so that it hears nothing else; several nodes of one host
/// share it by `SO_REUSEADDR`. Used on the event loop only, `open` apart.
package final class Multicast: @unchecked Sendable {
    private let listener: any Channel
    private let speaker: Int32
    private let group: Address
    private let interfaces: [Int32]
    /// The names of the interfaces in use.
    package let names: [String]

    private init(
        listener: any Channel, speaker: Int32, group: Address, interfaces: [(name: String, index: Int32)]
    ) {
        self.listener = listener
        self.speaker = speaker
        self.group = group
        self.interfaces = interfaces.map(\.index)
        names = interfaces.map(\.name)
    }

    package struct Failed: Error {
        package let reason: String
    }

    /// Joins the group. `only` names one interface or one of its addresses; empty takes all that can multicast,
    /// or loopback alone where the node is bound to it. Blocks; not to be called on the loop.
    package static func open(
        group: Address, ttl: UInt8, only: String, bound: Address, handler: any SocketHandler
    ) throws(Failed) -> Multicast {
        guard group.bytes.count == 4, bound.bytes.count == 4 else {
            throw Failed(reason: "multicast discovery needs an IPv4 bind address")
        }
        let interfaces = try choose(only: only, bound: bound)
        guard !interfaces.isEmpty else {
            throw Failed(reason: only.isEmpty ? "no interface can multicast" : "no interface '\(only)'")
        }
        let listener: any Channel
        do {
            listener = try DatagramBootstrap(group: SharedLoop.loop)
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
                .channelInitializer { $0.pipeline.addHandler(DatagramReader(handler)) }
                .bind(to: group.socketAddress).wait()
        } catch {
            throw Failed(reason: "binding \(group.text): \(error)")
        }
        var joined: [(name: String, index: Int32)] = []
        for interface in interfaces where join(listener, group, interface.index) { joined.append(interface) }
        guard !joined.isEmpty, let speaker = makeSpeaker(ttl: ttl, bound: bound) else {
            listener.close(promise: nil)
            throw Failed(reason: "joining \(group.host) failed on every interface")
        }
        return Multicast(listener: listener, speaker: speaker, group: group, interfaces: joined)
    }

    private static func choose(only: String, bound: Address) throws(Failed) -> [(name: String, index: Int32)]
    {
        let devices: [NIONetworkDevice]
        do { devices = try System.enumerateDevices() } catch { throw Failed(reason: "\(error)") }
        var chosen: [(name: String, index: Int32)] = []
        for device in devices {
            guard let socketAddress = device.address, let address = Address(socketAddress),
                address.bytes.count == 4
            else {
                continue
            }
            let index = Int32(clamping: device.interfaceIndex)
            let isWanted: Bool
            if !only.isEmpty {
                isWanted = device.name == only || address.host == only
            } else if bound.isLoopback {
                isWanted = address.isLoopback
            } else {
                // Loopback cannot multicast by its flags and can in fact; it finds the other nodes of this host.
                isWanted = device.multicastSupported || address.isLoopback
            }
            if isWanted, !chosen.contains(where: { $0.index == index }) {
                chosen.append((device.name, index))
            }
        }
        return chosen
    }

    private static func join(_ channel: any Channel, _ group: Address, _ index: Int32) -> Bool {
        guard let provider = channel as? any SocketOptionProvider else { return false }
        var request = ip_mreqn()
        withUnsafeMutableBytes(of: &request.imr_multiaddr) { $0.copyBytes(from: group.bytes) }
        request.imr_ifindex = index
        let joining = provider.unsafeSetSocketOption(
            level: .ip, name: NIOBSDSocket.Option(rawValue: IP_ADD_MEMBERSHIP), value: request)
        return (try? joining.wait()) != nil
    }

    private static func makeSpeaker(ttl: UInt8, bound: Address) -> Int32? {
        let speaker = socket(
            AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard speaker >= 0 else { return nil }
        guest_descriptor_opened(speaker)
        var hops = Int32(ttl)
        setsockopt(speaker, Int32(IPPROTO_IP), IP_MULTICAST_TTL, &hops, socklen_t(MemoryLayout<Int32>.size))
        if !bound.isUnspecified {
            // The group's members answer to where a beacon comes from.
            bound.with(port: 0).socketAddress.withSockAddr { _ = Glibc.bind(speaker, $0, socklen_t($1)) }
        }
        return speaker
    }

    /// Speaks to the group once on each interface. Losing a beacon is harmless: another follows.
    package func send(_ bytes: [UInt8]) {
        for index in interfaces {
            var request = ip_mreqn()
            request.imr_ifindex = index
            setsockopt(
                speaker, Int32(IPPROTO_IP), IP_MULTICAST_IF, &request, socklen_t(MemoryLayout<ip_mreqn>.size))
            group.socketAddress.withSockAddr { address, length in
                _ = sendto(speaker, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, socklen_t(length))
            }
        }
    }

    package func close() {
        listener.close(promise: nil)
        guest_close(speaker)
    }
}
