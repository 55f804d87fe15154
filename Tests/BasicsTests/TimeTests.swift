import Basics
import Testing

@Suite("Time saturates and never traps")
struct TimeTests {
    static let extremes: [Int64] = [.min, .min + 1, -1_000_000_000, -1, 0, 1, 1_000_000_000, .max - 1, .max]

    @Test("whatever is added or taken away", arguments: extremes, extremes)
    func sums(left: Int64, right: Int64) {
        let instant = Instant(nanoseconds: left)
        let interval = Interval(nanoseconds: right)
        let (sum, overflow) = left.addingReportingOverflow(right)
        #expect((instant + interval).nanoseconds == (overflow ? (right > 0 ? .max : .min) : sum))
        let (difference, under) = left.subtractingReportingOverflow(right)
        #expect(
            (instant - Instant(nanoseconds: right)).nanoseconds
                == (under ? (left < right ? .min : .max) : difference))
        #expect((Interval(nanoseconds: left) + interval).nanoseconds == (instant + interval).nanoseconds)
        _ = Interval(nanoseconds: left) - interval
        _ = Interval(nanoseconds: left) * right
        _ = Interval.seconds(left)
    }

    @Test("a deadline from the longest interval is the distant future")
    func deadlines() {
        #expect(Instant(nanoseconds: 5) + Interval.seconds(.max) == .distantFuture)
        #expect(Instant.distantPast < Instant(nanoseconds: 0))
        #expect(Interval.seconds(2) / 0 == .seconds(2))
        #expect(Interval.seconds(2) / 4 == .milliseconds(500))
        #expect(Interval(nanoseconds: .min) / -1 == Interval(nanoseconds: .max))
    }
}
