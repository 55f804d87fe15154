import Node

/// `muster run`: the command runs while this node has the role. Used by one thread, as `HeldWork` is.
final class Runner: @unchecked Sendable {
    private let node: Node
    private let seat: Seat
    private let command: HeldCommand
    private let restartsHere: Bool
    private lazy var work = HeldWork(
        node: node, command: command, holds: { [unowned self] in seat.isPrimary() },
        ended: { [unowned self] in ended($0) })

    init(node: Node, seat: Seat, command: HeldCommand, restartsHere: Bool) {
        self.node = node
        self.seat = seat
        self.command = command
        self.restartsHere = restartsHere
    }

    /// Runs until a signal or the cluster ends it. The status to end with.
    func run() throws -> Int32 {
        try work.run(leaveMs: 3000) { () throws(Failure) in
            try seat.onDemote { [unowned self] _ in demoted() }
            try seat.onPromote { [unowned self] in promoted($0) }
        }
    }

    private func promoted(_ token: UInt64) {
        // A second token without a demotion between: two primaries met with the same one. The command knows
        // its own from the environment only.
        work.stop()
        say("primary with token \(token)")
        work.begin(token)
    }

    private func demoted() {
        work.stop()
        say("no longer primary")
    }

    private func ended(_ status: Int32) {
        say("the command has ended with status \(status)")
        if restartsHere || !handOver() { work.startLater() }
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

    private func say(_ text: String) { Program.remark("\(seat.role): \(text)") }
}
