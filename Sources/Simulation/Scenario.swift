package import Basics

/// A kind of history: how many members, what goes wrong, and for how long.
package struct Scenario: Sendable {
    package var name: String
    package var summary: String
    package var nodes: ClosedRange<Int>
    package var seconds: Int
    package var faults: [Nemesis.Fault]
    package var strikeInterval: Interval
    package var hasRole: Bool

    package static let all: [Scenario] = [
        Scenario(
            name: "membership", summary: "any fault, who is here", nodes: 3...7, seconds: 30,
            faults: Nemesis.everything, strikeInterval: .milliseconds(1500), hasRole: false),
        Scenario(
            name: "failover", summary: "any fault, who leads", nodes: 3...7, seconds: 30,
            faults: Nemesis.everything, strikeInterval: .milliseconds(1500), hasRole: true),
        Scenario(
            name: "clean", summary: "kills, starts, leaves on a good network", nodes: 3...7, seconds: 20,
            faults: Nemesis.clean, strikeInterval: .milliseconds(700), hasRole: true),
        Scenario(
            name: "pauses", summary: "stopped and killed processes", nodes: 3...5, seconds: 40,
            faults: Nemesis.pauses, strikeInterval: .milliseconds(1500), hasRole: true),
        Scenario(
            name: "partitions", summary: "cuts, one-way and two-way", nodes: 3...7, seconds: 40,
            faults: Nemesis.partitions, strikeInterval: .milliseconds(2500), hasRole: true),
    ]

    package static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    /// Makes the world of one seed, with members started within a quarter of a second.
    package func world(seed: UInt64, isTraced: Bool = false) -> World {
        var world = World(seed: seed)
        world.trace.isOn = isTraced
        if hasRole { world.roles = ["primary"] }
        let count = nodes.lowerBound + world.draw(nodes.count)
        world.hasMulticast = world.draw(2) == 0
        let seeds = world.hasMulticast ? [] : (0..<count).map { World.address(host: $0) }
        for host in 0..<count {
            world.boot(host: host, seeds: seeds)
            world.run(for: .milliseconds(Int64(world.draw(Swift.max(1, 250 / count)))))
        }
        world.unleash(
            Nemesis(
                faults: faults, interval: strikeInterval, hosts: count, ends: world.now + .seconds(Int64(seconds))))
        return world
    }

    /// Plays one seed to its end.
    package func play(seed: UInt64, isTraced: Bool = false) -> World {
        var world = world(seed: seed, isTraced: isTraced)
        world.run(for: .seconds(Int64(seconds)))
        world.calm()
        return world
    }

    /// The command that plays the seed again, with its trace.
    package func replay(seed: UInt64) -> String {
        var command = "swift run -c release simulate --scenario \(name) --seed \(seed) --trace"
        if let usual = Scenario.named(name) {
            if usual.seconds != seconds { command += " --seconds \(seconds)" }
            if usual.nodes != nodes { command += " --nodes \(nodes.lowerBound)" }
        }
        return command
    }
}

extension World {
    mutating func draw(_ bound: Int) -> Int { generator.below(bound) }
}
