package import Basics
import CGuest
import Glibc

/// A lock with a condition: pthread's own, since waits here must end by the clock that trust is measured with
/// and `Synchronization.Mutex` confuses the thread sanitizer.
///
/// Memory outside Swift's exclusivity rules holds both, because their addresses must not change.
package final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        // In a forked child another thread of the parent may hold them for ever: they are left as they are.
        if guest_is_forked_child() == 0 {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
        }
        condition.deallocate()
        mutex.deallocate()
    }

    package func with<Result, Failed: Error>(_ body: (inout State) throws(Failed) -> Result) throws(Failed)
        -> Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Changes the state and wakes everybody who waits for a change.
    package func change<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    /// Waits until `body` returns something, or until `deadline` (nil: for ever). Nil when the time ran out.
    package func wait<Result, Failed: Error>(
        until deadline: Instant?, _ body: (inout State) throws(Failed) -> Result?
    ) throws(Failed) -> Result? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = try body(&state) { return result }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            let left = deadline - Instant(nanoseconds: guest_boottime_ns())
            guard left > .zero else { return nil }
            var end = timespec()
            clock_gettime(CLOCK_MONOTONIC, &end)
            let total = Int64(end.tv_nsec) + left.nanoseconds % 1_000_000_000
            end.tv_sec += Int(left.nanoseconds / 1_000_000_000 + total / 1_000_000_000)
            end.tv_nsec = Int(total % 1_000_000_000)
            pthread_cond_timedwait(condition, mutex, &end)
        }
    }
}
