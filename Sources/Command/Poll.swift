import CGuest
import Glibc

/// Waiting for several descriptors at once, in one thread.
enum Poll {
    struct Place {
        let descriptor: Int32
        let events: Int32
        init(_ descriptor: Int32, _ events: Int32 = POLLIN) {
            self.descriptor = descriptor
            self.events = events
        }
    }

    /// For each place whether something is there. A negative descriptor is passed over; -1 ms is for ever.
    static func wait(_ places: [Place], ms: Int64) -> [Bool] {
        var list = places.map {
            pollfd(fd: $0.descriptor, events: Int16(truncatingIfNeeded: $0.events), revents: 0)
        }
        let count = poll(&list, nfds_t(list.count), Int32(clamping: ms))
        return list.map { count > 0 && $0.revents != 0 }
    }

    /// A clock that is never set back, in milliseconds.
    static var now: Int64 { guest_boottime_ns() / 1_000_000 }

    /// What is left until then, as `wait` takes it.
    static func left(until then: Int64?) -> Int64 { then.map { max(0, $0 - now) } ?? -1 }
}
