import NIOCore
import Tasks
import Transport

/// Says when what a host is to do for a task finds no thread, since what it does already does not come to its end. Short
/// callbacks by the thousand wait for each other too, and nothing is said of that.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class PoolWatch: @unchecked Sendable {
    static let patienceSeconds: Int64 = 5

    private let pool: TaskPool
    private let tell: (TaskPool.Jam) -> Void
    private var seen: TaskPool.Jam?
    /// Said once, until nothing waits any more.
    private var isTold = false

    init(_ pool: TaskPool, tell: @escaping (TaskPool.Jam) -> Void) {
        self.pool = pool
        self.tell = tell
    }

    /// Something was given to the pool.
    func consider() {
        guard seen == nil else { return }
        look()
    }

    private func look() {
        let former = seen
        seen = pool.jam
        guard let seen else {
            isTold = false
            return
        }
        if !isTold, seen == former {
            isTold = true
            tell(seen)
        }
        SharedLoop.loop.scheduleTask(in: .seconds(Self.patienceSeconds)) { [weak self] in self?.look() }
    }
}
