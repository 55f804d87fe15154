package import Basics
import Engine
import Membership
import Wire

/// How much a machine can play: a large cluster that is left alone, but for a few of its members that die.
package struct Scale: Sendable {
    package let members: Int
    package private(set) var events = 0
    package private(set) var virtualTime = Interval.zero
    /// From the first of the deaths until all know of all.
    package private(set) var knownAfter: Interval?
    package private(set) var violation: Checker.Violation?

    package static let entryBytes = MemoryLayout<Member>.stride + 2 * MemoryLayout<UInt32>.stride

    /// The cluster before anything happens in it.
    package static func world(members: Int, seed: UInt64) -> World {
        var world = World(seed: seed)
        world.hasMulticast = false
        world.populate(members)
        return world
    }

    package init(playing world: inout World, seconds: Int, deaths: Int) {
        let members = world.processes.count
        self.members = members
        let (began, before) = (world.now, world.eventCount)
        world.run(for: .seconds(Int64(seconds)))
        let died = world.now
        let victims = (0..<deaths).map { $0 * members / max(1, deaths) }
        for victim in victims { world.kill(victim) }
        let end = world.now + .seconds(60)
        while world.checker.violation == nil, world.now < end, !world.allSee(members - deaths) {
            world.run(for: .milliseconds(10))
        }
        if world.allSee(members - deaths) { knownAfter = world.now - died }
        world.run(for: .seconds(Int64(seconds)))
        virtualTime = world.now - began
        events = world.eventCount - before
        violation = world.checker.violation
    }
}

extension World {
    /// Whether all that run see so many, themselves among them.
    fileprivate func allSee(_ count: Int) -> Bool {
        processes.indices.allSatisfy {
            !processes[$0].isRunning || processes[$0].engine.membership.view.presentCount + 1 == count
        }
    }
}
