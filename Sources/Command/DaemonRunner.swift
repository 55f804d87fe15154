import Node
import Tasks

/// `muster daemon`: the command runs while this node has the daemon. Used by one thread, as `HeldWork` is.
final class DaemonRunner: @unchecked Sendable {
    private let node: Node
    private let command: HeldCommand
    private let name: String
    private let completes: Bool
    private lazy var work = HeldWork(
        node: node, command: command, holds: { [unowned self] in task?.isMine() == true },
        ended: { [unowned self] in ended($0) })
    private var task: TaskHandle?

    init(node: Node, command: HeldCommand, name: String, completes: Bool) {
        self.node = node
        self.command = command
        self.name = name
        self.completes = completes
    }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run(options: String) throws -> Int32 {
        try work.run(leaveMs: 5000) { () throws(Failure) in
            task = try node.offerTask(
                name, kind: .daemon, options: options,
                start: { [unowned self] in begin($0) },
                stop: { [unowned self] _, done in
                    work.stop()
                    done()
                })
        }
    }

    private func begin(_ token: UInt64) -> String? {
        guard !work.isQuitting else { return "\(node.id) is leaving" }
        work.begin(token)
        return nil
    }

    private func ended(_ status: Int32) {
        work.giveUp()
        // Where the daemon is being stopped at this very moment, the stop callback comes in its turn.
        if completes, status == 0 {
            try? task?.complete()
            Program.remark("\(name): completed")
        } else {
            try? task?.fail("the command has ended with status \(status)")
            Program.remark("\(name): the command has ended with status \(status)")
        }
    }
}
