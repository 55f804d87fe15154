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
        /// Waits for the answer, which others may have a word in.
        case asking
        case streaming(Stream)
        case ended
    }

    private enum Stream { case events, messages }

    private unowned let runtime: Runtime
    private let control: Control
    private let channel: any Channel
    private let isOneTooMany: Bool
    private var doing = Doing.listening
    private var input = ByteBuffer()
    /// The peer has said all it wants to say.
    private var isInputOver = false
    private var isReadWanted = false
    /// Whether `work` runs: what is answered within it needs no other run.
    private var isWorking = false

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
        case .asking, .ended: false
        }
    }

    // MARK: requests

    private func work() {
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
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
            case ("members", nil): ask(.members)
            case ("self", nil): ask(.own)
            case ("stats", nil): ask(.statistics)
            case ("roles", nil): ask(.roles)
            case ("events", nil): try follow(.events)
            case ("messages", nil): try follow(.messages)
            case ("send", let message?): try send(message)
            case ("broadcast", let message?): try broadcast(message)
            case ("step-down", let role?): ask(.stepDown(role: role))
            case ("promote", let wish?): ask(try .promotion(wish))
            case ("pause", let role?): ask(.setPaused(role: role, true))
            case ("resume", let role?): ask(.setPaused(role: role, false))
            case ("tasks", nil): ask(.tasks)
            case ("task", let order?): ask(try .taskOrder(order))
            case ("leave", nil): ask(.leave)
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
        answer(Runtime.done)
    }

    private func send(_ text: String) throws(Failure) {
        try runtime.checkStanding()
        let message = try ControlMessage(text)
        try MessageLimit.check(message.topic, message.data, limit: MessageLimit.sentBytes)
        guard let member = message.member else { throw Failure(.invalid, "the message names no member") }
        doing = .asking
        let deadline = Clock.deadline(afterMs: message.timeoutMs)
        runtime.send(message.topic, message.data, to: member, until: deadline) { [weak self] failure in
            let result: Result<String, Failure> = failure.map { .failure($0) } ?? .success(Runtime.done)
            SharedLoop.loop.execute { [weak self] in self?.isAnswered(result) }
        }
    }

    private func ask(_ request: NodeRequest) {
        doing = .asking
        runtime.answer(request) { [weak self] in self?.isAnswered($0) }
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
            let text = result.map { json($0).text }
            SharedLoop.loop.execute { [weak self] in self?.isAnswered(text) }
        }
    }

    private func isAnswered(_ result: Result<String, Failure>) {
        guard case .asking = doing else { return }
        doing = .listening
        switch result {
        case .success(let text): answer(text)
        case .failure(let failure): answer(failure)
        }
        work()
    }

    // MARK: from the node

    func observe(_ event: NodeEvent) {
        guard case .streaming(.events) = doing else { return }
        // Whoever does not keep up is let go: the node waits for nobody and keeps nothing for anybody.
        guard channel.isWritable else { return finish() }
        answer(event.jsonText)
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

    func nodeEnded() {
        if case .asking = doing { return end(with: .closed) }
        finish()
    }

    // MARK: answers

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
        channel.close(mode: .all, promise: nil)
    }
}

extension String {
    /// Lines from terminals and scripts of other systems end in both.
    fileprivate var trimmingCarriageReturn: Substring {
        unicodeScalars.last == "\r" ? Substring(unicodeScalars.dropLast()) : self[...]
    }
}
