package import Basics
import CGuest
import Glibc
import NIOCore
import NIOPosix
package import Sealing

/// What a node receives from its sockets. Called on the event loop.
package protocol SocketHandler: AnyObject, Sendable {
    /// The keys that open what arrives: those at the moment of asking.
    var keys: [Key] { get }
    func datagramArrived(_ bytes: [UInt8], from address: Address)
    /// A connection was accepted; the handler sets its callbacks.
    func streamAccepted(_ connection: StreamConnection)
    /// A connection was closed at once: there are as many as there may be.
    func streamRefused()
}

/// The one port number of a node: a UDP socket and a TCP listener on it.
///
/// Used on the event loop only, `bind` apart.
package final class PortPair: @unchecked Sendable {
    package let address: Address
    private let datagrams: any Channel
    /// The socket of `datagrams`. What is sent goes past the channel, which closes itself where a send is refused
    /// (ENETUNREACH, EPERM, EINVAL ...); here a datagram that cannot be sent is lost, and that is all.
    private let descriptor: Int32
    private let listener: any Channel
    private var isOpen = true

    /// The most connections that strangers and members may hold open at a time: 1024, and no more than half of the
    /// descriptors that the process may have, whose host has files of its own to open.
    static var mostConnections: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(min(1024, max(1, limit.rlim_cur / 2)))
    }

    private init(address: Address, datagrams: any Channel, descriptor: Int32, listener: any Channel) {
        self.descriptor = descriptor
        self.address = address
        self.datagrams = datagrams
        self.listener = listener
    }

    package struct BindError: Error {
        /// What the system said to the last attempt.
        package let reason: String
    }

    /// Binds the first free pair of `count` port numbers from `address.port` on; any free pair for port 0.
    /// Blocks; not to be called on the loop.
    package static func bind(
        _ address: Address, count: Int, cluster: String, handler: any SocketHandler
    ) throws(BindError) -> PortPair {
        var last = "no port to try"
        // A free TCP port may be taken for UDP: with port 0 the kernel is simply asked again.
        let attempts = address.port == 0 ? 64 : count
        for attempt in 0..<attempts {
            let port = address.port == 0 ? 0 : Int(address.port) + attempt
            guard port <= 65535 else { break }
            do {
                return try bindPair(address.with(port: UInt16(clamping: port)), cluster, handler)
            } catch let error as IOError {
                last = error.description
                guard error.errnoCode == EADDRINUSE else { throw BindError(reason: last) }
            } catch {
                throw BindError(reason: "\(error)")
            }
        }
        throw BindError(reason: last)
    }

    private static func bindPair(
        _ address: Address, _ cluster: String, _ handler: any SocketHandler
    ) throws -> PortPair {
        let loop = SharedLoop.loop
        let (open, room) = (ConnectionCount(), StreamRoom())
        let listener = try ServerBootstrap(group: loop)
            // A process that stands still accepts nobody, and is looked at for as long: a full queue would make its kernel
            // look silent.
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                guard open.enter(limit: mostConnections) else {
                    handler.streamRefused()
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in open.leave() }
                let connection = StreamConnection(accepted: cluster, keys: handler.keys, room: room)
                handler.streamAccepted(connection)
                return channel.pipeline.addHandler(connection)
            }
            .bind(to: address.socketAddress).wait()
        guard let bound = listener.localAddress.flatMap({ Address($0) }) else {
            listener.close(promise: nil)
            throw IOError(errnoCode: EADDRNOTAVAIL, reason: "bind")
        }
        do {
            let descriptor = try openDatagrams(address.with(port: bound.port))
            let datagrams = try DatagramBootstrap(group: loop)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 2048))
                .channelInitializer { $0.pipeline.addHandler(DatagramReader(handler)) }
                .withBoundSocket(descriptor).wait()
            return PortPair(address: bound, datagrams: datagrams, descriptor: descriptor, listener: listener)
        } catch {
            try? listener.close().wait()
            throw error
        }
    }

    private static func openDatagrams(_ address: Address) throws -> Int32 {
        let descriptor = socket(
            address.bytes.count == 4 ? AF_INET : AF_INET6,
            Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        guest_descriptor_opened(descriptor)
        let result = address.socketAddress.withSockAddr { Glibc.bind(descriptor, $0, socklen_t($1)) }
        guard result == 0 else {
            let code = errno
            guest_close(descriptor)
            throw IOError(errnoCode: code, reason: "bind")
        }
        return descriptor
    }

    /// Sends one datagram. A full socket buffer or a missing route loses it, as the network may.
    package func send(_ bytes: [UInt8], to address: Address) {
        guard isOpen else { return }
        // A socket of IPv6 reaches IPv4 under addresses of its own kind.
        let reachable = self.address.bytes.count == 16 ? address.mapped : address
        reachable.socketAddress.withSockAddr { place, length in
            _ = sendto(
                descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), place,
                socklen_t(length))
        }
    }

    package func close() {
        isOpen = false
        datagrams.close(promise: nil)
        listener.close(promise: nil)
    }

    /// Opens a connection. `connected` is called once: with the connection's channel up, or with the errno that
    /// ended the attempt (`ETIMEDOUT` where the time ran out).
    package static func dial(
        _ address: Address, timeout: Interval, connection: StreamConnection,
        connected: @escaping @Sendable (Int32?) -> Void
    ) {
        ClientBootstrap(group: SharedLoop.loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(timeout.nanoseconds))
            .channelInitializer { $0.pipeline.addHandler(connection) }
            .connect(to: address.socketAddress)
            .whenComplete { result in
                switch result {
                case .success: connected(nil)
                case .failure(let error): connected(errno(of: error))
                }
            }
    }
}

/// The `errno` that says best why a connection did not come about.
private func errno(of error: any Error) -> Int32 {
    if let error = error as? IOError { return error.errnoCode }
    if case .connectTimeout = error as? ChannelError { return ETIMEDOUT }
    // The channel was closed under the attempt: the other end took the connection and dropped it.
    return ECONNRESET
}

/// Counts open connections; on the event loop only.
private final class ConnectionCount: @unchecked Sendable {
    private var count = 0

    func enter(limit: Int) -> Bool {
        guard count < limit else { return false }
        count += 1
        return true
    }

    func leave() { count -= 1 }
}

/// Hands the datagrams of one socket on.
final class DatagramReader: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let handler: any SocketHandler

    init(_ handler: any SocketHandler) { self.handler = handler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var envelope = unwrapInboundIn(data)
        guard let address = Address(envelope.remoteAddress),
            let bytes = envelope.data.readBytes(length: envelope.data.readableBytes)
        else { return }
        handler.datagramArrived(bytes, from: address)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An ICMP error reported on the socket concerns one datagram, not the socket.
    }
}
