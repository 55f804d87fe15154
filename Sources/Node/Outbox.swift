import Basics
import NIOCore
import Transport
import Wire

/// What this node sends to single members: to each one at a time, in the order of the calls.
struct Outbox {
    /// The most calls that wait or are under way.
    static let most = 64
    /// How long a connection serves further messages: less than the other side's patience.
    static let reuse = Interval.seconds(3)
    /// A longer message gets a connection of its own, which has all its time before it.
    static let reuseBytes = 65_536
    /// How long a member may take to accept a connection.
    static let patience = Interval.seconds(10)

    var lines: [String: SendLine] = [:]
    var lastSequence: UInt64 = 0

    var count: Int { lines.values.reduce(0) { $0 + $1.waiting.count } }
}

/// One call. Used on the event loop only.
final class Sending: @unchecked Sendable {
    let message: UserMessage
    private let deadline: Instant?
    private var ended: (@Sendable (Failure?) -> Void)?
    fileprivate var timer: Scheduled<Void>?
    /// From here on it may arrive, whatever is heard of it.
    fileprivate var isUnderWay = false
    fileprivate var pause = Interval.milliseconds(10)

    init(_ message: UserMessage, until deadline: Instant?, ended: @escaping @Sendable (Failure?) -> Void) {
        self.message = message
        self.deadline = deadline
        self.ended = ended
    }

    fileprivate var timeLeft: Interval? { deadline.map { max($0 - Clock.now, .zero) } }

    func end(_ failure: Failure?) {
        timer?.cancel()
        ended?(failure)
        ended = nil
    }
}

/// The calls for one member. Used on the event loop only.
final class SendLine: @unchecked Sendable {
    let member: String
    fileprivate(set) var waiting: [Sending] = []
    /// Whether the first of them is being seen to.
    fileprivate var isBusy = false
    /// Whether the first of them waits to be sent once more.
    fileprivate var isPausing = false
    fileprivate var connection: StreamConnection?
    fileprivate var usableUntil = Instant.distantPast

    init(_ member: String) { self.member = member }
}

extension Failure {
    fileprivate static func absent(_ member: String) -> Failure {
        Failure(.noMember, "no member '\(member)' is present")
    }

    fileprivate static func unreachable(_ member: String, _ reason: String) -> Failure {
        Failure(.noMember, "member '\(member)' \(reason); it was not sent")
    }

    /// Nobody knows what became of it.
    fileprivate static func unknown(_ member: String, _ reason: String) -> Failure {
        Failure(.timeout, "member '\(member)' \(reason); it may have arrived or not")
    }

    fileprivate static func receipt(_ receipt: Receipt, of member: String) -> Failure? {
        switch receipt {
        case .taken: nil
        case .unwanted: Failure(.unwanted, "member '\(member)' takes no messages")
        case .full: Failure(.full, "too much waits for the host of member '\(member)'; try again")
        case .none, .stranger, .outdated: .unknown(member, "gave no clear answer")
        }
    }
}

extension Runtime {
    /// Sends a message, when its turn comes. `Sending.end` is called once.
    func send(
        _ topic: String, _ data: [UInt8], to member: String, until deadline: Instant?,
        ended: @escaping @Sendable (Failure?) -> Void
    ) {
        guard !isShut else { return ended(.closed) }
        guard member != engine.membership.me.id else {
            let message = NodeMessage(sender: member, topic: topic, data: data, isBroadcast: false)
            return ended(.receipt(offer(message), of: member))
        }
        guard engine.membership.view[member]?.isPresent == true else { return ended(.absent(member)) }
        guard outbox.count < Outbox.most else {
            return ended(Failure(.full, "\(Outbox.most) messages are being sent already; try again"))
        }
        outbox.lastSequence += 1
        let message = UserMessage(sequence: outbox.lastSequence, topic: topic, data: data)
        let sending = Sending(message, until: deadline, ended: ended)
        let line = outbox.lines[member] ?? SendLine(member)
        outbox.lines[member] = line
        line.waiting.append(sending)
        if let left = sending.timeLeft {
            sending.timer = SharedLoop.loop.scheduleTask(in: .nanoseconds(left.nanoseconds)) { [weak self] in
                self?.timeIsUp(for: sending, in: line)
            }
        }
        advance(line)
    }

    /// The member is gone.
    func endSends(to member: String) {
        guard let line = outbox.lines[member] else { return }
        let first = line.isBusy ? line.waiting.first : nil
        let all = line.waiting
        line.waiting = []
        line.isBusy = false
        line.isPausing = false
        drop(line)
        for sending in all {
            let mayHaveArrived = sending === first && sending.isUnderWay
            sending.end(
                mayHaveArrived ? .unknown(member, "was gone before it acknowledged") : .absent(member))
        }
    }

    /// The node ends.
    func endSends(_ failure: Failure) {
        let lines = outbox.lines.values
        outbox.lines = [:]
        for line in lines {
            line.connection = nil
            for sending in line.waiting { sending.end(failure) }
            line.waiting = []
        }
    }

