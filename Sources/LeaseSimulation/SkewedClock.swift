import Basics
import Lease

/// A process's own clock: it began anywhere and runs a little fast or slow.
package struct SkewedClock: Sendable {
    private let began: Instant
    private let origin: Int64
    /// Of a million so many faster than true.
    private let rate: Int64
    /// For how long it has stood still.
    private var stood = Interval.zero

    /// Within `LeaseSettings.clockRate` of true.
    init(now: Instant, isSkewed: Bool, generator: inout SeededGenerator) {
        began = now
        origin = Int64(generator.below(1_000_000_000)) + 1
        guard isSkewed else {
            rate = 0
            return
        }
        let most = Int(LeaseSettings.clockRate) * 1000
        // As often as not at the very limit.
        switch generator.below(4) {
        case 0: rate = Int64(most)
        case 1: rate = Int64(-most)
        default: rate = Int64(generator.below(2 * most + 1) - most)
        }
    }

    func local(_ now: Instant) -> Instant {
        let passed = (now - began).nanoseconds - stood.nanoseconds
        return Instant(
            nanoseconds: origin + passed + passed / 1_000_000 * rate + passed % 1_000_000 * rate / 1_000_000)
    }

    /// The first moment at which the clock shows this, or later.
    func world(_ local: Instant) -> Instant {
        guard local < .distantFuture else { return local }
        let passed = local.nanoseconds - origin
        let million = 1_000_000 + rate
        let span = passed / million * 1_000_000 + (passed % million) * 1_000_000 / million + 2
        return began + Interval(nanoseconds: span) + stood
    }

    mutating func stand(for interval: Interval) { stood = stood + interval }
}
