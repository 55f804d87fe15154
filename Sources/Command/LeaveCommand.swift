import ArgumentParser

struct LeaveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Make a node of this machine leave its cluster in good order.",
        discussion: "Returns when it has left. What it led is handed over first.")

    @Option(help: "How long to wait for it.")
    var timeout: Duration = Duration(ms: 30_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        _ = try Client.find(place).ask("leave", timeoutMs: timeout.ms)
    }
}
