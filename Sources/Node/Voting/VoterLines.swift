import Basics
import Lease
import NIOCore
import Transport
import Wire

/// A standing stream to one voter: questions go out as they come, answers come back in any order.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class VoterLine: @unchecked Sendable {
    let voter: String
    fileprivate var connection: StreamConnection?
    fileprivate var isEstablished = false
    /// What waits for the stream to stand: the newest question of each role.
    fileprivate var waiting: [String: [UInt8]] = [:]
    fileprivate var dialed = Instant.distantPast
    /// Since when an answer is owed.
    fileprivate var owedSince: Instant?

    init(_ voter: String) { self.voter = voter }
}

extension Runtime {
    /// How soon a voter is dialed again that could not be reached.
    private static let pause = Interval.milliseconds(50)
    /// How long a stream may take to stand.
    private static let patience = Interval.seconds(2)

    /// Takes a question to a voter; it is lost where there is no way. Whoever asks, asks again.
    func ask(voter: String, _ role: String, _ request: VoterRequest) {
        guard !isShut else { return }
        let mail = VoterMail(role: role, data: request.encoded())
        if voter == engine.membership.me.id {
            // Never within the step that asks.
            return SharedLoop.loop.execute { self.askBooth(mail) }
        }
        guard let member = engine.membership.view[voter], member.isPresent else { return }
        let line = voterLines[voter] ?? VoterLine(voter)
        voterLines[voter] = line
        var message = Message(kind: .vote, sender: engine.membership.me, target: member.identity)
        message.voting = mail
        let bytes = message.encoded()
        let now = Clock.now
        // A voter that stands still, or whose host is gone, is not to fill the stream.
        if let owed = line.owedSince, let settings = settings.lease, now - owed > settings.hold {
            closeLine(line)
        }
        line.owedSince = line.owedSince ?? now
        if let connection = line.connection, line.isEstablished { return connection.send(bytes) }
        line.waiting[role] = bytes
        guard line.connection == nil, now - line.dialed >= Runtime.pause else { return }
        line.dialed = now
        dial(line, member.address)
    }

    private func dial(_ line: VoterLine, _ address: Address) {
        let connection = StreamConnection(cluster: settings.cluster, keys: keys)
        let key = ObjectIdentifier(connection)
        streams.others[key] = connection
        line.connection = connection
        line.isEstablished = false
        let ended: @Sendable () -> Void = { [weak self] in
            self?.streams.others[key] = nil
            guard line.connection === connection else { return }
            line.connection = nil
            line.owedSince = nil
        }
        connection.onEstablished = { connection in
            guard line.connection === connection else { return }
            line.isEstablished = true
            for bytes in line.waiting.values { connection.send(bytes) }
            line.waiting = [:]
        }
        connection.onMessage = { [weak self] connection, bytes in
            guard let self, let message = self.read(bytes, over: connection), message.kind == .voted,
                message.sender?.id == line.voter, let mail = message.voting
            else { return connection.close() }
            line.owedSince = nil
            self.votesArrived(mail)
        }
        connection.onClosed = { _ in ended() }
        PortPair.dial(scopes.complete(address), timeout: Runtime.patience, connection: connection) { errno in
            if errno != nil { SharedLoop.loop.execute { ended() } }
        }
    }

    private func closeLine(_ line: VoterLine) {
        guard let connection = line.connection else { return }
        line.connection = nil
        line.owedSince = nil
        line.waiting = [:]
        streams.others[ObjectIdentifier(connection)] = nil
        connection.close()
    }

    /// A voter's answer: to a proposer, or to this node's own voter that asked for the epoch.
    func votesArrived(_ mail: VoterMail) {
        guard !isShut, let reply = try? VoterReply(decoding: mail.data[...]) else { return }
        if case .recalled = reply.body {
            booth?.recalled(reply, role: mail.role)
        } else {
            // Each knows its own questions by their numbers.
            voterDesk?.received(reply, role: mail.role)
            for execution in wills.values { execution.desk.received(reply, role: mail.role) }
        }
    }

    /// A question to this node as a voter; nil where it is none.
    func taken(vote message: Message, from sender: Identity, answer: @escaping ([UInt8]) -> Void) -> Bool {
        guard !isShut, let booth, let mail = message.voting,
            message.target?.nonce == engine.membership.me.nonce,
            let request = try? VoterRequest(decoding: mail.data[...]), request.writer.id == sender.id
        else { return false }
        let me = engine.membership.me
        booth.received(request, role: mail.role) { reply in
            var message = Message(kind: .voted, sender: me)
            message.voting = VoterMail(role: mail.role, data: reply.encoded())
            answer(message.encoded())
        }
        return true
    }

    private func askBooth(_ mail: VoterMail) {
        guard !isShut, let booth, let request = try? VoterRequest(decoding: mail.data[...]) else { return }
        booth.received(request, role: mail.role) { [weak self] reply in
            guard let self else { return }
            SharedLoop.loop.execute {
                self.votesArrived(VoterMail(role: mail.role, data: reply.encoded()))
            }
        }
    }
}
