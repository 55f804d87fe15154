package import Basics
package import NIOCore
package import Sealing

/// One TCP connection between two members, from either side: turns bytes into messages and back.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true: NIO's bootstraps want to carry
/// it there.
package final class StreamConnection: ChannelInboundHandler, @unchecked Sendable {
    package typealias InboundIn = ByteBuffer

    /// Called for each message that arrives.
    package var onMessage: ((StreamConnection, [UInt8]) -> Void)?
    /// Called once, when messages can be sent.
    package var onEstablished: ((StreamConnection) -> Void)?
    /// Called once, when the connection has ended.
    package var onClosed: ((StreamConnection) -> Void)?

    private let role: StreamSeal.Role
    /// That of the listener, on a connection that was accepted.
    private let room: StreamRoom?
    private var share = StreamRoom.Share()
    private var seal: StreamSeal
    private var channel: (any Channel)?
    private var isClosed = false
    private var hasEstablished = false
    /// Why the stream was given up, where the bytes were at fault.
    package private(set) var failure: StreamError?

    /// One that this node opens.
    package convenience init(cluster: String, keys: [Key]) {
        self.init(role: .initiator, cluster: cluster, keys: keys, room: nil)
    }

    /// One that was accepted.
    convenience init(accepted cluster: String, keys: [Key], room: StreamRoom) {
        self.init(role: .responder, cluster: cluster, keys: keys, room: room)
    }

    private init(role: StreamSeal.Role, cluster: String, keys: [Key], room: StreamRoom?) {
        self.role = role
        self.room = room
        seal = StreamSeal(role: role, cluster: cluster, keys: keys)
    }

    package var remoteAddress: Address? { channel?.remoteAddress.flatMap { Address($0) } }

    /// Sends a message; nothing happens once the connection has ended.
    package func send(_ message: [UInt8]) {
        guard !isClosed, let frames = try? seal.seal(message) else { return }
        write(frames)
    }

    /// Keys have left the ring. A connection that others opened ends unless one of these opens it; one that was
    /// opened here has its answer, or ends, within its own time.
    package func keepOnly(_ fingerprints: [Fingerprint]) {
        guard role == .responder, !seal.keepOnly(fingerprints) else { return }
        close()
    }

    package func close() {
        channel?.close(mode: .all, promise: nil)
    }

    private func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let channel else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }

    // MARK: from the channel

    package func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
        if context.channel.isActive { write(seal.start()) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        write(seal.start())
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        guard !isClosed, let bytes = buffer.readBytes(length: buffer.readableBytes) else { return }
        do throws(StreamError) {
            let messages = try seal.receive(bytes)
            if let room, !share.become(seal.held, of: room) { throw StreamError.noRoom }
            write(seal.takeReply())
            if seal.isEstablished, !hasEstablished {
                hasEstablished = true
                onEstablished?(self)
            }
            for message in messages where !isClosed { onMessage?(self, message) }
        } catch {
            failure = error
            giveRoomBack()
            context.close(promise: nil)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) { ended() }

    /// The end of a connection that never stood, too: whoever dialed hears of that elsewhere, but what it set here
    /// would hold itself for ever.
    package func handlerRemoved(context: ChannelHandlerContext) {
        isClosed = true
        letGo()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset connection is closed, not broken: it ends like any other.
        context.close(promise: nil)
    }

    private func ended() {
        guard !isClosed else { return }
        isClosed = true
        onClosed?(self)
        letGo()
    }

    private func giveRoomBack() {
        if let room { _ = share.become(0, of: room) }
    }

    private func letGo() {
        giveRoomBack()
        onMessage = nil
        onEstablished = nil
        onClosed = nil
    }
}
