package import Basics
package import Lease

/// One history from one seed: spells of trouble, each followed by calm.
package enum LeaseHistory {
    /// Ten minutes.
    package static let length = Interval.seconds(600)

    package static func play(
        seed: UInt64, length: Interval = LeaseHistory.length, broken: LeaseBreak? = nil,
        isTraced: Bool = false
    ) -> LeaseWorld {
        let scenario = LeaseScenario.drawn(seed: seed, broken: broken)
        return play(scenario, seed: seed, length: length, isTraced: isTraced)
    }

    package static func play(
        _ scenario: LeaseScenario, seed: UInt64, length: Interval = LeaseHistory.length,
        isTraced: Bool = false
    ) -> LeaseWorld {
        var world = LeaseWorld(scenario: scenario, seed: seed)
        world.isTraced = isTraced
        let end = world.now + length
        while world.now < end, world.checker.violation == nil {
            world.run(until: world.now + .seconds(60))
            // Who does not wait for the voters of one list before he orders the next is promised no primary.
            if !scenario.hurries { world.calm() }
        }
        return world
    }

    /// The seed of the history with this number.
    package static func seed(_ seed: UInt64, history: UInt64) -> UInt64 {
        var hash = Fnv1a()
        hash.add(seed)
        hash.add(history)
        return hash.value
    }
}
