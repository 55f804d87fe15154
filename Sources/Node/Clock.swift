import Basics
import CGuest
import Glibc

enum Clock {
    /// CLOCK_BOOTTIME: never set back, and it counts while the machine sleeps, which is when trust must run
    /// out.
    static var now: Instant { Instant(nanoseconds: guest_boottime_ns()) }

    /// Microseconds of the wall clock, for generations and for reports only.
    static var wallMicroseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000 &+ UInt64(clamping: time.tv_nsec / 1000)
    }

    /// Of the wall clock, for reports only.
    static var wallMilliseconds: Int64 { Int64(clamping: wallMicroseconds / 1000) }

    /// When a call that waits must give up; nil for never.
    static func deadline(afterMs timeoutMs: Int32) -> Instant? {
        timeoutMs < 0 ? nil : now + .milliseconds(Int64(timeoutMs))
    }
}
