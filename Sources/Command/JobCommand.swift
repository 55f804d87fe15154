import ArgumentParser
import CSupervisor
import Node
import Options

struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Run a command at the moments of a schedule, on one node of the cluster.",
        discussion: """
            A cron for the cluster: of all nodes that offer the job under one name, one has it and runs the command, \
            with MUSTER_TASK, MUSTER_OCCURRENCE, MUSTER_MOMENT (for when it was meant, RFC 3339 in UTC), \
            MUSTER_ATTEMPT, MUSTER_TOKEN, MUSTER_NODE_ID and MUSTER_CLUSTER in its environment. Status 0 is done. \
            Another status is a failure: the next node tries the same occurrence again, with the next attempt, up to \
            the option attempts (3). A run whose node dies is tried again too, unless delivery=at_most_once is given.

            Words of docs/schedules.md may follow a schedule: --cron '0 0 3 * * * zone=Europe/Berlin', --every '5s repeat=9'.

            When the job goes elsewhere, or TERM or INT comes, a run under way may come to its end; after the stop \
            time it gets TERM, and KILL five seconds later. A second TERM or INT kills it at once. HUP, USR1 and USR2 \
            are passed on.
            """)

    @Option(help: "Run every so often, like 5s.")
    var every: String?

    @Option(help: "Run by a cron expression of 5, 6 or 7 columns, like '0 */5 * * * *'.")
    var cron: String?

    @Option(help: "Run once, at a time like 2026-12-24T18:00:00Z.")
    var at: String?

    @Option(help: "Run once, so long from now, like 10m.")
    var `in`: String?

    @Option(help: "Run by a schedule as docs/schedules.md describes it.")
    var schedule: String?

    @Option(help: "How long a run under way may go on when the job goes elsewhere or the node leaves.")
    var stopTimeout: Duration = Duration(ms: 20_000)

    @ArgumentParser.OptionGroup var task: TaskFlags
    @ArgumentParser.OptionGroup var join: JoinFlagsOf<RowsWithoutName>

    /// Between TERM and KILL.
    private static let graceMs: Int64 = 5000
    private var stopMs: Int64 { stopTimeout.ms + Self.graceMs + 5000 }

    private var schedules: [String] {
        [every.map { "every " + $0 }, cron, at.map { "at " + $0 }, `in`.map { "in " + $0 }, schedule]
            .compactMap { $0 }
    }

    func validate() throws {
        guard schedules.count == 1 else {
            throw ValidationError("say when by one of --every, --cron, --at, --in and --schedule")
        }
    }

    func run() throws {
        let text = schedules.joined()
        try task.check(.job, schedule: text, stopMs: stopMs)
        let options = try join.options().withTimeToLeave(stopMs)
        let signals = command_signals()
        let node = try options.join()
        try join.log.follow(node)
        let environment = [
            ("MUSTER_TASK", task.name), ("MUSTER_NODE_ID", node.id),
            ("MUSTER_CLUSTER", try options.text(of: .cluster) ?? ""),
        ]
        let command = HeldCommand(
            task.command.count, environment: environment, graceMs: Self.graceMs, signals: signals,
            named: task.name, mayFinish: true)
        let runner = JobRunner(node: node, command: command, stopTimeoutMs: stopTimeout.ms)
        throw ExitCode(
            try runner.run(task.name, schedule: text, options: task.text(stopMs: stopMs)))
    }
}
