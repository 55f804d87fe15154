import CSupervisor
import Glibc

/// A command under its supervisor, and the signals for `muster` itself. Used by one thread.
final class HeldCommand {
    private let words: UnsafePointer<UnsafeMutablePointer<CChar>?>
    private let environment: [(String, String)]
    private let graceMs: Int64
    private let signals: Int32
    /// What the command belongs to, for people.
    private let name: String
    /// Whether the first signal lets it come to its end, instead of being passed on.
    private let mayFinish: Bool
    private var supervisor: Supervisor?

    /// The signal that asked `muster` to end.
    private(set) var quitSignal: Int32?
    /// How the command has ended, as a shell would tell it.
    private(set) var lastStatus: Int32 = 0

    /// The command is the last `count` words of the command line.
    init(
        _ count: Int, environment: [(String, String)], graceMs: Int64, signals: Int32, named name: String,
        mayFinish: Bool = false
    ) {
        // The words as they came: Swift's copy of them would mend what is not UTF-8.
        words = UnsafePointer(CommandLine.unsafeArgv + (Int(CommandLine.argc) - count))
        self.environment = environment
        self.graceMs = graceMs
        self.signals = signals
        self.name = name
        self.mayFinish = mayFinish
    }

    var isRunning: Bool { supervisor != nil }

    /// False where it could not be started; `lastStatus` says how.
    func start(_ added: [(String, String)], keeping kept: Int32) -> Bool {
        supervisor = Supervisor.start(
            words, environment: environment + added, graceMs: graceMs, keeping: kept)
        if supervisor == nil { note(.failed(code: errno)) }
        return supervisor != nil
    }

    /// Asks it to end; the rest of the tree, and KILL in time, follow by themselves.
    func stop(_ signal: Int32) { supervisor?.stop(signal) }

    /// Waits for a signal, for the node where its descriptor is given, for the end of the command, or for a moment (nil:
    /// none). True: the command has ended.
    func wait(node descriptor: Int32, until moment: Int64?) -> Bool {
        let there = Poll.wait(
            [
                Poll.Place(signals), Poll.Place(descriptor), Poll.Place(supervisor?.channel ?? -1),
            ], ms: Poll.left(until: moment))
        if there[0] { takeSignals() }
        guard there[2], let report = supervisor?.report() else { return false }
        supervisor = nil
        note(report)
        return true
    }

    private func takeSignals() {
        while case let number = command_next_signal(signals), number != 0 {
            guard number == SIGTERM || number == SIGINT else {
                supervisor?.forward(number)
                continue
            }
            if quitSignal == nil {
                quitSignal = number
                // A node that waits for its turn has no command to tell of.
                lastStatus = 0
                if !mayFinish { supervisor?.stop(number) }
            } else {
                supervisor?.kill()
            }
        }
    }

    private func note(_ report: Supervisor.Report) {
        switch report {
        case .gone(let status): lastStatus = status
        case .failed(let code):
            // The statuses of a shell: not found, or found and no program.
            lastStatus = code == ENOENT ? 127 : 126
            let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
            Program.complain("\(name): the command cannot be started: \(reason)")
        }
    }
}
