import ArgumentParser
import CSupervisor
import Node
import Options

struct WitnessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Vote, and do nothing else: the third voter of two nodes.",
        discussion: """
            A member with no role. Its id must stand in 'failover.voters', the same list on all nodes, and it needs a \
            'state_dir'. TERM and INT leave the cluster in good order.
            """)

    @Flag(help: "Print events as JSON, one on each line.")
    var json = false

    @ArgumentParser.OptionGroup var join: JoinFlags

    func run() throws {
        var options = try join.options()
        do throws(OptionError) {
            if try options.origin("failover.authority") == .fallback {
                try options.set("failover.authority", "majority")
            }
            try checkVote(try options.settings())
        } catch {
            throw Trouble(error)
        }
        let signals = command_signals()
        let node = try options.join()
        try join.log.follow(node)
        try Agent(node: node, signals: signals, isJson: json).run()
    }

    private func checkVote(_ settings: Settings) throws(OptionError) {
        guard let voters = settings.failoverVoters.last, let id = settings.nodeId, voters.contains(id) else {
            throw OptionError(
                .contradiction, "a witness needs a 'node_id' that stands in 'failover.voters'")
        }
    }
}
