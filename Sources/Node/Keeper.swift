import Basics
import Glibc
import Memory
import NIOCore
import Threads
import Transport

/// Keeps a node's state file up to date: looks now and then at what is to be remembered, and has it written by a
/// thread that lives as long as the writing. A disk that is full or slow holds nobody up.
///
/// Used on the event loop, `waitUntilDone` apart; that is what makes `@unchecked Sendable` true.
final class Keeper: @unchecked Sendable {
    private let file: StateFile
    private let log: Log
    /// What the file holds, as far as is known.
    private(set) var memory: Memory
    /// Says what is to be remembered now.
    var gather: () -> Memory?
    private var isLookPlanned = false
    private var nextLook = Instant.distantPast
    private var nextAddresses = Instant.distantPast
    private var isWriting = false
    private var isEnding = false
    /// Attempts that failed: since the last that succeeded, and ever.
    private var failures: (now: UInt64, ever: UInt64) = (0, 0)
    private let isDone = Monitor(false)
    /// Told why a vote cannot be written, and nil when it was.
    var voteTrouble: (String?) -> Void = { _ in }
    private var hasVoteTrouble = false
    /// Those who wait until the disk has what `gather` says by now: the next writing is theirs, or the one under way.
    private var waiting: [() -> Void] = []
    private var served: [() -> Void] = []

    /// Tokens and generations are written this soon after one another, addresses that far apart.
    private static let lookInterval = Interval.seconds(1)
    private static let addressInterval = Interval.seconds(5)
    /// How long a host that closes its node waits for a disk that does not answer.
    private static let patience = Interval.seconds(5)

    init(_ file: StateFile, holding memory: Memory, log: Log) {
        self.file = file
        self.log = log
        self.memory = memory
        gather = { nil }
    }

    /// Something may have changed that is to be remembered. Cheap.
    func consider() {
        guard !isLookPlanned, !isEnding else { return }
        plan(at: nextLook)
    }

    /// Writes at once what is to be remembered now, and says when the disk has it. It tries until it has.
    func save(_ done: @escaping () -> Void) {
        waiting.append(done)
        look()
    }

    private func plan(at moment: Instant) {
        isLookPlanned = true
        let wait = max(moment - Clock.now, .zero)
        SharedLoop.loop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { [weak self] in
            self?.isLookPlanned = false
            self?.look()
        }
    }

    private func look() {
        guard !isEnding, !isWriting, let wanted = gather() else { return }
        let now = Clock.now
        if !waiting.isEmpty { return write(wanted) }
        nextLook = now + Keeper.lookInterval
        let isUrgent =
            wanted.generation != memory.generation || wanted.tokens != memory.tokens
            || wanted.taskRows != memory.taskRows
        let areOthers = Set(wanted.addresses) != Set(memory.addresses)
        guard isUrgent || areOthers else { return }
        guard isUrgent || nextAddresses <= now else { return plan(at: nextAddresses) }
        nextAddresses = now + Keeper.addressInterval
        write(wanted)
    }

    private func write(_ wanted: Memory) {
        isWriting = true
        served += waiting
        waiting = []
        let file = file
        let worker = WorkerThread.start("muster-save") { [self] in
            let trouble = Keeper.write(wanted, to: file)
            SharedLoop.loop.execute { self.written(wanted, trouble) }
        }
        worker?.detach()
        if worker == nil { written(wanted, "no thread could be started to write '\(file.path)'") }
    }

    private static func write(_ memory: Memory, to file: StateFile) -> String? {
        do throws(StateTrouble) {
            try file.write(memory)
            return nil
        } catch {
            return error.reason
        }
    }

    private func written(_ wanted: Memory, _ trouble: String?) {
        isWriting = false
        if let trouble {
            failed(trouble)
            if !served.isEmpty { tellVoter(trouble) }
        } else {
            tellVoter(nil)
            if failures.now > 0 { log.write(.info, "'\(file.path)' is written again") }
            failures.now = 0
            memory = wanted
            let done = served
            served = []
            for one in done { one() }
        }
        if isEnding { return finish() }
        if trouble != nil, !served.isEmpty {
            waiting = served + waiting
            served = []
            if !isLookPlanned { plan(at: Clock.now + Keeper.lookInterval) }
            return
        }
        if !waiting.isEmpty { return look() }
        // What came meanwhile, or once more what failed.
        if !isLookPlanned { plan(at: max(nextLook, trouble == nil ? .distantPast : nextAddresses)) }
    }

    /// A voter does not answer before what it has accepted is on disk.
    private func tellVoter(_ trouble: String?) {
        guard hasVoteTrouble != (trouble != nil) else { return }
        hasVoteTrouble = trouble != nil
        voteTrouble(trouble)
    }

    /// Told once in a power of two: a full disk may last.
    func failed(_ trouble: String) {
        failures = (failures.now + 1, failures.ever + 1)
        guard failures.now & (failures.now - 1) == 0 else { return }
        log.write(
            .warning, "\(trouble); failed \(failures.ever) times in all, the node goes on and tries again")
    }

    // MARK: the end

    /// Writes what has changed a last time, and lets the file go.
    func end() {
        guard !isEnding else { return }
        let last = gather()
        isEnding = true
        gather = { last }
        if !isWriting { finish() }
    }

    private func finish() {
        let last = gather()
        gather = { nil }
        if let last, last != memory {
            write(last)
            return
        }
        file.release()
        isDone.change { $0 = true }
    }

    /// The node never began.
    func abandon() { file.release() }

    /// Waits until the file is another's to take. For the host's thread that closes the node.
    func waitUntilDone() {
        _ = isDone.wait(until: Clock.now + Keeper.patience) { $0 ? true : nil }
    }
}
