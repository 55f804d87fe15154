import NIOCore
import Transport

/// Gives the console a quarter of the event loop's time at most: however much is asked, the node itself is not late.
///
/// What one answer, or one piece of a request, took is waited for three times before the next one. Used on the event loop only.
final class Share: @unchecked Sendable {
    /// What is taken out is forgotten at once, also where more comes all the time.
    private var waiting = CircularBuffer<() -> Void>()
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
        rest(after: began)
    }

    /// Forgets what waits.
    func clear() { waiting.removeAll() }

    private func proceed() {
        guard !isScheduled, !waiting.isEmpty else { return }
        let began = NIODeadline.now()
        guard began >= freeFrom else {
            isScheduled = true
            SharedLoop.loop.scheduleTask(deadline: freeFrom) {
                self.isScheduled = false
                self.proceed()
            }
            return
        }
        waiting.popFirst()?()
        rest(after: began)
        proceed()
    }

    /// What many connections did in one turn of the loop adds up.
    private func rest(after began: NIODeadline) {
        let ended = NIODeadline.now()
        freeFrom = max(freeFrom, ended) + (ended - began) * 3
    }
}
