package import Basics

/// The network between hosts: delay, loss, duplication, disorder, partitions and lying firewalls, all from one seed.
///
/// Disorder is not a fault of its own: a datagram that is delayed more than the next is overtaken.
package struct Network: Sendable {
    package var conditions = Conditions()
    /// Hosts in different groups do not hear each other. Unlisted hosts are in group 0.
    private var groups: [Int] = []
    /// Pairs in which the second host does not hear the first.
    private var deaf: Set<Pair> = []
    /// Pairs between which a firewall resets every connection, whatever the hosts themselves would say.
    private var reset: Set<Pair> = []
    /// What is lost at single hosts, beside what is lost on the wire.
    private var lossAtHosts: [Int: HostLoss] = [:]
    private var generator: SeededGenerator

    private struct Pair: Hashable {
        var from: Int
        var to: Int
    }

    /// How the wire behaves.
    package struct Conditions: Equatable, Sendable {
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

    /// Of 1000 that one host sends, or that are sent to it, so many are lost.
    package struct HostLoss: Sendable {
        package var sent: Int
        package var received: Int

        package init(sent: Int = 0, received: Int = 0) {
            self.sent = sent
            self.received = received
        }
    }

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    // MARK: partitions

    package var isWhole: Bool { groups.isEmpty && deaf.isEmpty && reset.isEmpty && lossAtHosts.isEmpty }
    package var isLying: Bool { !reset.isEmpty }
    package var isLossless: Bool { conditions.lost == 0 && lossAtHosts.isEmpty }

    mutating func split(_ groups: [Int]) { self.groups = groups }

    mutating func deafen(_ host: Int, to other: Int) { deaf.insert(Pair(from: other, to: host)) }

    mutating func undeafen(_ host: Int, to other: Int) { deaf.remove(Pair(from: other, to: host)) }

    mutating func lose(at host: Int, _ loss: HostLoss) { lossAtHosts[host] = loss }

    mutating func reset(_ host: Int, _ other: Int) {
        reset.insert(Pair(from: host, to: other))
        reset.insert(Pair(from: other, to: host))
    }

    mutating func heal() {
        groups = []
        deaf = []
        reset = []
        lossAtHosts = [:]
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

    func isReset(from: Int, to: Int) -> Bool { !reset.isEmpty && reset.contains(Pair(from: from, to: to)) }

    /// Whether a firewall lies about this host to anybody.
    func isLiedAbout(_ host: Int) -> Bool { reset.contains { $0.to == host } }

    // MARK: chance

    mutating func isLost(from: Int, to: Int) -> Bool {
        if happens(conditions.lost) { return true }
        guard !lossAtHosts.isEmpty else { return false }
        return happens(lossAtHosts[from]?.sent ?? 0) || happens(lossAtHosts[to]?.received ?? 0)
    }

    mutating func isDoubled() -> Bool { happens(conditions.doubled) }

    /// So many times of 1000.
    private mutating func happens(_ count: Int) -> Bool { count > 0 && generator.below(1000) < count }

    /// One way.
    mutating func delay() -> Interval {
        var total = conditions.delayMin.nanoseconds
        // The cube of a number in 0..1 averages a quarter: a long tail, as on real wires.
        let draw = Int64(generator.next() & 1023)
        total += conditions.delaySpread.nanoseconds * 4 * (draw * draw * draw >> 20) / 1024
        if happens(conditions.late) { total += Int64(generator.below(Int(conditions.lateness.nanoseconds))) }
        return Interval(nanoseconds: total)
    }

    /// How long it takes until a connection stands: the first segment and its answer have to arrive.
    mutating func connectDelay(from: Int, to: Int) -> Interval {
        retried(firstRetry: .seconds(1)) { $0.isLost(from: from, to: to) || $0.isLost(from: to, to: from) }
    }

    /// One way on a connection that stands.
    mutating func streamDelay(from: Int, to: Int) -> Interval {
        retried(firstRetry: .milliseconds(200)) { $0.isLost(from: from, to: to) }
    }

    /// What is lost is sent again, later and later.
    private mutating func retried(
        firstRetry: Interval, isLost: (inout Network) -> Bool
    ) -> Interval {
        var total = delay()
        var wait = firstRetry
        while isLost(&self), wait < .seconds(60) {
            total = total + wait
            wait = wait * 2
        }
        return total
    }

    mutating func below(_ bound: Int) -> Int { generator.below(bound) }
}
