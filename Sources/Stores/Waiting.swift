import Basics
import CGuest
import CStores
import Glibc

/// Waiting for a descriptor, not longer than until a deadline.
enum Waiting {
    static var now: Instant { Instant(nanoseconds: guest_boottime_ns()) }

    /// False when the time has run out. By a worker of a store: meanwhile it is in no library below.
    static func ready(_ descriptor: Int32, _ events: Int32, until deadline: Instant) -> Bool {
        stores_leave()
        defer { stores_enter() }
        while true {
            let left = deadline - now
            guard left > .zero else { return false }
            var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
            // Rounded up, so that the last millisecond is waited for and not spun through.
            let count = poll(&entry, 1, Int32(clamping: left.milliseconds + 1))
            if count > 0 { return true }
            if count < 0 && errno != EINTR { return false }
        }
    }

    /// Whether it is ready now.
    static func isReady(_ descriptor: Int32, _ events: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}
