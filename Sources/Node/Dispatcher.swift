import Basics
import Glibc
import Threads
import Transport

/// Runs the host's callbacks, one at a time: on a thread of its own, or on whichever thread of the host calls
/// `dispatch`. No lock is held while foreign code runs.
final class Dispatcher: Sendable {
    let handlers = Monitor(Handlers())
    private let queue: EventQueue
    private let runtime: Runtime
    private let ownsThread: Bool
    private let worker = Monitor(Worker())
    private let company = DispatchCompany()

    private struct Worker {
        var thread: WorkerThread?
        /// The node is closed: whoever comes late must not start a thread that nobody would end.
        var isOver = false
    }

    init(queue: EventQueue, runtime: Runtime, ownsThread: Bool) {
        self.queue = queue
        self.runtime = runtime
        self.ownsThread = ownsThread
    }

    /// A callback is about to be registered: from now on somebody must run them.
    func begin() throws(Failure) {
        try worker.with { (worker) throws(Failure) in
            guard !worker.isOver else { throw .closed }
            guard ownsThread, worker.thread == nil else { return }
            worker.thread = WorkerThread.start("muster-dispatch") { [self] in
                while let delivery = queue.nextDelivery(until: nil, heedsWakeup: false) { run(delivery) }
            }
            guard worker.thread != nil else {
                throw Failure(.system, "no thread could be started to run callbacks")
            }
        }
        queue.monitor.with { $0.hasCallbacks = true }
    }

    /// Ends the thread, if there is one, and starts none any more. The queue must be closed.
    func end() {
        let running = worker.with { worker in
            defer { worker.thread = nil }
            worker.isOver = true
            return worker.thread
        }
        running?.join()
        queue.end()
    }

    /// Runs what waits, waiting up to `deadline` for the first. Returns how many callbacks ran: at most as many as waited
    /// when the first was begun, so that the caller has its thread back however many come meanwhile.
    func dispatch(until deadline: Instant?) throws(Failure) -> Int {
        guard !ownsThread else {
            throw Failure(.unsupported, "option dispatch is 'thread': the library runs the callbacks itself")
        }
        try checkNotInside()
        company.enter()
        defer { company.leave() }
        guard let first = queue.nextDelivery(until: deadline, heedsWakeup: true) else {
            if let ending = queue.ending { throw ending }
            return 0
        }
        let most = 1 + queue.callbackCount
        run(first)
        var count = 1
        while count < most, !queue.takeWakeup(), runNext() { count += 1 }
        return count
    }

    /// Runs a callback that waits, in a call that waits for something else: whoever waits for a hand-over may be the
    /// very thread that would have run the demote callback. Not where another thread dispatches, which will run it: a
    /// host that dispatches there counts on it, and may hold a lock here that the callback needs. False: none was run.
    func runForWaitingCall() -> Bool { !company.isElsewhere && runNext() }

    private func runNext() -> Bool {
        guard let delivery = queue.nextDelivery(until: Clock.now, heedsWakeup: false) else { return false }
        run(delivery)
        return true
    }

    /// Throws on a thread that is inside one of this node's callbacks.
    func checkNotInside() throws(Failure) {
        guard !handlers.with({ $0.isRunHere }) else {
            throw Failure(.busy, "called from inside a callback of this node")
        }
    }

    var isInside: Bool { handlers.with { $0.isRunHere } }

    /// Changes a registration; `change` says whether there was a callback before. Where a former one runs it is waited
    /// for, so that afterwards it is never entered; other callbacks are not, nor the new one. A callback that changes
    /// its own registration does not wait for itself.
    func register(_ registration: Registration, _ change: () -> Bool) {
        let before = countChange()
        let hadOne = change()
        let after = countChange()
        // One that was replaced may have been entered until now; with none there, only one that somebody else took away.
        let limit = hadOne ? after : before
        _ = handlers.wait(until: nil) {
            $0.running != registration || $0.isRunHere || $0.entered >= limit ? true : nil
        }
    }

    private func countChange() -> UInt64 {
        handlers.with {
            $0.changes += 1
            return $0.changes
        }
    }

    private func run(_ delivery: EventQueue.Delivery) {
        handlers.with {
            $0.runner = pthread_self()
            $0.running = delivery.registration
            $0.entered = $0.changes
        }
        defer {
            handlers.change {
                $0.runner = nil
                $0.running = nil
            }
            queue.hasRun()
        }
        switch delivery {
        case .event(let event):
            handlers.with { $0.onEvent }?(event)
        case .message(let message):
            handlers.with { $0.onMessage }?(message)
        case .log(let level, let text):
            handlers.with { $0.onLog }?(level, text)
        case .promoted(let state, let token, let registration):
            defer { state.callbacks.change { $0.waiting -= 1 } }
            // Demoted again before the host could be told: it must not begin.
            guard state.nominalToken == token else { return }
            state.callbacks.with { $0.registration == registration ? $0.onPromote : nil }?(token)
            state.callbacks.with { $0.begunToken = token }
        case .work(let body): body()
        case .warned(let state):
            defer { state.callbacks.change { $0.waiting -= 1 } }
            state.callbacks.with { $0.onWarning }?(state.remainingMs)
        case .demoted(let state, let token, let isAwaited):
            defer { state.callbacks.change { $0.waiting -= 1 } }
            state.callbacks.with { $0.onDemote }?(token)
            state.callbacks.with { $0.stoppedToken = token }
            guard isAwaited else { return }
            let runtime = runtime
            SharedLoop.loop.execute { runtime.hostStopped(state.role) }
        }
    }
}
