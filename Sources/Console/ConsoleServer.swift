import NIOCore
import NIOHTTP1
import NIOPosix
package import Node
package import Options
import Transport

/// The console's own server: HTTP/1.1 on the node's event loop. Everything after `open` runs there, which is what makes
/// `@unchecked Sendable` true.
package final class ConsoleServer: Attendant, @unchecked Sendable {
    /// Connections that are open at once; who comes then is closed at once.
    package static let mostSessions = 64
    /// Those of them that may follow the events.
    static let mostFollowers = 16
    /// How long a request may take to arrive, an answer to be taken, and a connection may be without one.
    static let patience = TimeAmount.seconds(15)
    private static let tick = TimeAmount.seconds(1)
    /// What is read in one go, and about what the kernel keeps of one that is not read from: when the other end has closed its
    /// side all of it comes at once, whoever's turn it is.
    private static let mostAtOnce = 8192
    /// Of a request's head.
    private static let limits = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16_384
        limits.maxHeaderListSize = 81_920
        return limits
    }()

    /// Where it listens, as a URL's beginning.
    package let address: String
    private let listener: any Channel
    private let token: [UInt8]?
    let share: Share
    private(set) var desk: ConsoleDesk?
    private var sessions: [ObjectIdentifier: ConsoleSession] = [:]
    private var ticks: RepeatedTask?

    /// Nil where no console is asked for. Binds it; nobody is answered before the node has begun.
    package static func open(_ settings: Settings) throws(Failure) -> ConsoleServer? {
        try open(settings, scheme: "http") { address, place in
            try ServerBootstrap(group: SharedLoop.loop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 64)
                // Those that are accepted have it, too.
                .serverChannelOption(
                    .socketOption(.so_rcvbuf), value: ChannelOptions.Types.SocketOption.Value(mostAtOnce)
                )
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Turnstile(place.share))
                    }
                }
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.recvAllocator, value: readBuffers)
                .childChannelOption(.writeBufferWaterMark, value: waterMark)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try place.server?.accept(channel) ?? channel.closeAtOnce()
                    }
                }
                .bind(to: address).wait()
        }
    }

    /// The same where a front listens.
    package static func open(
        _ settings: Settings, behind front: any ConsoleFront
    ) throws(Failure) -> ConsoleServer? {
        try open(settings, scheme: "https") { address, place in
            try front.listen(at: address) { descriptor in
                SharedLoop.loop.execute { adopt(descriptor, place) }
            }
        }
    }

    private static func adopt(_ descriptor: CInt, _ place: PlaceHolder) {
        _ = ClientBootstrap(group: SharedLoop.loop)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: readBuffers)
            .channelOption(.writeBufferWaterMark, value: waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try place.server?.accept(channel) ?? channel.closeAtOnce()
                }
            }
            .withConnectedSocket(descriptor)
    }

    private static let readBuffers = FixedSizeRecvByteBufferAllocator(capacity: mostAtOnce)
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32_768, high: 262_144)

    private static func open(
        _ settings: Settings, scheme: String, listen: (SocketAddress, PlaceHolder) throws -> any Channel
    ) throws(Failure) -> ConsoleServer? {
        guard let http = settings.http, let port = http.port else { return nil }
        let place = PlaceHolder()
        do {
            let channel = try listen(try SocketAddress(ipAddress: http.address.text, port: Int(port)), place)
            let server = ConsoleServer(
                channel, scheme, http, share: place.share, token: settings.httpToken)
            try SharedLoop.loop.submit { place.server = server }.wait()
            return server
        } catch {
            throw Failure(.system, "option 'http': cannot listen at \(http.address.text):\(port): \(error)")
        }
    }

    /// The first of some places that is free; nil where none is.
    package static func openFirst(
        of places: [String], _ settings: Settings, _ open: (Settings) throws(Failure) -> ConsoleServer?
    ) -> ConsoleServer? {
        for place in places {
            var settings = settings
            settings.http = Endpoint(listening: place)
            if let server = try? open(settings) { return server }
        }
        return nil
    }

    /// The bootstrap is made before the server.
    private final class PlaceHolder: @unchecked Sendable {
        weak var server: ConsoleServer?
        let share = Share()
    }

    private init(_ listener: any Channel, _ scheme: String, _ http: Endpoint, share: Share, token: [UInt8]?) {
        self.listener = listener
        self.share = share
        self.token = token
        let host = http.address.isIPv4 ? http.address.text : "[\(http.address.text)]"
        address = "\(scheme)://\(host):\(listener.localAddress?.port ?? 0)/"
    }

    // MARK: the node

    package func begin(_ runtime: Runtime) {
        let desk = ConsoleDesk(runtime, token: token)
        desk.follow = { [weak self] event in self?.tell(event) }
        // The desk, which the node holds, holds the server until then.
        desk.hasEnded = { self.close() }
        self.desk = desk
        runtime.watch(desk)
    }

    /// The node could not begin.
    package func abandon() { listener.close(promise: nil) }

    /// Connections whose last answer is on its way have their time to take it.
    private func close() {
        listener.close(promise: nil)
        for session in sessions.values { session.nodeEnded() }
        share.clear()
        desk = nil
    }

    private func tell(_ event: NodeEvent) {
        let followers = sessions.values.filter { $0.isFollowing }
        guard !followers.isEmpty else { return }
        let line = History.line(event)
        for session in followers { session.tell(line) }
    }

    // MARK: connections

    private func accept(_ channel: any Channel) throws {
        guard sessions.count < Self.mostSessions, desk != nil else { return channel.closeAtOnce() }
        let session = ConsoleSession(self, channel)
        sessions[ObjectIdentifier(session)] = session
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(Turnstile(share))
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: Self.limits)))
        try pipeline.addHandler(HTTPServerPipelineHandler())
        try pipeline.addHandler(session)
        watchTime()
    }

    func ended(_ session: ConsoleSession) {
        sessions[ObjectIdentifier(session)] = nil
        guard sessions.isEmpty else { return }
        ticks?.cancel()
        ticks = nil
    }

    var hasRoomForFollower: Bool {
        sessions.values.reduce(0) { $0 + ($1.isFollowing ? 1 : 0) } < Self.mostFollowers
    }

    /// One clock for all, which rests while there are none.
    private func watchTime() {
        guard ticks == nil else { return }
        ticks = SharedLoop.loop.scheduleRepeatedTask(initialDelay: Self.tick, delay: Self.tick) {
            [weak self] _ in
            guard let self else { return }
            let now = NIODeadline.now()
            for session in self.sessions.values { session.look(at: now) }
        }
    }
}

extension Channel {
    fileprivate func closeAtOnce() { close(promise: nil) }
}
