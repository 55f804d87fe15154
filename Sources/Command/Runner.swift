import Glibc
import Node

/// `muster run`: one thread in which signals, the node's callbacks and the command take turns.
///
/// Callbacks run inside `node.dispatch`, which this thread calls: nothing here is ever used by two threads,
/// and that is what makes `@unchecked Sendable` true.
final class Runner: @unchecked Sendable {
    private let node: Node
    private let seat: Seat
    private let command: HeldCommand
    private let restartsHere: Bool

    /// The token of the role, while this node has it.
    private var token: UInt64?
    /// When to start the command; nil: not at all.
    private var startAt: Int64?
    private var pause = Pause()

    init(node: Node, seat: Seat, command: HeldCommand, restartsHere: Bool) {
        self.node = node
        self.seat = seat
        self.command = command
        self.restartsHere = restartsHere
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
        return command.lastStatus
    }

    private var isOver: Bool { command.quitSignal != nil && !command.isRunning }

    // MARK: what the cluster says

    private func promoted(_ newToken: UInt64) {
        // A second token without a demotion between: two primaries met with the same one. The command knows
        // its own from the environment only.
        token = nil
        stopAndWait()
        token = newToken
        say("primary with token \(newToken)")
        startAt = pause.earliest
    }

    /// Returns when nothing of the command is left: then the next node may begin.
    private func demoted() {
        token = nil
        startAt = nil
        say("no longer primary")
        stopAndWait()
    }

    private func stopAndWait() {
        command.stop(SIGTERM)
        while command.isRunning { wait(forNode: false) }
    }

    private func nodeEnded(_ failure: Failure) throws -> Int32 {
        token = nil
        stopAndWait()
        try? node.close()
        if command.quitSignal != nil { return command.lastStatus }
        // Somebody asked this node to leave, by its control socket.
        guard failure.code != .closed else { return ExitStatus.ok.rawValue }
        throw Trouble(failure)
    }

    private func wait(forNode: Bool) {
        let hasEnded = command.wait(
            node: forNode ? node.eventDescriptor : -1, until: forNode ? startAt : nil)
        if hasEnded { ended() }
    }

    // MARK: the command

    private func start() {
        startAt = nil
        guard let token, !command.isRunning, command.quitSignal == nil else { return }
        pause.started()
        let isStarted = command.start([("MUSTER_TOKEN", String(token))], keeping: node.proofOfLife)
        if !isStarted { ended() }
    }

    private func ended() {
        pause.ended()
        guard token != nil, command.quitSignal == nil else { return }
        say("the command has ended with status \(command.lastStatus)")
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
