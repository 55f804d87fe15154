import Basics
import Glibc
import Threads
import Transport

/// Threads that run what hosts do for tasks: a run that takes long holds up neither the others nor the callbacks of roles.
/// What belongs to one task runs one after the other, in order. No lock is held while foreign code runs.
final class TaskPool: Sendable {
    typealias Work = @Sendable () -> Void

    /// The most runs at a time; beginnings and stops have as many threads more.
    static let mostThreads = 16
    private static let idleTime = Interval.seconds(10)

    private struct Lane {
        var waiting: [Work] = []
        var isBusy = false
    }

    private struct State {
        var lanes: [String: Lane] = [:]
        /// Lanes with work that nobody has taken up.
        var ready: [String] = []
        var idle = 0
        var threads = 0
        var runners: [pthread_t] = []
        var isOver = false
    }

    private let state = Monitor(State())

    /// Runs the work of a task when the former of it is done. Beginnings and stops go before runs, which may take long, and
    /// have threads beyond theirs. False where no thread can be had: the work is not taken then.
    func run(_ lane: String, isRun: Bool, _ work: @escaping Work) -> Bool {
        let needsThread = state.change { state -> Bool? in
            guard !state.isOver else { return nil }
            state.lanes[lane, default: Lane()].waiting.append(work)
            guard state.lanes[lane]?.isBusy == false, state.lanes[lane]?.waiting.count == 1 else {
                return false
            }
            state.ready.insert(lane, at: isRun ? state.ready.count : 0)
            let most = isRun ? Self.mostThreads : Self.mostThreads * 2
            guard state.idle < state.ready.count, state.threads < most else { return false }
            state.threads += 1
            return true
        }
        guard needsThread == true else { return true }
        guard let thread = WorkerThread.start("muster-task", { [self] in serve() }) else {
            return state.change { state in
                state.threads -= 1
                // Those that run already see to it.
                guard state.threads == 0 else { return true }
                state.ready.removeAll { $0 == lane }
                state.lanes[lane] = nil
                return false
            }
        }
        thread.detach()
        return true
    }

    /// Whether the caller is inside what the pool runs.
    var isInside: Bool {
        state.with { $0.runners.contains { pthread_equal($0, pthread_self()) != 0 } }
    }

    /// Begins nothing more, and returns when nothing runs.
    func end() {
        state.change { state in
            state.isOver = true
            state.ready = []
            for lane in state.lanes.keys { state.lanes[lane]?.waiting = [] }
        }
        _ = state.wait(until: nil) { $0.threads == 0 ? true : nil }
    }

    private func serve() {
        while let (lane, work) = next() {
            work()
            state.change { state in
                state.runners.removeAll { pthread_equal($0, pthread_self()) != 0 }
                state.lanes[lane]?.isBusy = false
                if state.lanes[lane]?.waiting.isEmpty == true {
                    state.lanes[lane] = nil
                } else {
                    state.ready.append(lane)
                }
            }
        }
        state.change { $0.threads -= 1 }
    }

    /// Nil: nothing has come for a while, or nothing will.
    private func next() -> (String, Work)? {
        state.with { $0.idle += 1 }
        let taken = state.wait(until: Clock.now + Self.idleTime) { state -> (String, Work)?? in
            guard state.isOver || !state.ready.isEmpty else { return nil }
            return .some(Self.take(&state))
        }
        // Nobody counts on a thread that gives up.
        return taken ?? state.change { Self.take(&$0) }
    }

    /// The next work, by a thread that is idle no more.
    private static func take(_ state: inout State) -> (String, Work)? {
        state.idle -= 1
        guard !state.isOver, !state.ready.isEmpty else { return nil }
        let lane = state.ready.removeFirst()
        guard state.lanes[lane]?.waiting.isEmpty == false, let work = state.lanes[lane]?.waiting.removeFirst()
        else {
            return nil
        }
        state.lanes[lane]?.isBusy = true
        state.runners.append(pthread_self())
        return (lane, work)
    }
}
