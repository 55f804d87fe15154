/// A point on one node's own monotonic clock, in nanoseconds since an origin that only that node knows.
///
/// Two instants compare only when they come from the same node: no instant ever crosses the wire.
///
/// Public, as all in this room that is used all the time: only that lets the compiler inline it in other rooms, where a
/// `package` type is even compared by way of its witness table.
public struct Instant: Comparable, Hashable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Before every instant a clock can show.
    public static var distantPast: Instant { Instant(nanoseconds: .min) }
    /// After every instant a clock can show.
    public static var distantFuture: Instant { Instant(nanoseconds: .max) }

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates: a deadline computed from any option value stays a valid instant.
    public static func + (instant: Instant, interval: Interval) -> Instant {
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(interval.nanoseconds)
        guard overflow else { return Instant(nanoseconds: sum) }
        return interval.nanoseconds > 0 ? .distantFuture : .distantPast
    }

    public static func - (left: Instant, right: Instant) -> Interval {
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
        guard overflow else { return Interval(nanoseconds: difference) }
        return Interval(nanoseconds: left < right ? .min : .max)
    }
}

/// A span of time in nanoseconds.
public struct Interval: Comparable, Hashable, Sendable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static var zero: Interval { Interval(nanoseconds: 0) }

    public static func microseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000))
    }
    public static func milliseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000_000))
    }
    public static func seconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count.multipliedSaturating(by: 1_000_000_000))
    }

    public var milliseconds: Int64 { nanoseconds / 1_000_000 }

    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    public static func * (interval: Interval, factor: Int64) -> Interval {
        Interval(nanoseconds: interval.nanoseconds.multipliedSaturating(by: factor))
    }
    public static func / (interval: Interval, divisor: Int64) -> Interval {
        guard divisor != 0 else { return interval }
        let (quotient, overflow) = interval.nanoseconds.dividedReportingOverflow(by: divisor)
        return Interval(nanoseconds: overflow ? .max : quotient)
    }
    public static func + (left: Interval, right: Interval) -> Interval {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
        guard overflow else { return Interval(nanoseconds: sum) }
        return Interval(nanoseconds: right.nanoseconds > 0 ? .max : .min)
    }
    public static func - (left: Interval, right: Interval) -> Interval {
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
