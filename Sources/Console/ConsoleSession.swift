import NIOCore
import NIOHTTP1

/// One connection to the console. Used on the event loop only.
///
/// It is answered one request at a time, and read from only while it takes its answers: neither what it sends nor what it
/// does not fetch can fill the host's memory.
final class ConsoleSession: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private static let longestTarget = 2048
    private static let longestBody = 65_536
    /// So that the lines in between notice that nobody reads any more.
    private static let pulse = TimeAmount.seconds(15)

    private enum Doing {
        /// Waits for a request, or for the rest of one.
        case reading
        /// The answer is being made.
        case answering
        /// The answer is on its way.
        case writing
        case following
        case ended
    }

    private let server: ConsoleServer
    private let channel: any Channel
    private var doing = Doing.reading
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// Whether all of a request is here. The next one may be before the last answer is taken.
    private var isWhole = false
    /// Why the request cannot be answered, whatever else it says.
    private var fault: ConsoleAnswer?
    private var since = NIODeadline.now()

    init(_ server: ConsoleServer, _ channel: any Channel) {
        self.server = server
        self.channel = channel
    }

    var isFollowing: Bool { if case .following = doing { true } else { false } }

    // MARK: from the channel

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            fault = nil
            if head.uri.utf8.count > Self.longestTarget {
                fault = .refusal(414, "a path has at most \(Self.longestTarget) bytes")
            }
            if head.headers.first(name: "expect") != nil { proceed(head) }
        case .body(let bytes):
            guard fault == nil else { return }
            guard body.count + bytes.readableBytes <= Self.longestBody else {
                // Nobody waits for the rest of it.
                fault = .refusal(413, "a body has at most \(Self.longestBody) bytes")
                return answer()
            }
            body += bytes.readableBytesView
        case .end:
            isWhole = true
            answer()
        }
    }

    /// RFC 9110, section 10.1.1.
    private func proceed(_ head: HTTPRequestHead) {
        guard fault == nil else { return }
        channel.writeAndFlush(
            HTTPServerResponsePart.head(.init(version: head.version, status: .continue)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        doing = .ended
        server.ended(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case .reading = doing, let error = error as? HTTPParserError else { return finish() }
        fault = .refusal(error == .headerOverflow ? 431 : 400, "this is no request of HTTP/1.1: \(error)")
        answer()
    }

    // MARK: time

    func look(at now: NIODeadline) {
        switch doing {
        case .reading where now - since > ConsoleServer.patience:
            // Half a request is told so; who has said nothing is not.
            guard head != nil else { return finish() }
            fault = .refusal(408, "the request did not arrive in time")
            answer()
        case .writing where now - since > ConsoleServer.patience: finish()
        case .following where now - since > Self.pulse:
            since = now
            tell(": still here\n\n")
        case .reading, .writing, .following, .answering, .ended: break
        }
    }

    // MARK: answers

    private func answer() {
        guard case .reading = doing else { return }
        doing = .answering
        isWhole = false
        if let fault { return send(fault, keepsAlive: false) }
        guard let head, let desk = server.desk else { return finish() }
        var request = ConsoleRequest(method: head.method.rawValue, target: head.uri, body: body)
        request.host = head.headers.first(name: "host")
        request.origin = head.headers.first(name: "origin")
        request.authorization = head.headers.first(name: "authorization")
        request.accept = head.headers.first(name: "accept")
        request.lastEventId = head.headers.first(name: "last-event-id")
        request.fetchSite = head.headers.first(name: "sec-fetch-site")
        body = []
        let asked = request
        let keepsAlive = head.isKeepAlive
        server.share.run {
            // When it is its turn the client may have gone, and the node too.
            guard case .answering = self.doing, self.server.desk != nil else { return }
            desk.answer(asked) { answer in
                guard case .answering = self.doing else { return }
                self.send(answer, keepsAlive: keepsAlive)
            }
        }
    }

    private func send(_ answer: ConsoleAnswer, keepsAlive: Bool) {
        switch answer.body {
        case .bytes(let bytes): send(answer, bytes, keepsAlive: keepsAlive)
        case .events(let number): follow(answer, after: number, keepsAlive: keepsAlive)
        }
    }

    private func send(_ answer: ConsoleAnswer, _ bytes: [UInt8], keepsAlive: Bool) {
        doing = .writing
        since = .now()
        var headers = self.headers(of: answer)
        headers.add(name: "Content-Length", value: String(bytes.count))
        if !keepsAlive { headers.add(name: "Connection", value: "close") }
        writeHead(answer.status, headers)
        if !bytes.isEmpty, head?.method != .HEAD {
            channel.write(
                HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: bytes))), promise: nil
            )
        }
        head = nil
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { result in
            if case .success = result, keepsAlive { self.isThrough() } else { self.finish() }
        }
    }

    private func isThrough() {
        guard case .writing = doing else { return }
        guard server.desk != nil else { return finish() }
        doing = .reading
        since = .now()
        if isWhole { answer() }
    }

    private func follow(_ answer: ConsoleAnswer, after number: UInt64, keepsAlive: Bool) {
        guard head?.method != .HEAD else { return showHead(of: answer) }
        guard server.hasRoomForFollower else {
            return send(
                .refusal(503, "\(ConsoleServer.mostFollowers) others follow the events already"),
                keepsAlive: false)
        }
        doing = .following
        since = .now()
        writeHead(answer.status, headers(of: answer))
        // At once: what has happened is asked for and told in one turn of the loop, so that nothing is lost in between.
        tell(": events\n\n" + (server.desk?.events(after: number) ?? ""))
    }

    /// What a stream of events would begin with, which has no length; its end would be a chunk, so the connection's end is it.
    private func showHead(of answer: ConsoleAnswer) {
        doing = .writing
        since = .now()
        var headers = self.headers(of: answer)
        headers.add(name: "Connection", value: "close")
        writeHead(answer.status, headers)
        channel.flush()
        finish()
    }

    /// Whoever does not keep up is let go: the node waits for nobody and keeps nothing for anybody. It comes back with
    /// the number of the last event that it has.
    func tell(_ text: String) {
        guard case .following = doing else { return }
        guard channel.isWritable else { return finish() }
        channel.writeAndFlush(
            HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(string: text))), promise: nil)
    }

    func nodeEnded() {
        if case .answering = doing {
            return send(.refusal(503, "the node is closed or has left the cluster"), keepsAlive: false)
        }
        if case .writing = doing { return }
        finish()
    }

    private func writeHead(_ status: Int, _ headers: HTTPHeaders) {
        // Without chunks to whom HTTP/1.0 is spoken.
        let version = head?.version == .http1_0 ? HTTPVersion.http1_0 : .http1_1
        let head = HTTPResponseHead(version: version, status: .init(statusCode: status), headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
    }

    private func headers(of answer: ConsoleAnswer) -> HTTPHeaders {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.add(name: "Date", value: HttpDate.now)
        headers.add(name: "Content-Type", value: answer.type)
        headers.add(name: "Cache-Control", value: "no-store")
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        return headers
    }

    private func finish() {
        if case .ended = doing { return }
        doing = .ended
        channel.close(promise: nil)
    }
}
