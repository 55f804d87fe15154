import Basics

/// How far this node trusts its own judgement (Lifeguard's local health multiplier: Dadgar, Phillips, Currey, DSN
/// 2018, section IV). A node that is starved or badly connected sees silence everywhere; the more signs of that, the
/// slower it probes and the longer it waits before it calls anybody silent.
package struct LocalHealth: Sendable {
    /// 0: healthy; each step adds the base times once more.
    package private(set) var score = 0
    /// Lifeguard's S: nine times the base at the most.
    static let worst = 8

    package init() {}

    mutating func worsened(by steps: Int = 1) { score = min(score + steps, LocalHealth.worst) }
    mutating func improved() { score = max(score - 1, 0) }

    func scaled(_ interval: Interval) -> Interval { interval * Int64(score + 1) }
}
