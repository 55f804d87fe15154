import Glibc
import Simulation

/// `simulate`: plays histories of a scenario, one for each seed, and tells which broke a rule.
@main
enum Command {
    static func main() {
        do {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            if arguments.isHelp {
                print(usage)
                exit(0)
            }
            exit(try run(arguments) ? 0 : 1)
        } catch {
            complain("simulate: \(error.text); 'simulate --help' tells what there is")
            exit(2)
        }
    }

    /// True only where every rule held and all were of one mind in the end.
    private static func run(_ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        if let broken = arguments.broken { return try runBroken(broken, arguments) }
        let name = arguments.scenario ?? "failover"
        if let report = Report.named(name) { return report.run(arguments) }
        guard var scenario = Scenario.named(name) else {
            let names = (Scenario.all.map(\.name) + Report.all.map(\.name)).joined(separator: " ")
            throw Arguments.Fault(text: "there is no scenario '\(name)', only \(names)")
        }
        scenario.adapt(to: arguments)
        return Histories.play(scenario, arguments)
    }

    private static func runBroken(_ name: String, _ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        if name == "all" { return Breaking.tryAll(arguments) }
        guard let mutation = Mutation(rawValue: name) else {
            let names = Mutation.allCases.map(\.rawValue).joined(separator: " ")
            throw Arguments.Fault(text: "nothing named '\(name)' can be broken, only all \(names)")
        }
        guard var scenario = Scenario.named(arguments.scenario ?? mutation.scenario) else {
            throw Arguments.Fault(text: "there is no scenario '\(arguments.scenario ?? "")'")
        }
        scenario.mutation = mutation
        scenario.adapt(to: arguments)
        return Histories.play(scenario, arguments)
    }

    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// Seconds of the processor that this process had, to say how fast it is whatever else runs.
    static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most memory that this process ever had, in MiB.
    static func memoryPeak() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }

    static var usage: String {
        var text = """
            usage: simulate [--scenario NAME] [--seed S | --seeds A..B] [--members N] [--seconds T] [--calm T]
                            [--timeline | --trace] [--break RULE]

            Plays the histories of a scenario in virtual time, one for each seed (1..100 if none is named). Exits with
            0 only where every rule held at every step and all members were of one mind after calm.

              --timeline   tells what happened, for people
              --trace      tells every message
              --members N  that many members instead of the scenario's own number
              --seconds T  things go wrong for that long
              --calm T     and then nothing does for that long
              --break RULE switches a rule of the protocol off, which the checks must notice; 'all' tries each

            scenarios:

            """
        let width = 18
        func row(_ name: String, _ words: String) -> String {
            "\n  " + name + String(repeating: " ", count: max(1, width - name.utf8.count)) + words
        }
        for scenario in Scenario.all { text += row(scenario.name, scenario.summary) }
        text += "\n\nmeasurements:\n"
        for report in Report.all { text += row(report.name, report.summary) }
        text += "\n\nwhat can be broken (what holds: what is done instead):\n"
        for mutation in Mutation.allCases { text += row(mutation.rawValue, mutation.words) }
        return text
    }
}

extension Scenario {
    mutating func adapt(to arguments: Arguments) {
        if let members = arguments.members { nodes = members...members }
        if let seconds = arguments.seconds { self.seconds = seconds }
        if let calm = arguments.calmSeconds { calmSeconds = calm }
    }
}
