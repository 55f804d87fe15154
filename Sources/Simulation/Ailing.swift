package import Basics
import Engine
import Membership

/// The experiment of Suresh and others (Rapid, USENIX ATC 2018, section 7): of 1000 members one in a hundred is behind a
/// bad network, and the others should neither suffer for it nor change their minds again and again.
package struct Ailing: Sendable {
    package enum Trouble: Sendable, CaseIterable {
        case lossy, flipping

        package var words: String {
            switch self {
            case .lossy: "80 % of what they send is lost"
            case .flipping: "for 20 s they hear nobody, for 20 s they do, and so on"
            }
        }
    }

    package private(set) var ailing = 0
    /// Members that are well, declared dead: by anybody, and by others that are well.
    package private(set) var falseDeaths = 0
    package private(set) var falseDeathsAtHealthy = 0
    /// Those behind the bad network, declared dead by members that are well: how many of them, and how often by each on
    /// average.
    package private(set) var removed = 0
    package private(set) var removals = 0
    /// The sizes of views that were seen at members that are well, at the full seconds.
    package private(set) var sizes: Set<Int> = []
    /// From the end of the trouble until all were of one mind.
    package private(set) var settledAfter: Interval?
    package private(set) var violation: Checker.Violation?

    package init(_ trouble: Trouble, members: Int, seed: UInt64, seconds: Int) {
        var world = Scale.world(members: members, seed: seed)
        world.isJudging = true
        world.run(for: .seconds(5))
        world.taintAll()
        ailing = max(1, members / 100)
        let victims = Set((0..<members).shuffled(using: &world.generator).prefix(ailing))
        let hosts = victims.sorted().map { world.processes[$0].host }
        switch trouble {
        case .lossy: for host in hosts { world.lose(at: host, Network.HostLoss(sent: 800)) }
        case .flipping:
            let ends = world.now + .seconds(Int64(seconds))
            world.flip(hosts, isDeaf: true, period: .seconds(20), ends: ends)
        }
        for _ in 0..<seconds {
            world.run(for: .seconds(1))
            for index in 0..<members where !victims.contains(index) {
                sizes.insert(world.processes[index].engine.membership.view.presentCount + 1)
            }
        }
        world.calm(for: .seconds(30))
        settledAfter = world.settledAfter
        violation = world.checker.violation
        for verdict in world.verdicts where verdict.kind == .dead {
            let isHealthy = !victims.contains(verdict.observer)
            if victims.contains(verdict.subject) {
                removals += isHealthy ? 1 : 0
            } else {
                falseDeaths += 1
                falseDeathsAtHealthy += isHealthy ? 1 : 0
            }
        }
        removed =
            Set(world.verdicts.filter { $0.kind == .dead && victims.contains($0.subject) }.map(\.subject))
            .count
        removals /= max(1, members - ailing)
    }
}
