import Glibc
import Node
import Tasks

/// `muster daemon`: one thread in which signals, the node's callbacks and the command take turns.
///
/// Callbacks run inside `node.dispatch`, which this thread calls: nothing here is ever used by two threads, and that is what
/// makes `@unchecked Sendable` true.
final class DaemonRunner: @unchecked Sendable {
    private let node: Node
    private let command: HeldCommand
    private let name: String
    private let completes: Bool
    private var task: TaskHandle?

    /// The token of the daemon, while this node has it.
    private var token: UInt64?
    /// When to start the command; nil: not at all.
    private var startAt: Int64?
    private var pause = Pause()

    init(node: Node, command: HeldCommand, name: String, completes: Bool) {
        self.node = node
        self.command = command
        self.name = name
        self.completes = completes
    }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run(options: String) throws -> Int32 {
        do throws(Failure) {
            // Nothing to do for events but to wake up: a refusal is told by no other callback.
            try node.onEvent { _ in }
            task = try node.offerTask(
                name, kind: .daemon, options: options,
                start: { [unowned self] in begin($0) },
                stop: { [unowned self] _, done in
                    stop()
                    done()
                })
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
        try? node.leave(timeoutMs: 5000)
        try? node.close()
        return command.lastStatus
    }

    private var isOver: Bool { command.quitSignal != nil && !command.isRunning }

    // MARK: what the cluster says

    private func begin(_ newToken: UInt64) -> String? {
        guard command.quitSignal == nil else { return "\(node.id) is leaving" }
        token = newToken
        startAt = pause.earliest
        return nil
    }

    /// Returns when nothing of the command is left: then the next node may begin.
    private func stop() {
        token = nil
        startAt = nil
        command.stop(SIGTERM)
        while command.isRunning { wait(forNode: false) }
    }

    private func nodeEnded(_ failure: Failure) throws -> Int32 {
        stop()
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
        token = nil
        let status = command.lastStatus
        // Where the daemon is being stopped at this very moment, the stop callback comes in its turn.
        if completes, status == 0 {
            Program.complain("\(name): completed")
            try? task?.complete()
        } else {
            Program.complain("\(name): the command has ended with status \(status)")
            try? task?.fail("the command has ended with status \(status)")
        }
    }
}
