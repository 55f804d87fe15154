import Basics
import Engine
import Membership

/// Members that lose a quarter of all packets of every kind: how many probes it takes until bad luck alone has somebody
/// declared dead.
package struct Losing: Sendable {
    /// While packets were lost; the calm after it does not count.
    package private(set) var probes: UInt64 = 0
    package private(set) var unanswered: UInt64 = 0
    /// Members that somebody called suspect, and living ones declared dead, each time by each member that heard of it.
    package private(set) var suspicions = 0
    package private(set) var falseDeaths = 0
    package private(set) var violation: Checker.Violation?

    package init(members: Int, seconds: Int, seed: UInt64) {
        guard var scenario = Scenario.named("loss") else { return }
        scenario.nodes = members...members
        var world = scenario.world(seed: seed)
        let before = world.tallies
        world.run(for: .seconds(Int64(seconds)))
        let after = world.tallies
        probes = after.probes - before.probes
        unanswered = after.unanswered - before.unanswered
        suspicions = world.checker.suspicions
        falseDeaths = world.checker.falseDeaths
        world.calm()
        violation = world.checker.violation
    }
}

extension World {
    /// What all members together have done.
    fileprivate var tallies: (probes: UInt64, unanswered: UInt64) {
        processes.reduce(into: (0, 0)) {
            $0.0 += $1.engine.membership.tally.probes
            $0.1 += $1.engine.membership.tally.unanswered
        }
    }
}
