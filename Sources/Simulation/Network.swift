package import Basics

/// The network between hosts: delay, loss, duplication, disorder and partitions, all from one seed.
///
/// Disorder is not a fault of its own: a datagram that is delayed more than the next is overtaken.
package struct Network: Sendable {
    package var conditions = Conditions()
    /// Hosts in different groups do not hear each other. Unlisted hosts are in group 0.
    private var groups: [Int] = []
    /// Pairs in which the second host does not hear the first.
    private var deaf: Set<Pair> = []
    private var generator: SeededGenerator

    private struct Pair: Hashable {
        var from: Int
        var to: Int
    }

    /// How the wire behaves.
    package struct Conditions: Sendable {
        package var delayMin = Interval.microseconds(60)
        /// Added to the least delay on average.
        package var delaySpread = Interval.microseconds(60)
        /// Of 1000 datagrams so many are lost, so many come twice, so many are late by up to `lateness`.
        package var lost = 0
        package var doubled = 0
        package var late = 0
        package var lateness = Interval.milliseconds(20)

        package init() {}

        package static let perfect = Conditions()
    }

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    // MARK: partitions

    package var isWhole: Bool { groups.isEmpty && deaf.isEmpty }

    package mutating func split(_ groups: [Int]) { self.groups = groups }

    package mutating func deafen(_ host: Int, to other: Int) { deaf.insert(Pair(from: other, to: host)) }

    package mutating func heal() {
        groups = []
        deaf = []
    }

    package func isBlocked(from: Int, to: Int) -> Bool {
        if from == to { return false }
        if groups.count > max(from, to), groups[from] != groups[to] { return true }
        return !deaf.isEmpty && deaf.contains(Pair(from: from, to: to))
    }

    /// Whether a connection between the two can pass bytes: it needs both directions.
    package func isCut(_ one: Int, _ other: Int) -> Bool {
        isBlocked(from: one, to: other) || isBlocked(from: other, to: one)
    }

    // MARK: chance

    mutating func isLost() -> Bool { conditions.lost > 0 && generator.below(1000) < conditions.lost }

    mutating func isDoubled() -> Bool { conditions.doubled > 0 && generator.below(1000) < conditions.doubled }

    /// One way.
    mutating func delay() -> Interval {
        var total = conditions.delayMin.nanoseconds
        // The cube of a number in 0..1 averages a quarter: a long tail, as on real wires.
        let draw = Int64(generator.below(1024))
        total += conditions.delaySpread.nanoseconds * 4 * (draw * draw * draw >> 20) / 1024
        if conditions.late > 0, generator.below(1000) < conditions.late {
            total += Int64(generator.below(Int(conditions.lateness.nanoseconds)))
        }
        return Interval(nanoseconds: total)
    }

    /// One way on a stream: what is lost is sent again, later and later.
    mutating func streamDelay(firstRetry: Interval) -> Interval {
        var total = delay()
        var wait = firstRetry
        while isLost(), wait < .seconds(60) {
            total = total + wait
            wait = wait * 2
        }
        return total
    }

    mutating func below(_ bound: Int) -> Int { generator.below(bound) }
}
