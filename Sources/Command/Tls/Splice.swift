import NIOCore

/// One end of two connections that are made one: what arrives here goes out at the other end, and is read only while that one
/// can take it, so that nothing piles up in between. Both are used on the same event loop, which is what makes
/// `@unchecked Sendable` true.
final class Splice: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// How long the last bytes may take when the other end has ended.
    private static let patience = TimeAmount.seconds(15)

    private var other: Splice?
    private var context: ChannelHandlerContext?
    private var isReadDue = false
    private var lastWrite: EventLoopFuture<Void>?
    private var hasEnded = false

    private init() {}

    static func pair() -> (Splice, Splice) {
        let (one, other) = (Splice(), Splice())
        (one.other, other.other) = (other, one)
        return (one, other)
    }

    // MARK: from the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // This one's other may have waited for it.
        other?.takesMore()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        other?.finish()
        self.context = nil
        other = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { other?.write(unwrapInboundIn(data)) }
    func channelReadComplete(context: ChannelHandlerContext) { other?.context?.flush() }
    func channelInactive(context: ChannelHandlerContext) { other?.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { other?.takesMore() }
    }

    func read(context: ChannelHandlerContext) {
        if other?.context?.channel.isWritable == true { context.read() } else { isReadDue = true }
    }

    // MARK: from the other end

    private func write(_ bytes: ByteBuffer) {
        guard !hasEnded, let context else { return }
        lastWrite = context.write(wrapOutboundOut(bytes))
    }

    private func takesMore() {
        guard isReadDue else { return }
        isReadDue = false
        context?.read()
    }

    /// Closes this end when what the other one wrote has gone out.
    private func finish() {
        guard !hasEnded, let context else { return }
        hasEnded = true
        let channel = context.channel
        context.flush()
        guard let lastWrite else { return channel.close(promise: nil) }
        let timer = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        lastWrite.whenComplete { _ in
            timer.cancel()
            channel.close(promise: nil)
        }
    }
}
