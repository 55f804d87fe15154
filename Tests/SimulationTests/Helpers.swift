import Basics
import Engine
import Failover
import Membership
import Simulation
import Testing
import Wire

/// A world of members that have met and come to rest.
func settledWorld(nodes: Int, seed: UInt64, roles: [String] = ["primary"], viaSeeds: Bool = false) -> World {
    var world = World(seed: seed)
    world.roles = roles
    world.hasMulticast = !viaSeeds
    for host in 0..<nodes {
        world.boot(host: host, seeds: viaSeeds ? [World.address(host: 0)] : [])
        world.run(for: .milliseconds(7))
    }
    world.run(for: .seconds(5))
    world.checkCalm()
    return world
}

extension World {
    /// Whether every running process but the subject itself holds this start of it for dead or departed.
    func allKnowTheEnd(of index: Int) -> Bool {
        running.allSatisfy { other in
            let member = processes[other].engine.membership.view[processes[index].id]
            return member.map { $0.identity != processes[index].identity || !$0.isPresent } ?? true
        }
    }

    func allSee(_ count: Int) -> Bool {
        running.allSatisfy { processes[$0].engine.membership.view.presentCount == count - 1 }
    }

    func allAgree() -> Bool {
        guard let first = running.first else { return true }
        let digest = processes[first].engine.membership.digest
        return running.allSatisfy { processes[$0].engine.membership.digest == digest }
    }

    func status(of subject: Int, at observer: Int) -> Status? {
        processes[observer].engine.membership.view[processes[subject].id]?.status
    }

    func position(of index: Int) -> UInt32? { processes[index].engine.failover.position(of: "primary") }

    var broken: String? {
        checker.violation.map { "seed \(seed), \(Trace.clock($0.at)): \($0.rule.rawValue): \($0.text)" }
    }
}
