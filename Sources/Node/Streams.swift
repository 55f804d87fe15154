import Basics
import Glibc
import Membership
import NIOCore
import Sealing
import Transport
import Wire

/// The connections of a node: requests under way, standing links, and what strangers have opened.
struct Streams {
    var links: [ObjectIdentifier: (peer: Identity, connection: StreamConnection)] = [:]
    var others: [ObjectIdentifier: StreamConnection] = [:]
    /// When it is looked at again whether a connection that a stranger opened may stay.
    var patience: [ObjectIdentifier: Scheduled<Void>] = [:]
    /// When a question to the voter came last over a stream that a proposer opened.
    var asked: [ObjectIdentifier: Instant] = [:]

    func closeLinks(to peer: Identity) {
        for link in links.values where link.peer == peer { link.connection.close() }
    }

    /// Whether this is still the connection of that key: another may have its place by now.
    func isOpen(_ connection: StreamConnection, _ key: ObjectIdentifier) -> Bool {
        others[key] === connection || links[key]?.connection === connection
    }

    mutating func takeAll() -> [StreamConnection] {
        defer {
            links = [:]
            others = [:]
        }
        return links.values.map(\.connection) + others.values
    }
}

/// One attempt that ends once: by an answer, an error or the clock.
private final class Attempt: @unchecked Sendable {
    var isConnected = false
    var isOver = false
    var timer: Scheduled<Void>?

    /// True the first time.
    func end() -> Bool {
        guard !isOver else { return false }
        isOver = true
        timer?.cancel()
        return true
    }
}

/// How long a connection may stay open without having said what it wants.
private let patienceWithStrangers = TimeAmount.seconds(5)
/// How long a proposer may have nothing to ask: less than what the longest lease makes it wait.
private let patienceWithProposers = Interval.seconds(300)
/// How long a link may take to stand.
private let patienceWithLinks = Interval.seconds(2)

extension RequestOutcome {
    /// How an attempt to connect ended. A process that is just dying accepts once more and drops what it accepted:
    /// that is worth another look a moment later, unlike silence.
    fileprivate init(errno: Int32) {
        switch errno {
        case ECONNREFUSED: self = .refused
        case ECONNRESET, ECONNABORTED, EPIPE: self = .broken
        default: self = .unreachable
        }
    }
}

extension Runtime {
    /// What came over a stream; nil where it is no message.
    func read(_ bytes: [UInt8], over connection: StreamConnection) -> Message? {
        guard let message = try? Message.decode(bytes[...]) else {
            traffic.refusedStream(.unreadable)
            return nil
        }
        if settings.debug, let sender = message.sender, let address = connection.remoteAddress {
            logContact(sender.id, message, address)
        }
        return message
    }

    // MARK: opened by this node

    /// Opens a stream, asks, and tells the engine how it ended, exactly once.
    func openRequest(_ id: UInt64, _ message: Message, to address: Address, timeout: Interval) {
        ask(message, at: address, keys: keys, timeout: timeout) { [weak self] outcome in
            self?.step { $0.requestEnded(id, outcome, now: $1) }
        }
    }

