import Basics
import NIOCore
import Tasks
import Transport
import Wire

/// The standing stream to the coordinator. Used on the event loop only.
final class TaskLine: @unchecked Sendable {
    let coordinator: Identity
    fileprivate var connection: StreamConnection?
    fileprivate var isEstablished = false
    fileprivate var pause = Interval.milliseconds(20)
    /// Since when an answer is owed.
    fileprivate var owedSince: Instant?

    init(_ coordinator: Identity) { self.coordinator = coordinator }
}

/// A standing stream that a node has opened to this one, its coordinator.
struct CrewLine {
    fileprivate let connection: StreamConnection
    func close() { connection.close() }
}

extension TaskDesk {
    private static let longestPause = Interval.seconds(1)
    private static let patience = Interval.seconds(2)

    // MARK: to the coordinator

    /// Goes over to whoever coordinates now.
    func followLeader() {
        let engine = runtime.engine
        let me = engine.membership.me
        guard let leader = engine.failover.primary(of: Self.role) else { return dropLine() }
        let identity = leader == me.id ? me : engine.membership.view[leader]?.identity
        guard let identity, identity.id != me.id || coordinator != nil else { return dropLine() }
        guard line?.coordinator != identity else { return }
        dropLine()
        let fresh = TaskLine(identity)
        line = fresh
        guard identity != me else {
            fresh.isEstablished = true
            return work { $0.connected(now: $1) }
        }
        dial(fresh)
    }

    func dropLine() {
        guard let former = line else { return }
        line = nil
        let wasEstablished = former.isEstablished
        former.isEstablished = false
        if let connection = former.connection {
            runtime.streams.others[ObjectIdentifier(connection)] = nil
            connection.close()
        }
        failQuestions()
        if wasEstablished, !isClosed { work { worker, _ in worker.disconnected() } }
    }

    /// What was asked over a line that is no more, nobody answers.
    private func failQuestions() {
        let (orders, reads, writes) = (asked.values, reading.values, writing.values)
        asked = [:]
        reading = [:]
        writing = [:]
        for done in orders { done(.tryAgain, "the coordinator of the tasks has changed") }
        for done in reads { done(.failure(RowTrouble())) }
        for done in writes { done(.unknown) }
    }

    private func dial(_ line: TaskLine) {
        guard self.line === line, let member = runtime.engine.membership.view[line.coordinator.id],
            member.identity == line.coordinator
        else { return }
        let connection = StreamConnection(cluster: runtime.settings.cluster, keys: runtime.keys)
        let key = ObjectIdentifier(connection)
        runtime.streams.others[key] = connection
        line.connection = connection
        let ended: @Sendable () -> Void = { [weak self] in
            guard let self else { return }
            self.runtime.streams.others[key] = nil
            guard line.connection === connection else { return }
            line.connection = nil
            self.lost(line)
        }
        connection.onEstablished = { [weak self] connection in
            guard let self, line.connection === connection, self.line === line else {
                return connection.close()
            }
            line.isEstablished = true
            self.perform { self.work { $0.connected(now: $1) } }
        }
        connection.onMessage = { [weak self] connection, bytes in
            guard let self, self.line === line, line.connection === connection,
                let message = self.runtime.read(bytes, over: connection), message.kind == .tasks,
                message.sender == line.coordinator
            else { return connection.close() }
            line.pause = .milliseconds(20)
            line.owedSince = nil
            guard let mail = try? TaskMail.decode(message.tasks[...]) else { return }
            self.perform { self.work { $0.received(mail, now: $1) } }
        }
        connection.onClosed = { _ in ended() }
        PortPair.dial(
            runtime.scopes.complete(member.address), timeout: Self.patience, connection: connection
        ) { errno in
            if errno != nil { SharedLoop.loop.execute { ended() } }
        }
    }

    /// It has ended, or never came about: another attempt, while the coordinator is there.
    private func lost(_ line: TaskLine) {
        guard self.line === line, !isClosed else { return }
        let wasEstablished = line.isEstablished
        line.isEstablished = false
        // At once: whatever is asked from now on is not taken for sent.
        if wasEstablished { work { worker, _ in worker.disconnected() } }
        failQuestions()
        let pause = line.pause
        line.pause = min(pause * 2, Self.longestPause)
        SharedLoop.loop.scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [weak self] in
            guard let self, self.line === line, line.connection == nil else { return }
            self.dial(line)
        }
    }

    func sendToCoordinator(_ mail: TaskMail) {
        guard let line, line.isEstablished else { return }
        let me = runtime.engine.membership.me
        guard line.coordinator != me else {
            return perform { self.heard(mail, from: me.id) }
        }
        // Whoever does not answer for so long stands still: a new stream may find another in its place.
        let now = Clock.now
        if case .renew = mail {
            if let owed = line.owedSince, now - owed > worker.settings.trust / 3 {
                line.connection?.close()
                return
            }
            line.owedSince = line.owedSince ?? now
        }
        line.connection?.send(envelope(mail, to: line.coordinator))
    }

    private func envelope(_ mail: TaskMail, to target: Identity?) -> [UInt8] {
        var message = Message(kind: .tasks, sender: runtime.engine.membership.me, target: target)
        message.tasks = mail.encoded()
        return message.encoded()
    }

    // MARK: as the coordinator

    func heard(_ mail: TaskMail, from id: String) {
        let isTrusted = Clock.now < runtime.engine.trust(in: Self.role)
        coordinate { $0.received(mail, from: id, isTrusted: isTrusted, now: $1) }
    }

    /// A stream brought mail for the coordinator. False where this node is none, or the sender nobody that it knows.
    func taken(_ message: Message, from sender: Identity, _ connection: StreamConnection) -> Bool {
        guard !isClosed, message.target == runtime.engine.membership.me,
            coordinator?.knows(sender.id, instance: sender.nonce) == true
        else { return false }
        let mail: TaskMail
        do {
            // A later release may say more than this one understands.
            guard let known = try TaskMail.decode(message.tasks[...]) else {
                return crew[sender.id]?.connection === connection
            }
            mail = known
        } catch {
            return false
        }
        if crew[sender.id]?.connection !== connection {
            // Only the first word opens a line.
            guard case .hello = mail else { return false }
            let former = crew[sender.id]?.connection
            crew[sender.id] = CrewLine(connection: connection)
            former?.close()
        }
        perform { self.heard(mail, from: sender.id) }
        return true
    }

    /// Whether it is the line of a node that has tasks.
    func keeps(_ connection: StreamConnection) -> Bool {
        crew.values.contains { $0.connection === connection }
    }

    func crewClosed(_ connection: StreamConnection) {
        guard let id = crew.first(where: { $0.value.connection === connection })?.key else { return }
        crew[id] = nil
        perform { self.coordinate { $0.disconnected(id, now: $1) } }
    }

    func send(_ mail: TaskMail, to id: String) { spread(mail, to: [id]) }

    func spread(_ mail: TaskMail, to ids: [String]) {
        let me = runtime.engine.membership.me.id
        var bytes: [UInt8]?
        for id in ids {
            guard id != me else {
                perform {
                    guard self.line?.coordinator == self.runtime.engine.membership.me else { return }
                    self.work { $0.received(mail, now: $1) }
                }
                continue
            }
            guard let connection = crew[id]?.connection else { continue }
            let encoded = bytes ?? envelope(mail, to: nil)
            bytes = encoded
            connection.send(encoded)
        }
    }
}
