import Basics
import NIOCore
import Transport

/// Has the node leave, and waits until it has. Used on the event loop only.
final class Departure: NodeWatcher, @unchecked Sendable {
    private unowned let runtime: Runtime
    private let then: Runtime.Answer
    private var patience: Scheduled<Void>?
    private var hasSaidFarewell = false

    init(on runtime: Runtime, _ then: @escaping Runtime.Answer) {
        self.runtime = runtime
        self.then = then
    }

    func begin() {
        let runtime = runtime
        runtime.watch(self)
        // In a later turn of the loop: a node that is alone has left at once.
        SharedLoop.loop.execute { [self] in
            guard let tasks = runtime.tasks else { return sayFarewell() }
            // First all stops: each has its own time, and a host that does not keep it is not waited for any longer.
            limit(tasks.longestStop + .seconds(5)) { [weak self] in self?.sayFarewell() }
            tasks.giveBack { [weak self] in self?.sayFarewell() }
        }
    }

    /// Once: when the tasks are given back, or their time is up.
    private func sayFarewell() {
        guard !hasSaidFarewell else { return }
        hasSaidFarewell = true
        // Nobody may be there to acknowledge it: the node leaves all the same.
        limit(runtime.handOverTime) { [runtime] in runtime.leaveUnheard() }
        runtime.step { $0.leave(now: $1) }
    }

    private func limit(_ time: Interval, _ then: @escaping @Sendable () -> Void) {
        patience?.cancel()
        patience = SharedLoop.loop.scheduleTask(in: .nanoseconds(time.nanoseconds), then)
    }

    func observe(_ event: NodeEvent) {}

    func nodeEnded(as standing: Published.Standing) {
        patience?.cancel()
        then(standing == .left ? .success(Runtime.done) : .failure(.closed))
    }
}
