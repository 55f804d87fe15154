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
    private let thread = Monitor<WorkerThread?>(nil)

    init(queue: EventQueue, runtime: Runtime, ownsThread: Bool) {
        self.queue = queue
        self.runtime = runtime
        self.ownsThread = ownsThread
    }

    /// A callback has been registered: from now on somebody must run them.
    func begin() throws(Failure) {
        queue.monitor.with { $0.hasCallbacks = true }
        guard ownsThread else { return }
        let isRunning = thread.with { thread in
            if thread == nil {
                thread = WorkerThread.start("muster-dispatch") { [self] in
                    while let delivery = queue.nextDelivery(until: nil, heedsWakeup: false) { run(delivery) }
                }
            }
            return thread != nil
        }
        guard isRunning else { throw Failure(.system, "no thread could be started to run callbacks") }
    }

    /// Ends the thread, if there is one. The queue must be closed.
    func end() {
        let running = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
        queue.end()
    }

    /// Runs what waits, waiting up to `deadline` for the first. Returns how many callbacks ran.
    func dispatch(until deadline: Instant?) throws(Failure) -> Int {
        guard !ownsThread else {
            throw Failure(.unsupported, "option dispatch is 'thread': the library runs the callbacks itself")
        }
        try checkNotInside()
        let count = runWaiting(until: deadline)
        if count == 0, let ending = queue.ending { throw ending }
        return count
    }

    /// The same, without a word about how the node stands.
    func runWaiting(until deadline: Instant?) -> Int {
        var count = 0
        var limit = deadline
        while let delivery = queue.nextDelivery(until: limit, heedsWakeup: true) {
            run(delivery)
            count += 1
            limit = Clock.now
        }
        return count
    }

    /// Throws on a thread that is inside one of this node's callbacks.
    func checkNotInside() throws(Failure) {
        guard !handlers.with({ $0.isRunHere }) else {
            throw Failure(.busy, "called from inside a callback of this node")
        }
    }

    var isInside: Bool { handlers.with { $0.isRunHere } }

    /// Changes a registration and waits for a running callback, so that afterwards the former one is never
    /// entered. A callback that changes its own registration does not wait for itself.
    func register(_ change: () -> Void) {
        change()
        _ = handlers.wait(until: nil) { $0.runner == nil || $0.isRunHere ? true : nil }
    }

    private func run(_ delivery: EventQueue.Delivery) {
        handlers.with { $0.runner = pthread_self() }
        defer {
            handlers.change { $0.runner = nil }
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
