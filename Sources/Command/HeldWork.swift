import Glibc
import Node

/// A command that runs while this node has something, a role or a daemon: one thread in which signals, the node's
/// callbacks and the command take turns.
///
/// Callbacks run inside `node.dispatch`, which this thread calls: nothing here is ever used by two threads, and that is what
/// makes `@unchecked Sendable` true.
final class HeldWork: @unchecked Sendable {
    private let node: Node
    private let command: HeldCommand
    /// Whether the node may act as the one that has it, at this very moment.
    private let holds: () -> Bool
    /// Called when the command has ended by itself while the node has what it belongs to.
    private let ended: (Int32) -> Void

    /// Under which the node has it, while it does.
    private var token: UInt64?
    /// When to start the command; nil: not at all.
    private var startAt: Int64?
    private var pause = Pause()

    init(
        node: Node, command: HeldCommand, holds: @escaping () -> Bool,
        ended: @escaping (_ status: Int32) -> Void
    ) {
        self.node = node
        self.command = command
        self.holds = holds
        self.ended = ended
    }

    /// How soon to look again whether it may begin, in milliseconds.
    private static let lookAgain: Int64 = 50

    /// Whether `muster` was asked to end.
    var isQuitting: Bool { command.quitSignal != nil }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run(leaveMs: Int32, registering register: () throws(Failure) -> Void) throws -> Int32 {
        do throws(Failure) {
            // Nothing to do for events but to wake up: a refusal is told by no other callback.
            try node.onEvent { _ in }
            try register()
            while !(isQuitting && !command.isRunning) {
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
        try? node.leave(timeoutMs: leaveMs)
        try? node.close()
        return command.lastStatus
    }

    /// The node has it: the command is to run.
    func begin(_ newToken: UInt64) {
        token = newToken
        startLater()
    }

    /// The command has ended and is to run again, when it may.
    func startLater() { startAt = pause.earliest }

    /// The command has ended, and the node gives up what it belongs to.
    func giveUp() { token = nil }

    /// Returns when nothing of the command is left: then the next node may begin.
    func stop() {
        token = nil
        startAt = nil
        command.stop(SIGTERM)
        while command.isRunning { wait(forNode: false) }
    }

    private func nodeEnded(_ failure: Failure) throws -> Int32 {
        stop()
        try? node.close()
        if isQuitting { return command.lastStatus }
        // Somebody asked this node to leave, by its control socket.
        guard failure.code != .closed else { return ExitStatus.ok.rawValue }
        throw Trouble(failure)
    }

    private func wait(forNode: Bool) {
        let hasEnded = command.wait(
            node: forNode ? node.eventDescriptor : -1, until: forNode ? startAt : nil)
        if hasEnded { commandEnded() }
    }

    private func start() {
        startAt = nil
        guard let token, !command.isRunning, !isQuitting else { return }
        // After a freeze the node may have lost it, and not have said so yet.
        guard holds() else {
            startAt = Poll.now + Self.lookAgain
            return
        }
        pause.started()
        let isStarted = command.start([("MUSTER_TOKEN", String(token))], keeping: node.proofOfLife)
        if !isStarted { commandEnded() }
    }

    private func commandEnded() {
        pause.ended()
        guard token != nil, !isQuitting else { return }
        ended(command.lastStatus)
    }
}
