import Basics
import Glibc
import NIOCore
import NIOPosix
import Transport

/// The control socket: how the command and other tools of this machine talk to a node that runs in any host.
///
/// A client sends a line of words and gets lines of JSON. Only the user of this process and root are served.
/// Everything after `open` runs on the event loop, which is what makes `@unchecked Sendable` true.
final class Control: NodeWatcher, @unchecked Sendable {
    /// A request is a word or two; more is a mistake or an attack.
    static let longestLine = 65_536
    static let mostSessions = 16

    private let socket: ControlSocket
    private var listener: (any Channel)?
    private var sessions: [ObjectIdentifier: ControlSession] = [:]

    private init(_ socket: ControlSocket) { self.socket = socket }

    /// Binds the socket and serves. Called from the thread of the host that joins.
    static func open(_ path: String, for runtime: Runtime) throws(Failure) -> Control {
        let control = Control(try ControlSocket.listen(at: path))
        do {
            control.listener = try ServerBootstrap(group: SharedLoop.loop)
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 32_768, high: 262_144))
                .childChannelInitializer { channel in control.accept(channel, for: runtime) }
                .withBoundSocket(control.socket.descriptor).wait()
        } catch {
            control.socket.removeFile()
            throw Failure(.system, "control socket '\(path)': \(error)")
        }
        return control
    }

    func nodeEnded(as standing: Published.Standing) {
        for session in sessions.values { session.nodeEnded() }
        sessions = [:]
        listener?.close(promise: nil)
        listener = nil
        socket.removeFile()
    }

    func observe(_ event: NodeEvent) {
        for session in sessions.values { session.observe(event) }
    }

    /// Whether anybody follows the messages.
    func observe(_ message: NodeMessage) -> Bool {
        sessions.values.reduce(false) { $1.observe(message) || $0 }
    }

    func ended(_ session: ControlSession) { sessions[ObjectIdentifier(session)] = nil }

    private func accept(_ channel: any Channel, for runtime: Runtime) -> EventLoopFuture<Void> {
        peer(of: channel).flatMapThrowing { peer in
            guard peer.user == 0 || peer.user == geteuid() else {
                throw ChannelError.inappropriateOperationForState
            }
            let session = ControlSession(
                runtime, self, channel, isOneTooMany: self.sessions.count >= Self.mostSessions)
            self.sessions[ObjectIdentifier(session)] = session
            try channel.pipeline.syncOperations.addHandler(session)
        }
    }

    /// What SO_PEERCRED answers: `struct ucred`, which the C library shows to GNU sources only.
    private struct Peer: Sendable {
        var process: pid_t = 0
        var user: uid_t = 0
        var group: gid_t = 0
    }

    private func peer(of channel: any Channel) -> EventLoopFuture<Peer> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        return options.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
    }
}
