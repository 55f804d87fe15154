/// A point on one node's own monotonic clock, in nanoseconds since an origin that only that node knows.
///
/// Two instants compare only when they come from the same node: no instant ever crosses the wire.
package struct Instant: Comparable, Hashable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Before every instant a clock can show.
    package static let distantPast = Instant(nanoseconds: .min)
    /// After every instant a clock can show.
    package static let distantFuture = Instant(nanoseconds: .max)

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates: a deadline computed from any option value stays a valid instant.
    package static func + (instant: Instant, interval: Interval) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return interval.nanoseconds > 0 ? .distantFuture : .distantPast
    }

    package static func - (left: Instant, right: Instant) -> Interval {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        guard overflow else { return Interval(nanoseconds: difference) }
        return Interval(nanoseconds: left < right ? .min : .max)
    }
}

/// A span of time in nanoseconds.
package struct Interval: Comparable, Hashable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Interval(nanoseconds: 0)

    package static func microseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000))
    }
    package static func milliseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000_000))
    }
    package static func seconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000_000_000))
    }

    package var milliseconds: Int64 { nanoseconds / 1_000_000 }

    package static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    package static func * (interval: Interval, factor: Int64) -> Interval {
        Interval(nanoseconds: interval.nanoseconds.multipliedSaturating(by: factor))
    }
    package static func / (interval: Interval, divisor: Int64) -> Interval {
        guard divisor != 0 else { return interval }
        let (quotient, overflow) = interval.nanoseconds.dividedReportingOverflow(by: divisor)
        return Interval(nanoseconds: overflow ? .max : quotient)
    }
    package static func + (left: Interval, right: Interval) -> Interval {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        guard overflow else { return Interval(nanoseconds: sum) }
        return Interval(nanoseconds: right.nanoseconds > 0 ? .max : .min)
    }
    package static func - (left: Interval, right: Interval) -> Interval {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        guard overflow else { return Interval(nanoseconds: difference) }
        return Interval(nanoseconds: left < right ? .min : .max)
    }
}

extension Int64 {
    fileprivate func multipliedSaturating(by factor: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        guard overflow else { return product }
        return (self < 0) == (factor < 0) ? .max : .min
    }
}
