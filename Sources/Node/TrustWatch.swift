import Basics
import Threads
import Transport

/// Warns hosts whose trust in being primary is not renewed, and ends the process where the option `failover.on_lost`
/// says so. On a thread of its own, since what does not renew it may be the event loop itself; started when the first
/// of these is asked for.
final class TrustWatch: Sendable {
    private struct Stage {
        var seats: [SeatState] = []
        var isOver = false
    }

    /// How long trust lasts when it has just been renewed.
    private let span: Interval
    private let queue: EventQueue
    /// How long a host may go on when its trust has run out; nil: as long as it likes.
    private let limit: Interval?
    private let stage = Monitor(Stage())
    private let thread = Monitor<WorkerThread?>(nil)

    init(span: Interval, limit: Interval?, queue: EventQueue) {
        self.span = span
        self.limit = limit
        self.queue = queue
    }

    func watch(_ state: SeatState) throws(Failure) {
        try thread.with { (thread) throws(Failure) in
            // Whoever comes late must not start a thread that nobody would end.
            guard !stage.with({ $0.isOver }) else { throw .closed }
            if thread == nil { thread = WorkerThread.start("muster-trust") { [self] in run() } }
            guard thread != nil else {
                throw Failure(.system, "no thread could be started to watch the trust")
            }
        }
        stage.change { stage in
            if !stage.seats.contains(where: { $0 === state }) { stage.seats.append(state) }
        }
    }

    func forget(_ state: SeatState) { stage.change { $0.seats.removeAll { $0 === state } } }

    /// Ends the thread, if there is one.
    func end() {
        stage.change { $0.isOver = true }
        let running = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run() {
        var isOver = false
        var late = LateHost(limit: limit)
        while !isOver {
            let seats = stage.with { $0.seats }
            let now = Clock.now
            let half = now + span / 2
            // Whoever is promoted meanwhile has more than half of its trust then.
            var next = half
            for state in seats {
                if let end = state.trustEnd {
                    if end > half { next = min(next, now + (end - half)) } else { warn(state, end) }
                }
                next = min(next, judge(state, &late, now: now))
            }
            isOver = stage.wait(until: next) { $0.isOver ? true : nil } == true
        }
    }

    /// Ends the process where the time of a host is over. When to look again.
    private func judge(_ state: SeatState, _ late: inout LateHost, now: Instant) -> Instant {
        let work = state.work
        let (isOver, next) = late.look(at: work, of: state.role, now: now)
        // The word of the moment: it may have been renewed, or have stopped, while this thread did not run.
        if isOver, state.work == work {
            endProcess(
                of: state.role,
                state.trustEnd == nil
                    ? "its demote callback has not returned in the time left"
                    : "its trust was not renewed in failover.demote_timeout")
        }
        return next
    }

    /// Once for each renewal that does not come.
    private func warn(_ state: SeatState, _ end: Instant) {
        let isNew = state.callbacks.with { callbacks in
            guard callbacks.onWarning != nil, callbacks.warnedOf != end else { return false }
            callbacks.warnedOf = end
            callbacks.waiting += 1
            return true
        }
        if isNew { queue.deliver(.warned(state)) }
    }
}
