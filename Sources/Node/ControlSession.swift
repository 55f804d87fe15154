import Basics
import NIOCore
import Transport

/// One client of the control socket.
///
/// It is answered one request at a time, and read from only while it takes its answers: neither what it sends
/// nor what it does not fetch can fill the host's memory. Used on the event loop only.
final class ControlSession: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Doing {
        case listening
        /// Waits for another member to take the role: for this one, where one is named.
        case handingOver(role: String, to: String?)
        case leaving
        /// Waits until a message is where it is to go.
        case sending
        /// Waits for what others say: about their keys, or about the tasks.
        case asking
        case streaming(Stream)
        case ended
    }

    private enum Stream { case events, messages }

    /// How long the coordinator of the tasks may take to tell of them.
    private static let tasksPatience = Interval.seconds(5)

    private unowned let runtime: Runtime
    private let control: Control
    private let channel: any Channel
    private let isOneTooMany: Bool
    private var doing = Doing.listening
    private var input = ByteBuffer()
    /// The peer has said all it wants to say.
    private var isInputOver = false
    private var isReadWanted = false
    private var patience: Scheduled<Void>?

    init(_ runtime: Runtime, _ control: Control, _ channel: any Channel, isOneTooMany: Bool) {
        self.runtime = runtime
        self.control = control
        self.channel = channel
        self.isOneTooMany = isOneTooMany
    }

    // MARK: from the channel

    func channelActive(context: ChannelHandlerContext) {
        guard isOneTooMany else { return }
        end(with: Failure(.busy, "\(Control.mostSessions) clients are being served already"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Who follows the events has nothing more to ask.
        if case .streaming = doing { return }
        var buffer = unwrapInboundIn(data)
        input.writeBuffer(&buffer)
        work()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { work() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed? = event as? ChannelEvent else { return }
        isInputOver = true
        work()
    }

    func channelInactive(context: ChannelHandlerContext) {
        doing = .ended
        patience?.cancel()
        control.ended(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadWanted = true }
    }

    private var mayRead: Bool {
        switch doing {
        case .listening: channel.isWritable && input.readableBytes <= Control.longestLine
        case .streaming: true
        case .handingOver, .leaving, .sending, .asking, .ended: false
        }
    }

    // MARK: requests

    private func work() {
        while case .listening = doing, channel.isWritable {
            guard let end = input.readableBytesView.firstIndex(of: 0x0a), let line = takeLine(upTo: end)
            else { break }
            perform(line)
        }
        if case .listening = doing {
            if input.readableBytes > Control.longestLine {
                end(with: Failure(.tooBig, "a request has at most \(Control.longestLine) bytes"))
            } else if isInputOver, channel.isWritable {
                finish()
            }
        }
        input.discardReadBytes()
        if isReadWanted, mayRead {
            isReadWanted = false
            channel.read()
        }
    }

    private func takeLine(upTo end: Int) -> [UInt8]? {
        guard end - input.readerIndex <= Control.longestLine else { return nil }
        let line = input.readBytes(length: end - input.readerIndex)
        input.moveReaderIndex(forwardBy: 1)
        return line
    }

    private func perform(_ bytes: [UInt8]) {
        guard let line = String(validating: bytes, as: UTF8.self) else {
            return answer(Failure(.invalid, "the request is not UTF-8"))
        }
        // A role may hold blanks, so only the first one divides.
        let words = line.trimmingCarriageReturn.split(separator: " ", maxSplits: 1).map(String.init)
        do throws(Failure) {
            switch (words.first, words.dropFirst().first) {
            case (nil, _): break
            case ("members", nil): answer(try runtime.membersText())
            case ("self", nil): answer(try runtime.selfText())
            case ("stats", nil): answer(runtime.statistics.text)
            case ("roles", nil): answer(try runtime.rolesText())
            case ("events", nil): try follow(.events)
            case ("messages", nil): try follow(.messages)
            case ("send", let message?): try send(message)
            case ("broadcast", let message?): try broadcast(message)
            case ("step-down", let role?): try stepDown(role)
            case ("promote", let wish?): try promote(wish)
            case ("pause", let role?): try setPaused(role, true)
            case ("resume", let role?): try setPaused(role, false)
            case ("tasks", nil): try listTasks()
            case ("task", let order?): try orderTask(order)
            case ("leave", nil): try leave()
            case ("keys", nil): try askForKeys(nil) { $0.keysJson }
            case ("key-add", let key?): try changeKeys(.add(try KeyName.key(key)))
            case ("key-use", let name?): try changeKeys(.use(try KeyName.fingerprint(name)))
            case ("key-remove", let name?): try changeKeys(.remove(try KeyName.fingerprint(name)))
            default:
                throw Failure(
                    .invalid,
                    "unknown request; there are: members, self, stats, roles, events, messages, send MESSAGE, "
                        + "broadcast MESSAGE, step-down ROLE, promote WISH, pause ROLE, resume ROLE, tasks, task ORDER, leave, keys, "
                        + "key-add KEY, key-use KEY, key-remove KEY")
            }
        } catch {
            answer(error)
        }
    }

    private func follow(_ stream: Stream) throws(Failure) {
        try runtime.checkStanding()
        doing = .streaming(stream)
        answer(Json.object().set(stream == .events ? "events" : "messages", .flag(true)).text)
    }

    private func broadcast(_ text: String) throws(Failure) {
        try runtime.checkStanding()
        let message = try ControlMessage(text)
        try MessageLimit.check(message.topic, message.data, limit: MessageLimit.broadcastBytes)
        guard runtime.broadcast(topic: message.topic, data: message.data) else { throw .tooManyBroadcasts }
        answer(Self.done)
    }

    private func send(_ text: String) throws(Failure) {
        try runtime.checkStanding()
        let message = try ControlMessage(text)
        try MessageLimit.check(message.topic, message.data, limit: MessageLimit.sentBytes)
        guard let member = message.member else { throw Failure(.invalid, "the message names no member") }
        doing = .sending
        let deadline = Clock.deadline(afterMs: message.timeoutMs)
        runtime.send(message.topic, message.data, to: member, until: deadline) { failure in
            // Perhaps at once, and never within the reading of requests.
            SharedLoop.loop.execute { self.hasSent(failure) }
        }
    }

    private func hasSent(_ failure: Failure?) {
        guard case .sending = doing else { return }
        doing = .listening
        answer(failure?.jsonText ?? Self.done)
        work()
    }

    private func stepDown(_ role: String) throws(Failure) {
        doing = .handingOver(role: role, to: nil)
        do throws(Failure) {
            try runtime.stepDown(role)
        } catch {
            doing = .listening
            throw error
        }
        waitAtMost { $0.giveUp(Failure(.timeout, "no other member has taken over '\(role)' yet")) }
    }

    private func promote(_ text: String) throws(Failure) {
        let wish = try ControlPromotion(text)
        doing = .handingOver(role: wish.role, to: wish.member)
        let isDone: Bool
        do throws(Failure) {
            let until = Clock.deadline(afterMs: wish.timeoutMs)
            isDone = try runtime.promote(wish.member, role: wish.role, until: until) == nil
        } catch {
            doing = .listening
            throw error
        }
        // It may have come about within the call, and been answered.
        guard case .handingOver = doing else { return }
        if isDone { return handedOver { answer(Self.done) } }
        waitAtMost(.milliseconds(Int64(wish.timeoutMs))) {
            $0.giveUp(Failure(.timeout, "'\(wish.member)' is not primary of '\(wish.role)' yet"))
        }
    }

    private func setPaused(_ role: String, _ isPaused: Bool) throws(Failure) {
        try runtime.setPaused(role, isPaused)
        answer(Self.done)
    }

    private func leave() throws(Failure) {
        try runtime.checkStanding()
        doing = .leaving
        // Nobody may be there to acknowledge the farewell: the node leaves all the same.
        waitAtMost { $0.runtime.leaveUnheard() }
        // In a later turn of the loop: a node that is alone has left, and closed this very session, at once.
        let runtime = runtime
        SharedLoop.loop.execute {
            guard let tasks = runtime.tasks else { return runtime.step { $0.leave(now: $1) } }
            tasks.giveBack { runtime.step { $0.leave(now: $1) } }
        }
    }

    private func listTasks() throws(Failure) {
        try runtime.checkStanding()
        let tasks = try runtime.takePartInTasks()
        doing = .asking
        tasks.list(until: Clock.now + Self.tasksPatience) { [weak self] result in self?.isAnswered(result) }
    }

    private func orderTask(_ text: String) throws(Failure) {
        try runtime.checkStanding()
        let order = try ControlTaskOrder(text)
        let tasks = try runtime.takePartInTasks()
        doing = .asking
        do throws(Failure) {
            let deadline = Clock.deadline(afterMs: order.timeoutMs)
            try tasks.obey(order.verb, order.name, order.target, until: deadline) { [weak self] result in
                self?.isAnswered(result.map { _ in Self.done })
            }
        } catch {
            doing = .listening
            throw error
        }
    }

    private func changeKeys(_ change: KeyChange) throws(Failure) {
        try askForKeys(change) { $0.changeJson }
    }

    private func askForKeys(_ change: KeyChange?, _ json: @escaping @Sendable (KeyReport) -> Json)
        throws(Failure)
    {
        try runtime.checkStanding()
        doing = .asking
        KeyWork.begin(change, on: runtime, until: nil) { [weak self] result in
            self?.isAnswered(result.map { json($0).text })
        }
    }

    /// In a later turn of the loop: what can be said at once must not be said within this one.
    private func isAnswered(_ result: Result<String, Failure>) {
        SharedLoop.loop.execute { [weak self] in self?.answerLater(result) }
    }

    private func answerLater(_ result: Result<String, Failure>) {
        guard case .asking = doing else { return }
        doing = .listening
        switch result {
        case .success(let text): answer(text)
        case .failure(let failure): answer(failure)
        }
        work()
    }

    /// A demote callback has its time, and the protocol some seconds.
    private func waitAtMost(
        _ time: Interval? = nil, _ body: @escaping @Sendable (ControlSession) -> Void
    ) {
        let limit = time ?? runtime.handOverTime
        patience = SharedLoop.loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) { [weak self] in
            if let self { body(self) }
        }
    }

    private func giveUp(_ failure: Failure) {
        guard case .handingOver = doing else { return }
        handedOver { answer(failure) }
    }

    private func handedOver(_ report: () -> Void) {
        patience?.cancel()
        doing = .listening
        report()
        work()
    }

    // MARK: from the node

    func observe(_ event: NodeEvent) {
        switch doing {
        case .streaming(.events):
            // Whoever does not keep up is let go: the node waits for nobody and keeps nothing for anybody.
            guard channel.isWritable else { return finish() }
            answer(event.jsonText)
        case .handingOver(let role, let wanted):
            guard event.kind == .primaryChanged, event.role == role, !event.member.isEmpty else { return }
            let isDone =
                wanted.map { $0 == event.member } ?? (event.member != runtime.engine.membership.me.id)
            guard isDone else { return }
            handedOver { answer(Self.done) }
        case .streaming(.messages), .listening, .leaving, .sending, .asking, .ended: break
        }
    }

    /// Whether this client follows the messages.
    func observe(_ message: NodeMessage) -> Bool {
        guard case .streaming(.messages) = doing else { return false }
        guard channel.isWritable else {
            finish()
            return false
        }
        answer(message.jsonText)
        return true
    }

    func nodeEnded(as standing: Published.Standing) {
        switch doing {
        case .leaving where standing == .left:
            answer(Self.done)
            finish()
        case .handingOver, .leaving, .sending, .asking: end(with: .closed)
        case .listening, .streaming, .ended: finish()
        }
    }

    // MARK: answers

    private static var done: String { Json.object().set("ok", .flag(true)).text }

    private func answer(_ text: String) {
        channel.writeAndFlush(channel.allocator.buffer(string: text + "\n"), promise: nil)
    }

    private func answer(_ failure: Failure) { answer(failure.jsonText) }

    private func end(with failure: Failure) {
        answer(failure)
        finish()
    }

    private func finish() {
        doing = .ended
        patience?.cancel()
        channel.close(mode: .all, promise: nil)
    }
}

extension String {
    /// Lines from terminals and scripts of other systems end in both.
    fileprivate var trimmingCarriageReturn: Substring {
        unicodeScalars.last == "\r" ? Substring(unicodeScalars.dropLast()) : self[...]
    }
}
