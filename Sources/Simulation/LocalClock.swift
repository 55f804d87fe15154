import Basics
import Lease

/// The monotonic clock of one process: it starts anywhere and runs a little faster or slower than the world's, so
/// that no instant or interval of one node may mean anything to another.
struct LocalClock: Sendable {
    /// What it shows when the process begins.
    private var origin: Instant
    private let began: Instant
    /// By so many parts of a million it is fast; slow below zero.
    private let drift: Int64

    init(showing origin: Instant, at began: Instant, drift: Int64) {
        self.origin = origin
        self.began = began
        self.drift = drift
    }

    /// One that is as fast or slow as any may be, by so many of 1000, as often as not at the very limit.
    init(within rate: Int64, at now: Instant, generator: inout SeededGenerator) {
        let origin = Instant(nanoseconds: Int64(generator.below(1_000_000_000)) + 1)
        let drift = rate > 0 ? LocalClock.drift(rate, &generator) : 0
        self.init(showing: origin, at: now, drift: drift)
    }

    private static func drift(_ rate: Int64, _ generator: inout SeededGenerator) -> Int64 {
        let most = Int(rate) * 1000
        switch generator.below(4) {
        case 0: return Int64(most)
        case 1: return Int64(-most)
        default: return Int64(generator.below(2 * most + 1) - most)
        }
    }

    func reading(at world: Instant) -> Instant {
        let passed = (world - began).nanoseconds
        let gained = passed / 1_000_000 * drift + passed % 1_000_000 * drift / 1_000_000
        return origin + Interval(nanoseconds: passed + gained)
    }

    /// The first instant of the world at which it shows at least this.
    func worldTime(of reading: Instant) -> Instant {
        guard reading < .distantFuture else { return .distantFuture }
        let shown = (reading - origin).nanoseconds
        let millionths = 1_000_000 + drift
        let gained = shown / millionths * drift + shown % millionths * drift / millionths
        // Rounded down here and there, by less than this in all.
        var world = began + Interval(nanoseconds: shown - gained - 4)
        while self.reading(at: world) < reading { world = world + Interval(nanoseconds: 1) }
        return world
    }

    /// Stands still for a while, as CLOCK_MONOTONIC does in a machine that is suspended.
    mutating func loses(_ interval: Interval) {
        origin = origin + Interval(nanoseconds: -interval.nanoseconds)
    }
}