    // MARK: one line

    private func advance(_ line: SendLine) {
        guard !line.isBusy else { return }
        guard let next = line.waiting.first else {
            if Clock.now >= line.usableUntil { drop(line) }
            return
        }
        line.isBusy = true
        guard let member = engine.membership.view[line.member], member.isPresent else {
            return conclude(line, .absent(line.member))
        }
        var question = Message(
            kind: .deliver, sender: engine.membership.me,
            sequence: UInt32(truncatingIfNeeded: next.message.sequence), target: member.identity)
        question.message = next.message
        let bytes = question.encoded()
        if let connection = line.connection, Clock.now < line.usableUntil, bytes.count <= Outbox.reuseBytes {
            next.isUnderWay = true
            connection.send(bytes)
        } else {
            dial(line, member.address, for: next, bytes)
        }
    }

    private func dial(_ line: SendLine, _ address: Address, for sending: Sending, _ bytes: [UInt8]) {
        closeConnection(of: line)
        let connection = StreamConnection(cluster: settings.cluster, keys: keys)
        let key = ObjectIdentifier(connection)
        streams.others[key] = connection
        line.connection = connection
        line.usableUntil = Clock.now + Outbox.reuse
        connection.onEstablished = { [weak line] connection in
            guard line?.connection === connection, line?.waiting.first === sending else { return }
            sending.isUnderWay = true
            connection.send(bytes)
        }
        connection.onMessage = { [weak self] connection, bytes in self?.answered(line, connection, bytes) }
        connection.onClosed = { [weak self] connection in
            self?.streams.others[key] = nil
            self?.ended(line, connection, "closed the connection")
        }
        PortPair.dial(scopes.complete(address), timeout: Outbox.patience, connection: connection) { errno in
            guard errno != nil else { return }
            SharedLoop.loop.execute {
                self.streams.others[key] = nil
                self.ended(line, connection, "cannot be connected to")
            }
        }
        SharedLoop.loop.scheduleTask(in: .nanoseconds(Outbox.reuse.nanoseconds)) { [weak self] in
            guard line.connection === connection, !line.isBusy else { return }
            self?.drop(line)
        }
    }

    private func answered(_ line: SendLine, _ connection: StreamConnection, _ bytes: [UInt8]) {
        guard line.connection === connection, line.isBusy, let sending = line.waiting.first,
            let answer = read(bytes, over: connection), answer.kind == .delivered,
            answer.sequence == UInt32(truncatingIfNeeded: sending.message.sequence)
        else { return connection.close() }
        guard answer.receipt == .stranger else {
            return conclude(line, .receipt(answer.receipt, of: line.member))
        }
        // News of who is who is on its way to one of the two.
        sending.isUnderWay = false
        line.isPausing = true
        let pause = sending.pause
        sending.pause = min(pause * 2, .milliseconds(200))
        SharedLoop.loop.scheduleTask(in: .nanoseconds(pause.nanoseconds)) { [weak self] in
            guard line.isPausing, line.waiting.first === sending else { return }
            line.isPausing = false
            line.isBusy = false
            self?.advance(line)
        }
    }

    /// The connection is over, or never came about.
    private func ended(_ line: SendLine, _ connection: StreamConnection, _ reason: String) {
        guard line.connection === connection else { return }
        line.connection = nil
        guard !line.isPausing else { return }
        guard line.isBusy, let sending = line.waiting.first else { return drop(line) }
        conclude(
            line,
            sending.isUnderWay ? .unknown(line.member, reason) : .unreachable(line.member, reason))
    }

    private func timeIsUp(for sending: Sending, in line: SendLine) {
        guard let place = line.waiting.firstIndex(where: { $0 === sending }) else { return }
        guard place == 0, line.isBusy else {
            line.waiting.remove(at: place)
            return sending.end(Failure(.timeout, "the time was up before its turn came; it was not sent"))
        }
        // What has not gone out yet must not go out any more.
        closeConnection(of: line)
        conclude(
            line,
            sending.isUnderWay
                ? .unknown(line.member, "has not acknowledged it in time")
                : Failure(.timeout, "member '\(line.member)' could not be reached in time; it was not sent"))
    }

    /// The first in the line is done with.
    private func conclude(_ line: SendLine, _ failure: Failure?) {
        line.isBusy = false
        line.isPausing = false
        let sending = line.waiting.removeFirst()
        sending.end(failure)
        advance(line)
    }

    private func closeConnection(of line: SendLine) {
        guard let connection = line.connection else { return }
        line.connection = nil
        streams.others[ObjectIdentifier(connection)] = nil
        connection.close()
    }

    /// Nothing waits in the line, or nothing can go out in it any more.
    private func drop(_ line: SendLine) {
        closeConnection(of: line)
        if line.waiting.isEmpty, outbox.lines[line.member] === line { outbox.lines[line.member] = nil }
    }
}
