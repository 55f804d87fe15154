import Simulation

/// Plays one history for each seed and tells which broke a rule.
enum Histories {
    static func play(_ scenario: Scenario, _ arguments: Arguments) -> Bool {
        let began = Command.processorTime()
        var sum = Sum()
        for seed in arguments.seeds ?? 1...100 {
            let world = scenario.play(seed: seed) {
                $0.timeline.isOn = arguments.isTold
                $0.trace.isOn = arguments.isTraced
            }
            for line in arguments.isTraced ? world.trace.lines : world.timeline.lines { print(line) }
            sum.add(world)
            guard let violation = world.checker.violation else { continue }
            // The first is told whole: what happened can be seen only by playing it again.
            if sum.broken == 1, !arguments.isTold, !arguments.isTraced {
                let again = scenario.play(seed: seed) { $0.timeline.isOn = true }
                for line in again.timeline.lines { print(line) }
            }
            print(
                """
                seed \(seed), \(Trace.clock(violation.at)): \(violation.rule.rawValue) (\(violation.rule.words)) \
                is broken: \(violation.text)
                    \(scenario.replay(seed: seed))
                """)
        }
        sum.report(scenario.name, took: Command.processorTime() - began)
        return sum.broken == 0
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
    var unresponsive = 0
    var falseDeaths = 0
    var settled: [Int64] = []

    mutating func add(_ world: World) {
        histories += 1
        events += world.eventCount
        virtualSeconds += Double(world.now.nanoseconds) / 1e9
        packets += world.packetCount
        promotions += world.checker.promotions
        overlaps += world.checker.overlaps
        suspicions += world.checker.suspicions
        unresponsive += world.checker.unresponsive
        falseDeaths += world.checker.falseDeaths
        if let settledAfter = world.settledAfter { settled.append(settledAfter.milliseconds) }
        if world.checker.violation != nil { broken += 1 }
    }

    func report(_ name: String, took seconds: Double) {
        let sorted = settled.sorted()
        let middle = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        print(
            """
            \(name): \(histories) histories, \(broken) broken; of one mind after the last fault within \
            \(middle) ms (median), \(sorted.last ?? 0) ms (at most)
            \(Int(virtualSeconds)) virtual seconds in \(tenths(seconds)) s, \(events) events, \
            \(Int(Double(events) / seconds / 1000)) thousand a second
            \(packets) datagrams, \(promotions) promotions, \(overlaps) overlaps met, \(suspicions) suspicions, \
            \(unresponsive) called unresponsive, \(falseDeaths) living declared dead
            """)
    }
}

/// A number with one place.
func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
}
