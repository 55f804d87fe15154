package import Basics
import Engine
import Membership

/// The experiment of Dadgar, Phillips and Currey (Lifeguard, DSN 2018, section V) with 128 members: some of them stand
/// still and run in turns for two minutes, again and again, and the others, who are well, should not suffer for it.
///
/// As there, what is said of those that stand still is no mistake; what is said of the others is, whoever says it.
package struct Starving: Sendable {
    package static let members = 128
    /// The grid of that paper: how long they stand still and run, in milliseconds.
    package static let stops: [Int64] = [128, 512, 2048, 8192, 16_384, 32_768]
    package static let runs: [Int64] = [1, 4, 16, 64, 256, 1024, 4096, 16_384]

    package private(set) var histories = 0
    /// Members that are well, declared dead: by anybody, and by others that are well.
    package private(set) var falseDeaths = 0
    package private(set) var falseDeathsAtHealthy = 0
    /// The same of those called unresponsive, which costs a primary its role.
    package private(set) var falseUnresponsive = 0
    package private(set) var falseUnresponsiveAtHealthy = 0
    package private(set) var suspicions = 0
    /// Whether all were of one mind again in each of them.
    package private(set) var unsettled = 0

    package init() {}

    package mutating func play(starved: Int, stops: Interval, runs: Interval, seed: UInt64) {
        var world = Scale.world(members: Starving.members, seed: seed)
        world.isJudging = true
        world.run(for: .seconds(15))
        // Mistakes are counted here, and end nothing.
        world.taintAll()
        let victims = Set((0..<Starving.members).shuffled(using: &world.generator).prefix(starved))
        let ends = world.now + .seconds(120)
        for victim in victims.sorted() {
            world.starve(victim, Starvation(stops: stops, runs: runs, ends: ends))
        }
        world.run(until: ends)
        world.calm(for: .seconds(30))
        histories += 1
        suspicions += world.checker.suspicions
        if world.checker.violation != nil { unsettled += 1 }
        for verdict in world.verdicts where !victims.contains(verdict.subject) {
            let isHealthy = !victims.contains(verdict.observer)
            if verdict.kind == .dead {
                falseDeaths += 1
                falseDeathsAtHealthy += isHealthy ? 1 : 0
            } else {
                falseUnresponsive += 1
                falseUnresponsiveAtHealthy += isHealthy ? 1 : 0
            }
        }
    }
}

/// How soon real trouble of several at once is known to the first, and to all others.
package struct Noticing: Sendable {
    package private(set) var first: [Interval] = []
    package private(set) var full: [Interval] = []
    /// Of how many not all knew within a minute.
    package private(set) var missed = 0

    package enum Trouble: Sendable {
        /// The process stands still, its kernel answers: to be called unresponsive.
        case stopped
        /// The host has lost its power: to be declared dead.
        case silent
    }

    package init() {}

    package mutating func play(_ trouble: Trouble, of count: Int, seed: UInt64) {
        var world = Scale.world(members: Starving.members, seed: seed)
        world.isJudging = true
        world.run(for: .milliseconds(15_000 + Int64(world.draw(1000))))
        let victims = (0..<Starving.members).shuffled(using: &world.generator).prefix(count).sorted()
        let began = world.now
        for victim in victims {
            switch trouble {
            case .stopped: world.pause(victim)
            case .silent: world.crash(host: world.processes[victim].host)
            }
        }
        world.run(for: .seconds(trouble == .stopped ? 25 : 60))
        let observers = Starving.members - count
        for victim in victims {
            let times = world.verdicts.filter {
                $0.subject == victim && $0.kind == (trouble == .stopped ? .unresponsive : .dead)
            }.map { $0.at - began }.sorted()
            guard let soonest = times.first, let last = times.last, times.count >= observers else {
                missed += 1
                continue
            }
            first.append(soonest)
            full.append(last)
        }
    }
}
