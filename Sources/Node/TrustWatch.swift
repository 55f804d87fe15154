import Basics
import Transport

/// Warns hosts whose trust in being primary is not renewed. On a thread of its own, since what does not renew it may be
/// the event loop itself; started when the first warning is asked for.
final class TrustWatch: Sendable {
    private struct Stage {
        var seats: [SeatState] = []
        var isOver = false
    }

    /// How long trust lasts when it has just been renewed.
    private let span: Interval
    private let queue: EventQueue
    private let stage = Monitor(Stage())
    private let thread = Monitor<WorkerThread?>(nil)

    init(span: Interval, queue: EventQueue) {
        self.span = span
        self.queue = queue
    }

    func watch(_ state: SeatState) throws(Failure) {
        stage.change { stage in
            if !stage.seats.contains(where: { $0 === state }) { stage.seats.append(state) }
        }
        let isRunning = thread.with { thread in
            if thread == nil { thread = WorkerThread.start("muster-trust") { [self] in run() } }
            return thread != nil
        }
        guard isRunning else { throw Failure(.system, "no thread could be started to watch the trust") }
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
        while !isOver {
            let seats = stage.with { $0.seats }
            let now = Clock.now
            let half = now + span / 2
            // Whoever is promoted meanwhile has more than half of its trust then.
            var next = half
            for state in seats {
                guard let end = state.trustEnd else { continue }
                if end > half { next = min(next, now + (end - half)) } else { warn(state, end) }
            }
            isOver = stage.wait(until: next) { $0.isOver ? true : nil } == true
        }
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
