import CSupervisor
import Glibc
import Node

/// `muster run`: one thread in which signals, the node's callbacks and the command take turns.
///
/// Callbacks run inside `node.dispatch`, which this thread calls: nothing here is ever used by two threads,
/// and that is what makes `@unchecked Sendable` true.
final class Runner: @unchecked Sendable {
    private let node: Node
    private let seat: Seat
    private let words: UnsafePointer<UnsafeMutablePointer<CChar>?>
    private let environment: [(String, String)]
    private let graceMs: Int64
    private let restartsHere: Bool
    private let signals: Int32

    /// The token of the role, while this node has it.
    private var token: UInt64?
    private var supervisor: Supervisor?
    /// When to start the command; nil: not at all.
    private var startAt: Int64?
    private var pause = Pause()
    /// The signal that asked `muster run` itself to end.
    private var quitSignal: Int32?
    private var lastStatus: Int32 = 0

    init(
        node: Node, seat: Seat, words: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        environment: [(String, String)], graceMs: Int64, restartsHere: Bool, signals: Int32
    ) {
        self.node = node
        self.seat = seat
        self.words = words
        self.environment = environment
        self.graceMs = graceMs
        self.restartsHere = restartsHere
        self.signals = signals
    }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run() throws -> Int32 {
        do throws(Failure) {
            // Nothing to do for events but to wake up: a refusal is told by no other callback.
            try node.onEvent { _ in }
            try seat.onDemote { [unowned self] _ in demoted() }
            try seat.onPromote { [unowned self] in promoted($0) }
            while !isOver {
                wait(forNode: true)
                // The call that finds nothing to run is the one that says when the node has come to its end.
                while try node.dispatch(timeoutMs: 0) > 0 {}
                if let at = startAt, at <= Poll.now { start() }
            }
        } catch {
            return try nodeEnded(error)
        }
        // Nothing of the command is left, so whoever is next may begin at once. That nobody acknowledges the
        // farewell of the last one is no failure.
        try? node.leave(timeoutMs: 3000)
        try? node.close()
        return lastStatus
    }

    private var isOver: Bool { quitSignal != nil && supervisor == nil }

    // MARK: what the cluster says

    private func promoted(_ newToken: UInt64) {
        // A second token without a demotion between: two primaries met with the same one. The command knows
        // its own from the environment only.
        token = nil
        stopAndWait()
        token = newToken
        say("primary with token \(newToken)")
        if quitSignal == nil { startAt = pause.earliest }
    }

    /// Returns when nothing of the command is left: then the next node may begin.
    private func demoted() {
        token = nil
        startAt = nil
        say("no longer primary")
        stopAndWait()
    }

    private func stopAndWait() {
        supervisor?.stop(SIGTERM)
        while supervisor != nil { wait(forNode: false) }
    }

    private func nodeEnded(_ failure: Failure) throws -> Int32 {
        token = nil
        stopAndWait()
        try? node.close()
        if quitSignal != nil { return lastStatus }
        // Somebody asked this node to leave, by its control socket.
        guard failure.code != .closed else { return ExitStatus.ok.rawValue }
        throw Trouble(failure)
    }

    // MARK: waiting

    private func wait(forNode: Bool) {
        let there = Poll.wait(
            [
                Poll.Place(signals), Poll.Place(forNode ? node.eventDescriptor : -1),
                Poll.Place(supervisor?.channel ?? -1),
            ], ms: forNode ? Poll.left(until: startAt) : -1)
        if there[0] { takeSignals() }
        if there[2], let report = supervisor?.report() {
            supervisor = nil
            ended(report)
        }
    }

    private func takeSignals() {
        while case let number = command_next_signal(signals), number != 0 {
            guard number == SIGTERM || number == SIGINT else {
                supervisor?.forward(number)
                continue
            }
            if quitSignal == nil {
                quitSignal = number
                startAt = nil
                // A node that waits for its turn has no command to tell of.
                lastStatus = 0
                supervisor?.stop(number)
            } else {
                supervisor?.kill()
            }
        }
    }

    // MARK: the command

    private func start() {
        startAt = nil
        guard let token, supervisor == nil else { return }
        supervisor = Supervisor.start(
            words, environment: environment + [("MUSTER_TOKEN", String(token))], graceMs: graceMs,
            keeping: node.proofOfLife)
        pause.started()
        if supervisor == nil { ended(.failed(code: errno)) }
    }

    private func ended(_ report: Supervisor.Report) {
        switch report {
        case .gone(let status): lastStatus = status
        case .failed(let code):
            // The statuses of a shell: not found, or found and no program.
            lastStatus = code == ENOENT ? 127 : 126
            let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
            say("the command cannot be started: \(reason)")
        }
        pause.ended()
        guard token != nil, quitSignal == nil else { return }
        say("the command has ended with status \(lastStatus)")
        if restartsHere || !handOver() { startAt = pause.earliest }
    }

    /// Begins to hand the role over. False where there is nobody to take it.
    private func handOver() -> Bool {
        do throws(Failure) {
            try seat.stepDown(timeoutMs: 0)
        } catch {
            // The time is up at once, by intention: the demote callback comes in its turn.
            return error.code == .timeout
        }
        return true
    }

    private func say(_ text: String) { Program.complain("\(seat.role): \(text)") }
}

/// The time between two starts of a command that does not last: one second, doubling to thirty.
private struct Pause {
    /// The command may not start before.
    private(set) var earliest: Int64 = 0
    private var nextMs: Int64 = Pause.shortest
    private var startedAt: Int64 = 0

    private static let shortest: Int64 = 1000
    private static let longest: Int64 = 30_000

    mutating func started() { startedAt = Poll.now }

    mutating func ended() {
        // What has run for so long has worked: the next failure is a new one.
        if Poll.now - startedAt > Pause.longest { nextMs = Pause.shortest }
        earliest = Poll.now + nextMs
        nextMs = min(nextMs * 2, Pause.longest)
    }
}
