import NIOCore
import Transport

/// Gives the console a quarter of the event loop's time at most: however much is asked, the node itself is not late.
///
/// What one answer, or one piece of a request, took is waited for three times before the next one. Used on the event loop only.
final class Share: @unchecked Sendable {
    private var waiting: [() -> Void] = []
    private var head = 0
    private var freeFrom = NIODeadline.uptimeNanoseconds(0)
    private var isScheduled = false

    /// Runs it, now or when it is its turn.
    func run(_ work: @escaping () -> Void) {
        waiting.append(work)
        proceed()
    }

    /// Does what cannot wait any more; what comes next waits the longer.
    func charge(_ work: () -> Void) {
        let began = NIODeadline.now()
        work()
        let ended = NIODeadline.now()
        freeFrom = max(freeFrom, ended + (ended - began) * 3)
    }

    /// Forgets what waits.
    func clear() {
        waiting.removeAll()
        head = 0
    }

    private func proceed() {
        guard !isScheduled, head < waiting.count else { return }
        let began = NIODeadline.now()
        guard began >= freeFrom else {
            isScheduled = true
            SharedLoop.loop.scheduleTask(deadline: freeFrom) {
                self.isScheduled = false
                self.proceed()
            }
            return
        }
        let work = waiting[head]
        head += 1
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            head = 0
        }
        work()
        let ended = NIODeadline.now()
        freeFrom = ended + (ended - began) * 3
        proceed()
    }
}
