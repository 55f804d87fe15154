import Basics
import Glibc
import NIOCore
import Threads

/// Threads that run what hosts do for tasks: a run that takes long holds up neither the others nor the callbacks of roles.
/// What belongs to one task runs one after the other, in order. No lock is held while foreign code runs.
final class TaskPool: Sendable {
    typealias Work = @Sendable () -> Void

    /// The most runs at a time. Beginnings and stops have as many threads more, which no run is given: however many runs
    /// hang, what is to stop is told.
    static let mostRuns = 16
    static let mostThreads = 2 * mostRuns

    /// What no thread is left for.
    struct Jam: Equatable {
        /// The task that waits longest.
        let task: String
        let isRun: Bool
        /// Grows with whatever comes to an end and may make room.
        let ended: UInt64
    }

    private struct Lane {
        var waiting: [(isRun: Bool, work: Work)] = []
        var isBusy = false
    }

    private struct State {
        var lanes: [String: Lane] = [:]
        /// Lanes with work that nobody has taken up: a beginning or a stop comes first in them, or a run.
        var urgent = CircularBuffer<String>()
        var runs = CircularBuffer<String>()
        /// Runs that are under way.
        var running = 0
        var idle = 0
        var threads = 0
        var runners: [pthread_t] = []
        var ended: UInt64 = 0
        var endedRuns: UInt64 = 0
        var isOver = false

        /// How much could begin at once, with a thread for each.
        var open: Int { urgent.count + min(runs.count, TaskPool.mostRuns - running) }

        mutating func line(up lane: String) {
            if lanes[lane]?.waiting.first?.isRun == true { runs.append(lane) } else { urgent.append(lane) }
        }
    }

    private let idleTime: Interval
    private let state = Monitor(State())

    /// A thread that has nothing to do for `idleTime` ends.
    init(idleTime: Interval = .seconds(10)) { self.idleTime = idleTime }

    /// Runs the work of a task when the former of it is done. False where no thread can be had: the work is not taken then.
    /// Called on one thread.
    func run(_ lane: String, isRun: Bool, _ work: @escaping Work) -> Bool {
        let needsThread = state.change { state -> Bool in
            guard !state.isOver else { return false }
            state.lanes[lane, default: Lane()].waiting.append((isRun, work))
            guard state.lanes[lane]?.isBusy == false, state.lanes[lane]?.waiting.count == 1 else {
                return false
            }
            state.line(up: lane)
            guard state.idle < state.open, state.threads < Self.mostThreads else { return false }
            state.threads += 1
            return true
        }
        guard needsThread else { return true }
        guard let thread = WorkerThread.start("muster-task", { [self] in serve() }) else {
            return state.change { state in
                state.threads -= 1
                // A thread that was there may have taken it meanwhile.
                guard state.lanes[lane]?.isBusy == false else { return true }
                state.urgent.removeAll { $0 == lane }
                state.runs.removeAll { $0 == lane }
                state.lanes[lane] = nil
                return false
            }
        }
        thread.detach()
        return true
    }

    /// Nil where all that waits has a thread that will take it up.
    var jam: Jam? {
        state.with { state in
            if state.threads == Self.mostThreads, state.idle < state.urgent.count,
                let task = state.urgent.first
            {
                return Jam(task: task, isRun: false, ended: state.ended)
            }
            guard state.running + state.runs.count > Self.mostRuns, let task = state.runs.first else {
                return nil
            }
            return Jam(task: task, isRun: true, ended: state.endedRuns)
        }
    }

    /// Whether the caller is inside what the pool runs.
    var isInside: Bool {
        state.with { $0.runners.contains { pthread_equal($0, pthread_self()) != 0 } }
    }

    /// Begins nothing more, and returns when nothing runs.
    func end() {
        state.change { state in
            state.isOver = true
            state.urgent.removeAll()
            state.runs.removeAll()
            for lane in state.lanes.keys { state.lanes[lane]?.waiting = [] }
        }
        _ = state.wait(until: nil) { $0.threads == 0 ? true : nil }
    }

    private func serve() {
        while let (lane, isRun, work) = next() {
            work()
            state.change { state in
                state.runners.removeAll { pthread_equal($0, pthread_self()) != 0 }
                state.ended += 1
                if isRun {
                    state.running -= 1
                    state.endedRuns += 1
                }
                state.lanes[lane]?.isBusy = false
                if state.lanes[lane]?.waiting.isEmpty == true {
                    state.lanes[lane] = nil
                } else {
                    state.line(up: lane)
                }
            }
        }
        // It was counted out when it found nothing: whoever waits for the last one looks now.
        state.change { _ in }
    }

    /// Nil: nothing has come for a while, or nothing will.
    private func next() -> (lane: String, isRun: Bool, work: Work)? {
        state.with { $0.idle += 1 }
        let taken = state.wait(until: Clock.now + idleTime) { state -> (String, Bool, Work)?? in
            guard state.isOver || state.open > 0 else { return nil }
            return .some(Self.take(&state))
        }
        // Nobody counts on a thread that gives up.
        return taken ?? state.change { Self.take(&$0) }
    }

    private static func takeFirst(_ state: inout State) -> (String, (isRun: Bool, work: Work))? {
        let lane = state.urgent.popFirst() ?? state.runs.removeFirst()
        guard state.lanes[lane]?.waiting.isEmpty == false, let next = state.lanes[lane]?.waiting.removeFirst()
        else { return nil }
        return (lane, next)
    }

    /// The next work, by a thread that is idle no more; nil: the thread is none any more.
    private static func take(_ state: inout State) -> (String, Bool, Work)? {
        state.idle -= 1
        guard !state.isOver, state.open > 0, let found = takeFirst(&state) else {
            // At once, so that nobody counts on it who brings work now.
            state.threads -= 1
            return nil
        }
        let (lane, next) = found
        state.lanes[lane]?.isBusy = true
        if next.isRun { state.running += 1 }
        state.runners.append(pthread_self())
        return (lane, next.isRun, next.work)
    }
}
