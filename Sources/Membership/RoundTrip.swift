package import Basics

/// How long one member's answers take: the smoothed round trip and its variation (RFC 6298, section 2), measured on
/// direct answers to probes, whose sequences come once only.
package struct RoundTrip: Sendable {
    /// Microseconds; 0 before the first answer.
    private var smoothed: UInt32 = 0
    private var variation: UInt32 = 0

    package init() {}

    /// Nil before the first answer.
    package var estimate: Interval? { smoothed == 0 ? nil : .microseconds(Int64(smoothed)) }

    mutating func note(_ sample: Interval) {
        let sample = UInt32(clamping: max(1, min(sample.nanoseconds / 1000, 60_000_000)))
        guard smoothed != 0 else {
            smoothed = sample
            variation = sample / 2
            return
        }
        let off = sample > smoothed ? sample - smoothed : smoothed - sample
        variation = variation - variation / 4 + off / 4
        smoothed = max(1, smoothed - smoothed / 8 + sample / 8)
    }

    /// In which nearly all answers come.
    func usual(atMost longest: Interval) -> Interval {
        guard smoothed != 0 else { return longest }
        return min(.microseconds(Int64(smoothed) + 4 * Int64(variation)), longest)
    }

    /// How long to wait for a direct answer before others are asked. Asking too early costs a few packets, never a
    /// verdict; hence a quarter of the configured time is enough where answers are quick, and slow links get as much
    /// as they need.
    func timeout(configured: Interval) -> Interval {
        guard smoothed != 0 else { return configured }
        let wanted = Interval.microseconds(Int64(smoothed) + 4 * Int64(variation))
        return min(max(wanted, configured / 4), configured * 10)
    }
}
