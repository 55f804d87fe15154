import Basics

/// How far this node trusts its own judgement (Lifeguard's local health multiplier: Dadgar, Phillips, Currey, DSN
/// 2018, section IV). A node that is starved or badly connected sees silence everywhere; the more signs of that, the
/// longer it waits before it calls anybody silent. Unlike Lifeguard's its probes overlap, so it need not probe less
/// often for that: where half a cluster loses its power at once, the other half must not be slow to see it.
package struct LocalHealth: Sendable {
    /// 0: healthy; each step adds the base times once more.
    package private(set) var score = 0
    /// Lifeguard's S: nine times the base at the most.
    static let worst = 8
    /// As far as silent helpers alone can bring it: they may be dead, too.
    static let worstBySilence = 2

    package init() {}

    /// By a timer that came late, or a suspicion that this node had to refute.
    mutating func worsened() { score = min(score + 1, LocalHealth.worst) }
    /// By a probe whose helpers said nothing at all.
    mutating func worsenedBySilence() { score = max(score, min(score + 1, LocalHealth.worstBySilence)) }
    mutating func improved() { score = max(score - 1, 0) }

    func scaled(_ interval: Interval) -> Interval { interval * Int64(score + 1) }
}
