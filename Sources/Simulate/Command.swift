import Basics
import Glibc
import Simulation

/// `simulate`: plays histories of a scenario, one for each seed, and tells which broke a rule.
@main
struct Command {
    var scenario = "failover"
    var seeds: ClosedRange<UInt64> = 1...100
    var isTraced = false
    var nodes: Int?
    var seconds: Int?
    var calmSeconds: Int?

    static func main() {
        if let isWell = LeaseCommand.run(Array(CommandLine.arguments.dropFirst())) { exit(isWell ? 0 : 1) }
        guard let command = Command(CommandLine.arguments.dropFirst()) else {
            print(usage)
            exit(2)
        }
        exit(command.run() ? 0 : 1)
    }

    private init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let flag = rest.popFirst() {
            if flag == "--trace" {
                isTraced = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch flag {
            case "--scenario": scenario = value
            case "--seed":
                guard let seed = UInt64(value) else { return nil }
                seeds = seed...seed
            case "--seeds":
                let ends = value.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
                guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
                    return nil
                }
                seeds = first...last
            case "--nodes":
                guard let count = Int(value), count > 0 else { return nil }
                nodes = count
            case "--seconds":
                guard let count = Int(value), count > 0 else { return nil }
                seconds = count
            case "--calm":
                guard let count = Int(value), count > 0 else { return nil }
                calmSeconds = count
            default: return nil
            }
        }
    }

    private func run() -> Bool {
        if scenario == "cost" { return reportCosts() }
        if scenario == "detection" { return reportDetection() }
        guard var chosen = Scenario.named(scenario) else {
            print(Command.usage)
            return false
        }
        if let nodes { chosen.nodes = nodes...nodes }
        if let seconds { chosen.seconds = seconds }
        if let calmSeconds { chosen.calmSeconds = calmSeconds }
        return play(chosen)
    }

    private func play(_ scenario: Scenario) -> Bool {
        let began = Command.clock()
        var sum = Sum()
        for seed in seeds {
            let world = scenario.play(seed: seed, isTraced: isTraced)
            if isTraced { for line in world.trace.lines { print(line) } }
            sum.add(world)
            guard let violation = world.checker.violation else { continue }
            print("seed \(seed), \(Trace.clock(violation.at)): \(violation.text)")
            print("    \(scenario.replay(seed: seed))")
        }
        sum.report(scenario.name, took: Command.clock() - began)
        return sum.broken == 0
    }

    /// How soon a loss is known to all others, over many seeds.
    private func reportDetection() -> Bool {
        var isWell = true
        for loss in Detection.Loss.allCases {
            let detection = Detection.measure(loss, nodes: nodes ?? 3, seeds: seeds)
            print(
                """
                \(loss.words): median \(detection.median.milliseconds) ms, \
                99 of 100 within \(detection.late.milliseconds) ms, at most \(detection.most.milliseconds) ms \
                (\(detection.times.count) times, \(detection.missed) missed)
                """)
            if detection.missed > 0 { isWell = false }
        }
        return isWell
    }

    /// What joining and idling cost in clusters of several sizes.
    private func reportCosts() -> Bool {
        var isWell = true
        for count in nodes.map({ [$0] }) ?? [3, 30, 100] {
            let began = Command.clock()
            let cost = Cost.measure(nodes: count, seed: seeds.lowerBound, idleSeconds: seconds ?? 30)
            let took = Command.clock() - began
            let joined = cost.joined.map { "\($0.milliseconds) ms" } ?? "never"
            print(
                """
                \(count) nodes through one seed, started within a second: of one mind after \(joined)
                    until then per node (and at most): \(cost.joinPackets) datagrams, \(cost.joinBytes) bytes, \
                \(cost.joinRequests) requests
                    idle, per node and second: \(cost.idlePackets) datagrams, \(cost.idleBytes) bytes, \
                \(cost.idleTicks) wake-ups
                    \(cost.events) events, \(Int(Double(cost.events) / took / 1000)) thousand a second
                """)
            if cost.joined == nil { isWell = false }
        }
        return isWell
    }

    /// Seconds of the machine's own clock, to say how fast this is.
    static func clock() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static var usage: String {
        var text = """
            usage: simulate [--scenario NAME] [--seeds A..B | --seed S] [--trace]
                            [--nodes N] [--seconds T] [--calm T]

            """
        text += "\n  detection: how soon a loss is known to all"
        text += "\n  cost: what joining and idling cost in datagrams"
        for scenario in Scenario.all { text += "\n  \(scenario.name): \(scenario.summary)" }
        return text
    }
}

/// What many histories come to.
struct Sum {
    var histories = 0
    var broken = 0
    var events = 0
    var virtualSeconds = 0.0
    var packets = 0
    var promotions = 0
    var overlaps = 0
    var suspicions = 0
    var falseDeaths = 0

    mutating func add(_ world: World) {
        histories += 1
        events += world.eventCount
        virtualSeconds += Double(world.now.nanoseconds) / 1e9
        packets += world.packetCount
        promotions += world.checker.promotions
        overlaps += world.checker.overlaps
        suspicions += world.checker.suspicions
        falseDeaths += world.checker.falseDeaths
        if world.checker.violation != nil { broken += 1 }
    }

    func report(_ name: String, took seconds: Double) {
        print(
            """
            \(name): \(histories) histories, \(broken) broken; \(Int(virtualSeconds)) virtual seconds in \
            \(Sum.tenths(seconds)) s, \(events) events, \(Int(Double(events) / seconds / 1000)) thousand a second
            \(packets) datagrams, \(promotions) promotions, \(overlaps) overlaps met, \(suspicions) suspicions, \
            \(falseDeaths) living declared dead
            """)
    }

    static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Cost.Share: CustomStringConvertible {
    package var description: String { "\(Sum.tenths(average)) (\(Sum.tenths(most)))" }
}
