package import Basics
import Failover
import Lease

/// A kind of history: how many members, what goes wrong, and for how long.
package struct Scenario: Sendable {
    package var name: String
    package var summary: String
    package var nodes: ClosedRange<Int>
    package var seconds = 30
    /// How long nothing goes wrong before the end.
    package var calmSeconds = 20
    package var faults: [Nemesis.Fault] = []
    package var strikeInterval = Interval.milliseconds(1500)
    package var hasRole = true
    /// Of 1000 datagrams so many are lost all the time. Where this is all that goes wrong, no one may be declared dead.
    package var lost = 0
    /// Whether a death is judged whatever is lost meanwhile.
    package var judgesEveryDeath = false
    /// So many clusters share the hosts.
    package var clusters = 1
    /// By so many parts of a million clocks are fast or slow, at most.
    package var driftMost = 0
    /// How many must be there for one to lead, beyond half of all hosts.
    package var needsMajority = false
    /// Whether a lease in a store decides who leads.
    package var isLeased = false
    package var mutation: Mutation?

    /// A view of more would not fit one message.
    package static let membersMost = 16_384

    package static let all: [Scenario] = [
        Scenario("calm", "nothing goes wrong", nodes: 3...10),
        Scenario("loss", "a quarter of all packets of every kind is lost", nodes: 20...30) {
            $0.seconds = 60
            $0.lost = 250
        },
        Scenario("partition", "cuts, one-way and two-way", Nemesis.partitions) {
            $0.strikeInterval = .milliseconds(2500)
        },
        Scenario(
            "asymmetric", "hosts that hear badly, or are badly heard", Nemesis.asymmetric, nodes: 4...8),
        Scenario("pauses", "stopped and killed processes", Nemesis.pauses, nodes: 3...5),
        Scenario("starved", "processes that get too little of their processor", Nemesis.starvation),
        Scenario(
            "standing", "stopped and starved processes, and a quarter of all packets of every kind is lost",
            Nemesis.standing
        ) {
            $0.lost = 250
            $0.judgesEveryDeath = true
            $0.strikeInterval = .milliseconds(4000)
        },
        Scenario("churn", "kills, starts, leaves on a good network", Nemesis.churn) {
            $0.strikeInterval = .milliseconds(700)
        },
        Scenario(
            "storm", "half of all members restart at once, again and again", Nemesis.storms, nodes: 6...12
        ) {
            $0.strikeInterval = .milliseconds(2000)
        },
        Scenario("duplicates", "ids that are given twice", Nemesis.duplicates, nodes: 3...6),
        Scenario("liars", "firewalls that reset connections of the living", Nemesis.lies, nodes: 4...8),
        Scenario("clocks", "clocks up to 1 % fast or slow, and any fault", Nemesis.everything) {
            $0.driftMost = 10_000
        },
        Scenario("strangers", "two clusters on the same hosts, and any fault", Nemesis.everything) {
            $0.clusters = 2
        },
        Scenario(
            "wishes", "hand-overs, pauses of the role, hosts that are not ready or decline", Nemesis.wishes
        ) {
            $0.strikeInterval = .milliseconds(700)
        },
        Scenario("quorum", "any fault, and only a majority has a primary", Nemesis.everything) {
            $0.needsMajority = true
        },
        Scenario(
            "leased", "a lease in a store decides, and any fault of it, too", Nemesis.leased, nodes: 2...6
        ) {
            $0.isLeased = true
            $0.strikeInterval = .milliseconds(1000)
        },
        Scenario("membership", "any fault, who is here", Nemesis.everything) { $0.hasRole = false },
        Scenario("failover", "any fault, who leads", Nemesis.everything),
        Scenario(
            "short", "any fault, in quick succession and for a few seconds", Nemesis.everything, nodes: 3...5
        ) {
            $0.seconds = 3
            $0.calmSeconds = 12
            $0.strikeInterval = .milliseconds(200)
        },
    ]

    private init(
        _ name: String, _ summary: String, _ faults: [Nemesis.Fault] = [], nodes: ClosedRange<Int> = 3...7,
        _ set: (inout Scenario) -> Void = { _ in }
    ) {
        self.name = name
        self.summary = summary
        self.faults = faults
        self.nodes = nodes
        set(&self)
    }

    package static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    /// Makes the world of one seed, with members started within a quarter of a second.
    package func world(seed: UInt64, prepare: (inout World) -> Void = { _ in }) -> World {
        var world = World(seed: seed)
        prepare(&world)
        world.mutation = mutation
        world.driftMost = driftMost
        if hasRole { world.roles = ["primary"] }
        let count = nodes.lowerBound + world.draw(nodes.count)
        if needsMajority { world.failoverSettings.quorum = count / 2 + 1 }
        if isLeased { world.drawLeases(broken: mutation?.leaseBreak) }
        world.hasMulticast = world.draw(2) == 0 && count <= 100
        let seeds = world.hasMulticast ? [] : (0..<min(count, 10)).map { World.address(host: $0) }
        for host in 0..<count {
            world.boot(host: host, cluster: host % clusters, seeds: seeds)
            world.run(for: .milliseconds(Int64(world.draw(Swift.max(1, 250 / count)))))
        }
        if lost > 0 {
            world.run(for: .seconds(5))
            var conditions = Network.Conditions()
            conditions.lost = lost
            world.worsen(conditions)
        }
        world.judgesEveryDeath = judgesEveryDeath
        if !faults.isEmpty {
            let ends = world.now + .seconds(Int64(seconds))
            world.unleash(
                Nemesis(
                    faults: faults, interval: strikeInterval, hosts: count, clusters: clusters, ends: ends))
        }
        return world
    }

    /// Plays one seed to its end.
    package func play(seed: UInt64, prepare: (inout World) -> Void = { _ in }) -> World {
        var world = world(seed: seed, prepare: prepare)
        world.run(for: .seconds(Int64(seconds)))
        if faults.isEmpty, world.checker.falseDeaths > 0 {
            world.fail(
                .falseDeath, "\(world.checker.falseDeaths) living members were declared dead for lost packets"
            )
        }
        world.calm(for: .seconds(Int64(calmSeconds)))
        world.choose()
        return world
    }

    /// The command that plays the seed again, with what happens in it.
    package func replay(seed: UInt64) -> String {
        var command = "swift run -c release simulate --scenario \(name) --seed \(seed)"
        if let mutation { command += " --break \(mutation.rawValue)" }
        if let usual = Scenario.named(name) {
            if usual.nodes != nodes { command += " --members \(nodes.lowerBound)" }
            if usual.seconds != seconds { command += " --seconds \(seconds)" }
            if usual.calmSeconds != calmSeconds { command += " --calm \(calmSeconds)" }
        }
        return command + " --timeline"
    }
}

extension World {
    mutating func draw(_ bound: Int) -> Int { generator.below(bound) }
}