    /// Opens a stream under the first of the keys, asks, and reports how it ended, exactly once.
    func ask(
        _ message: Message, at address: Address, keys: [Key], timeout: Interval,
        _ done: @escaping @Sendable (RequestOutcome) -> Void
    ) {
        let connection = StreamConnection(cluster: settings.cluster, keys: keys)
        let attempt = Attempt()
        let key = ObjectIdentifier(connection)
        streams.others[key] = connection
        let finish: @Sendable (RequestOutcome) -> Void = { [weak self] outcome in
            guard attempt.end() else { return }
            connection.close()
            self?.streams.others[key] = nil
            done(outcome)
        }
        connection.onEstablished = { $0.send(message.encoded()) }
        connection.onMessage = { [weak self] connection, bytes in
            guard let reply = self?.read(bytes, over: connection) else { return finish(.broken) }
            finish(.replied(reply))
        }
        connection.onClosed = { _ in finish(.broken) }
        attempt.timer = SharedLoop.loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
            finish(attempt.isConnected ? .kernelOnly : .unreachable)
        }
        PortPair.dial(scopes.complete(address), timeout: timeout, connection: connection) { errno in
            // Never within the step that asked: the engine's actions are performed in their order.
            SharedLoop.loop.execute {
                guard let errno else {
                    attempt.isConnected = true
                    return
                }
                finish(RequestOutcome(errno: errno))
            }
        }
    }

    /// Opens a link and keeps it.
    func openLink(to peer: Identity, at address: Address) {
        let connection = StreamConnection(cluster: settings.cluster, keys: keys)
        let attempt = Attempt()
        let key = ObjectIdentifier(connection)
        streams.others[key] = connection
        let fail: @Sendable () -> Void = { [weak self] in
            guard attempt.end() else { return }
            connection.close()
            self?.streams.others[key] = nil
            self?.step { $0.linkFailed(peer, now: $1) }
        }
        let me = engine.membership.me
        connection.onEstablished = { $0.send(Message(kind: .link, sender: me).encoded()) }
        connection.onMessage = { [weak self] connection, bytes in
            guard let reply = self?.read(bytes, over: connection), reply.kind == .linked,
                reply.sender == peer
            else { return fail() }
            guard attempt.end() else { return }
            self?.streams.others[key] = nil
            self?.linkStands(connection, peer)
        }
        connection.onClosed = { _ in fail() }
        attempt.timer = SharedLoop.loop.scheduleTask(in: .nanoseconds(patienceWithLinks.nanoseconds)) {
            fail()
        }
        PortPair.dial(scopes.complete(address), timeout: patienceWithLinks, connection: connection) { errno in
            if errno != nil { SharedLoop.loop.execute { fail() } }
        }
    }

    private func linkStands(_ connection: StreamConnection, _ peer: Identity) {
        let key = ObjectIdentifier(connection)
        streams.links[key] = (peer, connection)
        connection.onMessage = { connection, _ in connection.close() }
        connection.onClosed = { [weak self] _ in
            guard self?.streams.links.removeValue(forKey: key) != nil else { return }
            // Never within the step that closed it: what that has decided is done first, in its order.
            SharedLoop.loop.execute { [weak self] in self?.step { $0.linkClosed(peer, now: $1) } }
        }
        step { $0.linkOpened(peer, now: $1) }
    }

    // MARK: opened by others

    func streamAccepted(_ connection: StreamConnection) {
        let key = ObjectIdentifier(connection)
        streams.others[key] = connection
        losePatience(with: connection, key)
        connection.onClosed = { [weak self] connection in
            // Nothing of it stays: strangers may open as many as they like.
            self?.streams.patience.removeValue(forKey: key)?.cancel()
            self?.streams.asked[key] = nil
            self?.tasks?.crewClosed(connection)
            self?.streams.others[key] = nil
            if let failure = connection.failure { self?.traffic.refused(failure) }
        }
        connection.onMessage = { [weak self] connection, bytes in
            guard let self, let message = self.read(bytes, over: connection), let sender = message.sender
            else { return connection.close() }
            guard message.kind != .link else {
                self.streams.others[key] = nil
                // First of all it stands: where the answer finds it closed, that is to be heard.
                self.linkStands(connection, sender)
                return connection.send(Message(kind: .linked, sender: self.engine.membership.me).encoded())
            }
            guard message.kind != .deliver else {
                guard let answer = self.taken(message, from: sender) else { return connection.close() }
                return connection.send(answer.encoded())
            }
            guard message.kind != .vote else {
                self.streams.asked[key] = Clock.now
                let isTaken = self.taken(vote: message, from: sender) { [weak connection] answer in
                    connection?.send(answer)
                }
                return isTaken ? () : connection.close()
            }
            guard message.kind != .tasks else {
                let isTaken = self.tasks?.taken(message, from: sender, connection) == true
                return isTaken ? () : connection.close()
            }
            guard message.kind != .keys else {
                guard let reply = self.answerKeys(message, from: sender) else { return connection.close() }
                return connection.send(reply.encoded())
            }
            var reply: Message?
            self.step {
                let answer = $0.requested(message, now: $1)
                reply = answer.reply
                return answer.actions
            }
            guard var reply else { return connection.close() }
            if reply.kind == .answer { reply.addCircumstances() }
            connection.send(reply.encoded())
        }
    }

    func streamRefused() { traffic.refusedStream(.tooMany) }

    private func losePatience(with connection: StreamConnection, _ key: ObjectIdentifier) {
        streams.patience[key] = SharedLoop.loop.scheduleTask(in: patienceWithStrangers) {
            [weak self, weak connection] in
            guard let self else { return }
            self.streams.patience[key] = nil
            guard let connection, self.streams.isOpen(connection, key) else { return }
            // Whoever has a link before it has a place gets both or neither.
            if let peer = self.streams.links[key]?.peer {
                return self.engine.hasPresent(peer) ? () : self.end(connection)
            }
            guard self.tasks?.keeps(connection) != true else { return }
            guard let asked = self.streams.asked[key], Clock.now - asked < patienceWithProposers else {
                return self.end(connection)
            }
            self.losePatience(with: connection, key)
        }
    }

    /// Ends a connection of which nothing came in time.
    private func end(_ connection: StreamConnection) {
        traffic.refusedStream(.silent)
        connection.close()
    }
}
