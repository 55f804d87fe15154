import NIOCore
import Transport

/// Has the node leave, and waits until it has. Used on the event loop only.
final class Departure: NodeWatcher, @unchecked Sendable {
    private unowned let runtime: Runtime
    private let then: Runtime.Answer
    private var patience: Scheduled<Void>?

    init(on runtime: Runtime, _ then: @escaping Runtime.Answer) {
        self.runtime = runtime
        self.then = then
    }

    func begin() {
        let runtime = runtime
        runtime.watch(self)
        // Nobody may be there to acknowledge the farewell: the node leaves all the same.
        patience = SharedLoop.loop.scheduleTask(in: .nanoseconds(runtime.handOverTime.nanoseconds)) {
            runtime.leaveUnheard()
        }
        // In a later turn of the loop: a node that is alone has left at once.
        SharedLoop.loop.execute {
            guard let tasks = runtime.tasks else { return runtime.step { $0.leave(now: $1) } }
            tasks.giveBack { runtime.step { $0.leave(now: $1) } }
        }
    }

    func observe(_ event: NodeEvent) {}

    func nodeEnded(as standing: Published.Standing) {
        patience?.cancel()
        then(standing == .left ? .success(Runtime.done) : .failure(.closed))
    }
}
