import NIOCore

/// Lets connections and bytes in when it is the console's turn: to accept a connection that is closed again, or to read a head that is
/// refused, takes longer than many an answer. First in the pipeline; used on the event loop only.
final class Turnstile: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    private let share: Share

    init(_ share: Share) { self.share = share }

    func read(context: ChannelHandlerContext) {
        share.run { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        share.charge { context.fireChannelRead(data) }
    }
}
