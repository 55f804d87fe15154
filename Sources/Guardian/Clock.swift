import Basics
import CGuest
import Glibc

enum Clock {
    static var now: Instant { Instant(nanoseconds: guest_boottime_ns()) }

    static func sleep(_ interval: Interval) { usleep(UInt32(clamping: interval.nanoseconds / 1000)) }
}
