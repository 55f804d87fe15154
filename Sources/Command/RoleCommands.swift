import ArgumentParser
import Node

struct PromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Have a chosen member take a role.",
        discussion: """
            Asked of any node that has a seat in the role. The present primary stops first. Returns when the member \
            is primary.
            """)

    @Argument(help: "The role; may be left out where the node has one seat only.")
    var role: String?

    @Option(name: .customLong("to"), help: "The id of the member.")
    var member: String

    @Option(help: "How long to wait for the member.")
    var timeout: Duration = Duration(ms: 30_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        let role = try role ?? client.onlyRole()
        // 1 ms at least: who asks waits.
        let request = ControlRequest.promote(member, role: role, timeoutMs: max(1, timeout.ms))
        _ = try client.ask(request, timeoutMs: timeout.ms + 5_000)
    }
}

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Pause a role in the whole cluster, for maintenance.",
        discussion: """
            Until 'muster resume' nobody is promoted by itself, and the primary keeps the role even where it is \
            unresponsive. 'muster promote' and 'muster step-down' still work.
            """)

    @Argument(help: "The role; may be left out where the node has one seat only.")
    var role: String?

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        _ = try client.ask("pause \(try role ?? client.onlyRole())")
    }
}

struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "End the pause of a role.")

    @Argument(help: "The role; may be left out where the node has one seat only.")
    var role: String?

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        _ = try client.ask("resume \(try role ?? client.onlyRole())")
    }
}

extension Client {
    /// The role of the node's seat, where it has one only.
    func onlyRole() throws -> String {
        // Muster's own role, which shares the tasks out, is nobody's to name.
        let roles = try ask("roles").json.elements.compactMap { $0["role"]?.string }
            .filter { !$0.hasPrefix("muster.") }
        guard let role = roles.first else { throw Trouble(.failure, "the node has no seat in any role") }
        guard roles.count == 1 else {
            throw Trouble(.usage, "the node has several seats, say which: \(roles.joined(separator: ", "))")
        }
        return role
    }
}
