import ArgumentParser
import CSupervisor
import Node
import Options

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command on the one node that is primary of a role.",
        discussion: """
            The command starts when this node becomes primary, with MUSTER_ROLE, MUSTER_TOKEN, \
            MUSTER_NODE_ID and MUSTER_CLUSTER in its environment. When the role goes, it gets TERM, and KILL \
            after the grace time; the next node starts it when nothing of it is left here, its children \
            included. It must stay in the foreground: what it leaves behind when it ends is ended too. One that \
            joins the cluster itself needs a node_id of its own, or the library takes MUSTER_NODE_ID for it.

            When it ends by itself, the role is handed to the next node; where there is none, it is started \
            again after a pause that grows from one second to thirty. TERM and INT end the command, leave \
            the cluster, and make its status that of 'muster run'; a second one kills it at once. HUP, USR1 \
            and USR2 are passed on.

            When 'muster run' itself is killed, its command gets TERM and, after the grace time, KILL (at once, \
            where it was ending already); another node may start meanwhile. Where a lease decides (--failover-authority store or majority) and \
            is lost, the command has a third of it to end: then it is killed, and 'muster run' ends with \
            status 70 (unless --failover-on-lost report). Pass MUSTER_TOKEN to whatever the command writes to, and let \
            that refuse a token lower than one it has seen.
            """)

    @Option(help: "The role that the command belongs to.")
    var role = "primary"

    @Option(help: "How long the command may take to end before it is killed.")
    var grace: Duration = Duration(ms: 10_000)

    @Flag(help: "Start the command again here when it ends, instead of handing the role over.")
    var restart = false

    @Argument(parsing: .postTerminator, help: "The command and its arguments, behind '--'.")
    var command: [String]

    @ArgumentParser.OptionGroup var join: JoinFlags

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("name the command behind '--'") }
    }

    func run() throws {
        let options = try withTimeToStop(try join.options())
        let signals = command_signals()
        let node = try options.join()
        try join.log.follow(node)
        let seat: Seat
        do { seat = try node.openSeat(role: role) } catch { throw Trouble(error) }
        let environment = [
            ("MUSTER_ROLE", role), ("MUSTER_NODE_ID", node.id),
            ("MUSTER_CLUSTER", try options.text(of: .cluster) ?? ""),
        ]
        let held = HeldCommand(
            command.count, environment: environment, graceMs: grace.ms, signals: signals, named: role)
        let runner = Runner(node: node, seat: seat, command: held, restartsHere: restart)
        throw ExitCode(try runner.run())
    }

    /// The role must not move on while the command has time left to end.
    private func withTimeToStop(_ options: Options) throws -> Options {
        var options = options
        do throws(OptionError) {
            let key = OptionKey.failoverDemoteTimeout.rawValue
            if try options.origin(key) == .fallback {
                try options.set(key, "\(grace.ms + 5000)ms")
            } else if let allowed = parseDuration(try options.get(key)), allowed <= grace.ms * 1_000_000 {
                throw OptionError(
                    .contradiction,
                    "option '\(key)' must be longer than --grace \(grace.defaultValueDescription)")
            }
            // Under a lease another begins in time, whether the command has ended or not.
            let lost = OptionKey.failoverOnLost.rawValue
            if try options.get(OptionKey.failoverAuthority.rawValue) != "members",
                try options.origin(lost) == .fallback
            {
                try options.set(lost, "exit")
            }
        } catch {
            throw Trouble(error)
        }
        return options
    }
}
