package import Basics
package import NIOCore
package import Sealing

/// One TCP connection between two members, from either side: turns bytes into messages and back.
///
/// Who connects may ask much and read nothing of the answers. On a connection that was accepted a message is taken only
/// while answers find room, and some in a turn; the others wait in their order, and nothing more is read.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true: NIO's bootstraps want to carry
/// it there.
package final class StreamConnection: ChannelDuplexHandler, @unchecked Sendable {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer

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
    /// Messages that have come and were not taken yet.
    private var waiting = CircularBuffer<[UInt8]>()
    private var waitingBytes = 0
    private var isTaking = false
    /// How much the turn that is under way has said, in bytes.
    private var answered = 0
    private var nextTurn: Scheduled<Void>?
    /// So many turns are left for what had come when the connection ended: nobody who is gone keeps others waiting for long.
    private var turnsLeft = 16
    /// A read that the channel wants and is not given yet.
    private var isReadHeld = false
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

    /// How much is answered in one turn of the loop, which others have to wait for, in bytes, the least that an answer counts,
    /// since it costs time too, and the pause behind it.
    private static let turn = 65536
    private static let leastAnswer = 1024
    private static let pause = TimeAmount.milliseconds(1)

    /// Sends a message; nothing happens once the connection has ended.
    package func send(_ message: [UInt8]) {
        answered += max(message.count, StreamConnection.leastAnswer)
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
        forgetWaiting()
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
            for message in try seal.receive(bytes) {
                waiting.append(message)
                waitingBytes += message.count
            }
            guard fitsRoom() else { throw StreamError.noRoom }
            write(seal.takeReply())
            if seal.isEstablished, !hasEstablished {
                hasEstablished = true
                onEstablished?(self)
            }
            takeWaiting()
        } catch {
            failure = error
            forgetWaiting()
            giveRoomBack()
            context.close(promise: nil)
        }
    }

    package func read(context: ChannelHandlerContext) {
        // Within a turn: a write has failed, and what has come is read before the channel ends.
        guard isTaking || mayTake && waiting.isEmpty else {
            isReadHeld = true
            return
        }
        context.read()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeWaiting()
        context.fireChannelWritabilityChanged()
    }

    package func channelInactive(context: ChannelHandlerContext) { ended() }

    /// The end of a connection that never stood, too: whoever dialed hears of that elsewhere, but what it set here
    /// would hold itself for ever.
    package func handlerRemoved(context: ChannelHandlerContext) {
        isClosed = true
        if waiting.isEmpty { letGo() }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset connection is closed, not broken: it ends like any other.
        context.close(promise: nil)
    }

    private func ended() {
        guard !isClosed else { return }
        isClosed = true
        nextTurn?.cancel()
        takeRest()
    }

    /// What was said before the end counts, though nobody waits for the answers: that, too, in its turns.
    private func takeRest() {
        answered = 0
        while answered < StreamConnection.turn, let message = nextWaiting() {
            onMessage?(self, message)
        }
        turnsLeft -= 1
        guard waiting.isEmpty || turnsLeft <= 0 else {
            // Nothing else may hold it by now.
            nextTurn = channel?.eventLoop.scheduleTask(in: StreamConnection.pause) { self.takeRest() }
            return
        }
        onClosed?(self)
        letGo()
    }

    // MARK: taking messages in their turn

    /// Whether the answer to one more message finds room. What this node has asked for itself is always taken.
    private var mayTake: Bool { room == nil || isClosed || channel?.isWritable != false }

    private func takeWaiting() {
        guard !isTaking, nextTurn == nil else { return }
        isTaking = true
        answered = 0
        while !isClosed, mayTake, room == nil || answered < StreamConnection.turn,
            let message = nextWaiting()
        {
            onMessage?(self, message)
        }
        isTaking = false
        _ = fitsRoom()
        guard !isClosed, mayTake else { return }
        guard waiting.isEmpty else {
            nextTurn = channel?.eventLoop.scheduleTask(in: StreamConnection.pause) { [weak self] in
                self?.nextTurn = nil
                self?.takeWaiting()
            }
            return
        }
        guard isReadHeld else { return }
        isReadHeld = false
        channel?.read()
    }

    private func nextWaiting() -> [UInt8]? {
        let message = waiting.popFirst()
        waitingBytes -= message?.count ?? 0
        return message
    }

    private func forgetWaiting() {
        waiting.removeAll()
        waitingBytes = 0
    }

    /// Whether what is held of this connection, complete or not, has its place.
    private func fitsRoom() -> Bool {
        guard let room else { return true }
        return share.become(seal.held + waitingBytes, of: room)
    }

    private func giveRoomBack() {
        if let room { _ = share.become(0, of: room) }
    }

    private func letGo() {
        forgetWaiting()
        nextTurn?.cancel()
        giveRoomBack()
        onMessage = nil
        onEstablished = nil
        onClosed = nil
    }
}
