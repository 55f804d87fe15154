import Glibc
import Simulation

/// `simulate`: plays histories of a scenario, one for each seed, and tells which broke a rule.
@main
enum Command {
    static func main() {
        do {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            switch arguments.wanted {
            case .play: exit(try run(arguments) ? 0 : 1)
            case .help: print(usage)
            case .scenarios: print(scenarios)
            case .breaks: print(breaks(of: arguments.scenario))
            }
        } catch {
            complain("simulate: \(error.text); 'simulate --help' tells what there is")
            exit(2)
        }
    }

    /// True only where every rule held and all were of one mind in the end.
    private static func run(_ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        if arguments.scenario == LeaseCommand.name { return try LeaseCommand.run(arguments) }
        if arguments.scenario == TaskCommand.name { return try TaskCommand.run(arguments) }
        guard arguments.hours == nil, arguments.history == nil else {
            throw Arguments.Fault(text: "--hours and --history are for --scenario lease")
        }
        if let broken = arguments.broken { return try runBroken(broken, arguments) }
        let name = arguments.scenario ?? "failover"
        if let report = Report.named(name) { return report.run(arguments) }
        guard var scenario = Scenario.named(name) else { throw unknown(name) }
        scenario.adapt(to: arguments)
        return Histories.play(scenario, arguments)
    }

    private static func runBroken(_ name: String, _ arguments: Arguments) throws(Arguments.Fault) -> Bool {
        if name == "all" {
            guard arguments.scenario == nil else {
                throw Arguments.Fault(text: "--break all plays each rule's own scenario, not --scenario")
            }
            return Breaking.tryAll(arguments)
        }
        guard let mutation = Mutation(rawValue: name) else {
            let names = Mutation.allCases.map(\.rawValue).joined(separator: " ")
            throw Arguments.Fault(text: "nothing named '\(name)' can be broken, only all \(names)")
        }
        let name = arguments.scenario ?? mutation.scenario
        if Report.named(name) != nil {
            throw Arguments.Fault(text: "'\(name)' measures; nothing is to be broken there")
        }
        guard var scenario = Scenario.named(name) else { throw unknown(name) }
        scenario.mutation = mutation
        scenario.adapt(to: arguments)
        return Histories.play(scenario, arguments)
    }

    private static func unknown(_ name: String) -> Arguments.Fault {
        let names = (Scenario.all.map(\.name) + Report.all.map(\.name)).joined(separator: " ")
        return Arguments.Fault(text: "there is no scenario '\(name)', only \(names)")
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

    static let usage = """
        usage: simulate [--scenario NAME] [--seed S | --seeds A..B] [--members N] [--seconds T] [--calm T]
                        [--timeline | --trace] [--break NAME]
               simulate --scenario lease [--hours H] [--seed S] [--history N] [--trace] [--break NAME]
               simulate --scenario lifeguard [--starved 1 | 4 | 8 | 16 | 32] [--seeds A..B]
               simulate --list | [--scenario lease] --list-breaks

        Plays the histories of a scenario in virtual time, one for each seed (1..100 if none is named). Exits with 0
        only where every rule held at every step and all members were of one mind after calm; with 1 where not, and
        tells what happened and how to see it again; with 2 where it was not understood.

          --scenario NAME  what goes wrong: see --list (failover if none is named)
          --members N      that many members instead of the scenario's own number
          --seconds T      things go wrong for that long
          --calm T         and then nothing does for that long
          --timeline       tells what happened, for people
          --trace          tells every message
          --break NAME     switches a rule of the protocol off, which the checks must notice: see --list-breaks;
                           'all' tries each in turn
        """

    static var scenarios: String {
        table(
            Scenario.all.map { ($0.name, $0.summary) } + [
                (LeaseCommand.name, LeaseCommand.summary), (TaskCommand.name, TaskCommand.summary),
            ])
            + "\n\nand, to measure:\n" + table(Report.all.map { ($0.name, $0.summary) })
    }

    /// What can be broken: what holds, and what is done instead.
    private static func breaks(of scenario: String?) -> String {
        table(
            scenario == LeaseCommand.name
                ? LeaseCommand.breaks
                : scenario == TaskCommand.name
                    ? TaskCommand.breaks : Mutation.allCases.map { ($0.rawValue, $0.words) })
    }

    private static func table(_ rows: [(name: String, words: String)]) -> String {
        let width = (rows.map(\.name.utf8.count).max() ?? 0) + 2
        return rows.map { $0.name + String(repeating: " ", count: width - $0.name.utf8.count) + $0.words }
            .joined(separator: "\n")
    }
}

extension Scenario {
    mutating func adapt(to arguments: Arguments) {
        if let members = arguments.members { nodes = members...members }
        if let seconds = arguments.seconds { self.seconds = seconds }
        if let calm = arguments.calmSeconds { calmSeconds = calm }
    }
}
