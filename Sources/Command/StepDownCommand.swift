import ArgumentParser
import Node
import Options

struct StepDownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step-down",
        abstract: "Hand the role that a node of this machine holds to the next in line.",
        discussion: "Returns when another member has the role.")

    @Argument(help: "The role; may be left out where the node has one seat only.")
    var role: String?

    @Option(help: "How long to wait for the other member.")
    var timeout: Duration = Duration(ms: 30_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        let role = try role ?? client.onlyRole()
        _ = try client.ask("step-down \(role)", timeoutMs: timeout.ms)
    }
}

/// A span of time as the options write it: 500ms, 10s, 2m.
struct Duration: ExpressibleByArgument {
    let ms: Int64

    init(ms: Int64) { self.ms = ms }

    init?(argument: String) {
        guard let nanoseconds = parseDuration(argument), nanoseconds <= 86_400_000_000_000 else { return nil }
        ms = nanoseconds / 1_000_000
    }

    var defaultValueDescription: String { durationText(nanoseconds: ms * 1_000_000) }
}
