import ArgumentParser
import Glibc
import Node

struct MembersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "members", abstract: "Show who is in the cluster, as a node of this machine sees it.")

    @Flag(help: "Print a JSON array.")
    var json = false

    @Flag(help: "Print again whenever something changes.")
    var watch = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        let terminal = Terminal()
        guard watch else { return show(try client.ask("members"), terminal) }
        guard let events = Client(path: client.path) else { throw Trouble(.noNode, "the node has gone") }
        _ = try events.ask("events")
        var isFirst = true
        while true {
            let members = try client.ask("members")
            // A terminal shows the present; a pipe gets one list after the other.
            if terminal.isTerminal {
                Output.print(Terminal.clear)
            } else if !isFirst, !json {
                Output.print("")
            }
            show(members, terminal)
            isFirst = false
            try waitForChange(events, terminal)
        }
    }

    private func show(_ answer: (text: String, json: Json), _ terminal: Terminal) {
        Output.print(json ? answer.text : MemberTable.text(answer.json, terminal))
    }

    /// Ages grow on a terminal; in a pipe only news count. Several events in a moment are one change.
    private func waitForChange(_ events: Client, _ terminal: Terminal) throws {
        var deadline: Int64? = terminal.isTerminal ? Poll.now + 1000 : nil
        while true {
            do {
                _ = try events.answer(until: deadline)
            } catch let trouble as Trouble where trouble.status == .timeout {
                return
            }
            deadline = Poll.now + 50
        }
    }
}
