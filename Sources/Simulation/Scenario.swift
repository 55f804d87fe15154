package import Basics

/// A kind of history: how many members, what goes wrong, and for how long.
package struct Scenario: Sendable {
    package var name: String
    package var summary: String
    package var nodes: ClosedRange<Int>
    package var seconds: Int
    /// How long nothing goes wrong before the end.
    package var calmSeconds = 20
    package var faults: [Nemesis.Fault]
    package var strikeInterval: Interval
    package var hasRole: Bool
    /// Of 1000 datagrams so many are lost all the time. Where this is all that goes wrong, no one may be declared dead.
    package var lost: Int

    package static let all: [Scenario] = [
        Scenario("membership", "any fault, who is here", Nemesis.everything, hasRole: false),
        Scenario("failover", "any fault, who leads", Nemesis.everything),
        Scenario(
            "clean", "kills, starts, leaves on a good network", Nemesis.clean, nodes: 3...7, strike: 700),
        Scenario("pauses", "stopped and killed processes", Nemesis.pauses, nodes: 3...5),
        Scenario("partitions", "cuts, one-way and two-way", Nemesis.partitions, strike: 2500),
        Scenario(
            "short", "any fault, in quick succession and for a few seconds", Nemesis.everything, nodes: 3...5,
            seconds: 3, calm: 6, strike: 200),
        Scenario("lossy", "a quarter of all datagrams is lost", [], nodes: 30...30, seconds: 120, lost: 250),
    ]

    private init(
        _ name: String, _ summary: String, _ faults: [Nemesis.Fault], nodes: ClosedRange<Int> = 3...7,
        seconds: Int = 30, calm: Int = 20, strike: Int64 = 1500, hasRole: Bool = true,
        lost: Int = 0
    ) {
        self.name = name
        self.summary = summary
        self.faults = faults
        self.nodes = nodes
        self.seconds = seconds
        calmSeconds = calm
        strikeInterval = .milliseconds(strike)
        self.hasRole = hasRole
        self.lost = lost
    }

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
        if lost > 0 {
            world.run(for: .seconds(5))
            var conditions = Network.Conditions()
            conditions.lost = lost
            world.worsen(conditions)
        }
        if !faults.isEmpty {
            let ends = world.now + .seconds(Int64(seconds))
            world.unleash(Nemesis(faults: faults, interval: strikeInterval, hosts: count, ends: ends))
        }
        return world
    }

    /// Plays one seed to its end.
    package func play(seed: UInt64, isTraced: Bool = false) -> World {
        var world = world(seed: seed, isTraced: isTraced)
        world.run(for: .seconds(Int64(seconds)))
        if faults.isEmpty, world.checker.falseDeaths > 0 {
            world.fail("\(world.checker.falseDeaths) living members were declared dead for lost datagrams")
        }
        world.calm(for: .seconds(Int64(calmSeconds)))
        return world
    }

    /// The command that plays the seed again, with its trace.
    package func replay(seed: UInt64) -> String {
        var command = "swift run -c release simulate --scenario \(name) --seed \(seed) --trace"
        if let usual = Scenario.named(name) {
            if usual.seconds != seconds { command += " --seconds \(seconds)" }
            if usual.calmSeconds != calmSeconds { command += " --calm \(calmSeconds)" }
            if usual.nodes != nodes { command += " --nodes \(nodes.lowerBound)" }
        }
        return command
    }
}

extension World {
    mutating func draw(_ bound: Int) -> Int { generator.below(bound) }
}
