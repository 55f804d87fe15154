import Simulation
import Tasks

/// `--scenario tasks`: tasks and jobs on a few nodes, under each authority.
enum TaskCommand {
    static let name = "tasks"
    static let summary =
        "tasks and jobs: deaths, pauses, cut-off nodes, a store that answers too late or never"

    static var breaks: [(name: String, words: String)] { TaskBreak.allCases.map { ($0.rawValue, $0.words) } }

    /// True where all held.
    static func run(_ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        let broken = try arguments.broken.map { (name) throws(Arguments.Fault) in
            guard let broken = TaskBreak(rawValue: name) else {
                throw Arguments.Fault(text: "nothing named '\(name)' can be broken in '\(Self.name)'")
            }
            return broken
        }
        let began = Command.processorTime()
        var (histories, failed, events, runs, repeats) = (0, 0, 0, 0, 0)
        var (orders, stuck) = (0, 0)
        for seed in arguments.seeds ?? 1...100 {
            var world = TaskWorld(scenario: TaskScenario(seed: seed, broken: broken), seed: seed)
            world.isTraced = arguments.isTraced || arguments.isTold
            world.tellsMail = arguments.isTraced
            world.play()
            for line in world.trace { print(line) }
            histories += 1
            events += world.eventCount
            runs += world.checker.runs
            repeats += world.checker.repeats
            orders += world.checker.orders
            stuck += world.checker.stuck
            guard let violation = world.checker.violation else { continue }
            failed += 1
            let rule = broken.map { " --break \($0.rawValue)" } ?? ""
            print(
                "seed \(seed), \(violation.at.nanoseconds / 1_000_000) ms, \(world.scenario.authority), "
                    + "\(world.scenario.resolver.rawValue): \(violation.text)"
            )
            print("    simulate --scenario tasks --seed \(seed)\(rule) --timeline")
        }
        for kind in ResolverSettings.Kind.allCases {
            let seed = arguments.seeds?.lowerBound ?? 1
            let movement = TaskMovement(kind, seed: seed, broken: broken)
            guard let violation = movement.violation else { continue }
            failed += 1
            print("200 tasks on 5 nodes, \(kind.rawValue), seed \(seed): \(violation)")
        }
        let took = Command.processorTime() - began
        print(
            """
            tasks: \(histories) histories, \(failed) broken; \(events) events in \(tenths(took)) s; \
            \(runs) runs of jobs, \(repeats) of them tried again; \(orders) orders obeyed, \(stuck) stops too late
            """)
        return failed == 0
    }
}
