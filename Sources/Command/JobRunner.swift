import Glibc
import Node
import Schedule

/// `muster job`: one thread in which signals, the node's callbacks and the runs take turns.
///
/// Runs are callbacks inside `node.dispatch`, which this thread calls: nothing here is ever used by two threads, and that is
/// what makes `@unchecked Sendable` true.
final class JobRunner: @unchecked Sendable {
    private let node: Node
    private let command: HeldCommand
    private let stopTimeoutMs: Int64
    private var task: TaskHandle?

    init(node: Node, command: HeldCommand, stopTimeoutMs: Int64) {
        self.node = node
        self.command = command
        self.stopTimeoutMs = stopTimeoutMs
    }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run(_ name: String, schedule: String, options: String) throws -> Int32 {
        do throws(Failure) {
            // Nothing to do for events but to wake up: a refusal is told by no other callback.
            try node.onEvent { _ in }
            task = try node.scheduleJob(name, schedule: schedule, options: options) {
                [unowned self] info, done in done(run(info))
            }
            while command.quitSignal == nil {
                _ = command.wait(node: node.eventDescriptor, until: nil)
                while command.quitSignal == nil, try node.dispatch(timeoutMs: 0) > 0 {}
            }
        } catch {
            try? node.close()
            // Somebody asked this node to leave, by its control socket.
            guard error.code != .closed else { return ExitStatus.ok.rawValue }
            throw Trouble(error)
        }
        // What became of the last run is written down first.
        try? node.leave(timeoutMs: 5000)
        try? node.close()
        return ExitStatus.ok.rawValue
    }

    /// One run; nil: it is done. Returns when nothing of the command is left.
    private func run(_ run: TaskRunInfo) -> String? {
        guard command.quitSignal == nil else { return "\(node.id) is leaving" }
        let environment = [
            ("MUSTER_OCCURRENCE", run.occurrence),
            ("MUSTER_MOMENT", ScheduleTime.utc(run.moment).description),
            ("MUSTER_ATTEMPT", String(run.attempt)), ("MUSTER_TOKEN", String(run.token)),
        ]
        let isStarted = command.start(environment, keeping: node.proofOfLife)
        var end: Int64?
        var isStopping = false
        while command.isRunning {
            // The job may go at any moment, and no callback says so while this one runs.
            guard !command.wait(node: -1, until: Poll.now + Self.lookMs) else { break }
            if end == nil, command.quitSignal != nil || task?.isMine() == false {
                end = Poll.now + stopTimeoutMs
            }
            guard let moment = end else { continue }
            // Once: a second signal means more to many programs.
            if !isStopping, moment <= Poll.now || task?.mayFinish() == false {
                command.stop(SIGTERM)
                isStopping = true
            }
        }
        guard isStarted, command.lastStatus == 0 else {
            return "the command has ended with status \(command.lastStatus)"
        }
        return nil
    }

    private static let lookMs: Int64 = 100
}
