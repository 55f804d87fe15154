import ArgumentParser
import CSupervisor
import Node
import Options

struct DaemonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "daemon",
        abstract: "Keep a command running on one node of the cluster.",
        discussion: """
            Of all nodes that offer the daemon under one name, one has it and runs the command, with MUSTER_TASK, \
            MUSTER_TOKEN, MUSTER_NODE_ID and MUSTER_CLUSTER in its environment. Which node has which \
            daemon is a matter of the option tasks.resolver; 'muster run' ties a command to a role instead. It must stay \
            in the foreground: what it leaves behind when it ends is ended too.

            When it ends by itself the daemon has failed here, and another node starts it; this one does after a pause \
            that grows from one second to thirty. With --completes status 0 means that nothing is left to do, on no \
            node. When the daemon goes elsewhere the command gets TERM, and KILL after the stop time; the next node \
            starts it when nothing of it is left here.

            TERM and INT end the command, leave the cluster, and make its status that of 'muster daemon'; a second one \
            kills it at once. HUP, USR1 and USR2 are passed on.
            """)

    @Flag(help: "Status 0 completes the daemon: no node starts it again.")
    var completes = false

    @Option(help: "How long the command may take to end before it is killed.")
    var stopTimeout: Duration = Duration(ms: 10_000)

    @ArgumentParser.OptionGroup var task: TaskFlags
    @ArgumentParser.OptionGroup var join: JoinFlagsOf<RowsWithoutName>

    private var stopMs: Int64 { stopTimeout.ms + 5000 }

    func run() throws {
        try task.check(.daemon, stopMs: stopMs)
        let options = try join.options().withTimeToLeave(stopMs)
        let signals = command_signals()
        let node = try options.join()
        try join.log.follow(node)
        let environment = [
            ("MUSTER_TASK", task.name), ("MUSTER_NODE_ID", node.id),
            ("MUSTER_CLUSTER", try options.text(of: .cluster) ?? ""),
        ]
        let command = HeldCommand(
            task.command.count, environment: environment, graceMs: stopTimeout.ms, signals: signals,
            named: task.name)
        let runner = DaemonRunner(node: node, command: command, name: task.name, completes: completes)
        throw ExitCode(try runner.run(options: task.text(stopMs: stopMs)))
    }
}
