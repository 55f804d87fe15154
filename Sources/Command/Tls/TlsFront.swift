import CGuest
import Console
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Options

/// Speaks TLS to whoever connects to the console, which itself gets plain bytes out of a pair of sockets.
///
/// On a thread of its own: a handshake is a millisecond of a processor's work, which the node's loop has not got, and
/// whoever asks for many at once delays nobody but others who ask. The console counts and times these connections as it
/// does those that come to it directly, from the moment they are accepted: one whose handshake never ends is to it one that
/// never asks. Everything after `listen` runs on that thread, which is what makes `@unchecked Sendable` true.
final class TlsFront: ConsoleFront, @unchecked Sendable {
    /// What is left of the processor is enough for handshakes.
    private static let niceness: Int32 = 10

    /// What the console may find waiting when its end is closed.
    private static let mostWaiting: CInt = 8192

    private let loop: any EventLoop
    private let certificate: TlsCertificate
    private var connections = 0

    init(_ certificate: TlsCertificate) {
        self.certificate = certificate
        var mask = sigset_t()
        guest_block_all_signals(&mask)
        loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        loop.execute {
            guest_name_thread("muster-tls")
            // On Linux, of this thread alone.
            setpriority(Int32(PRIO_PROCESS.rawValue), 0, Self.niceness)
        }
        guest_restore_signals(&mask)
    }

    func listen(at place: SocketAddress, then: @escaping @Sendable (CInt) -> Void) throws -> any Channel {
        try ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.accept(channel, then) }
            }
            .bind(to: place).wait()
    }

    private func accept(_ channel: any Channel, _ then: (CInt) -> Void) throws {
        // Those too that the console has closed and that have yet to say goodbye.
        guard connections < ConsoleServer.mostSessions, let (near, far) = Self.socketPair() else {
            return channel.close(promise: nil)
        }
        connections += 1
        channel.closeFuture.whenComplete { _ in self.connections -= 1 }
        // Whatever becomes of the near end: when it is gone the console sees the end of its own.
        then(far)
        let (outside, inside) = Splice.pair()
        ClientBootstrap(group: loop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(inside)
                }
            }
            .withConnectedSocket(near).whenFailure { _ in channel.close(promise: nil) }
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.current))
        try channel.pipeline.syncOperations.addHandler(outside)
    }

    private static func socketPair() -> (near: CInt, far: CInt)? {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        var most = mostWaiting
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &most, socklen_t(MemoryLayout.size(ofValue: most)))
        return (ends[0], ends[1])
    }
}
