import ArgumentParser
import Node

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Show and change the keys of a running cluster, through a node of this machine.",
        discussion: """
            To replace the key of a cluster without a pause: 'muster keygen > new', 'muster keys add new', put the \
            new key in front of the old one in the files that the nodes start with, 'muster keys use --file new', \
            'muster keys remove' with the fingerprint of the old one, and take the old one out of the files. Each step \
            succeeds when all members have made it, and may be repeated.
            """,
        subcommands: [
            KeysListCommand.self, KeysAddCommand.self, KeysUseCommand.self, KeysRemoveCommand.self,
        ],
        defaultSubcommand: KeysListCommand.self)
}

struct KeysListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the fingerprints of all keys, and which members have them.")

    @Flag(help: "Print a JSON object.")
    var json = false

    @Option(help: "How long to wait for the members.")
    var timeout: Duration = Duration(ms: 30_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let answer = try Client.find(place).ask("keys", timeoutMs: timeout.ms)
        Output.print(json ? answer.text : text(answer.json))
    }

    private func text(_ answer: Json) -> String {
        let terminal = Terminal()
        var table = Table(["key", "sealing", "holding", "lacking"])
        for key in answer["keys"]?.elements ?? [] {
            let lacking = ids(key["lacking"])
            table.add([
                Table.Cell(text: key["fingerprint"]?.string ?? "", colour: .bold),
                Table.Cell(text: ids(key["sealing"]), colour: .green),
                Table.Cell(text: ids(key["holding"])),
                Table.Cell(text: lacking, colour: lacking.isEmpty ? nil : .yellow),
            ])
        }
        let silent = ids(answer["unreachable"])
        return table.text(terminal)
            + (silent.isEmpty ? "" : terminal.paint("no answer: \(Terminal.harmless(silent))", .red) + "\n")
    }

    private func ids(_ list: Json?) -> String {
        (list?.elements ?? []).compactMap(\.string).joined(separator: ",")
    }
}

struct KeysAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Give a key to all members: it opens from now on.",
        discussion: "Prints the fingerprint of the key.")

    @Argument(help: "A file that holds the key, as 'muster keygen' writes it; - or nothing: standard input.")
    var file: String = "-"

    @ArgumentParser.OptionGroup var change: KeyChangeFlags

    func run() throws { try change.make("key-add", of: try KeyFile.read(file)) }
}

struct KeysUseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use", abstract: "Make all members seal with a key that they have.",
        discussion: "Changes nothing unless every member can be reached and has the key.")

    @ArgumentParser.OptionGroup var name: KeyNameFlags
    @ArgumentParser.OptionGroup var change: KeyChangeFlags

    func run() throws { try change.make("key-use", of: try name.fingerprint()) }
}

struct KeysRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Make all members forget a key: it opens nothing any more.",
        discussion: "Changes nothing unless every member can be reached and none seals with the key.")

    @ArgumentParser.OptionGroup var name: KeyNameFlags
    @ArgumentParser.OptionGroup var change: KeyChangeFlags

    func run() throws { try change.make("key-remove", of: try name.fingerprint()) }
}

/// What all changes take.
struct KeyChangeFlags: ParsableArguments {
    @Flag(help: "Print what became of it, member by member, as a JSON object.")
    var json = false

    @Option(help: "How long to wait for the members.")
    var timeout: Duration = Duration(ms: 30_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func make(_ request: String, of key: String) throws {
        let client = try Client.find(place)
        let answer = try client.askAny("\(request) \(key)", timeoutMs: timeout.ms)
        if json { Output.print(answer.text) }
        if let error = answer.json["error"] { throw Trouble(answer: error) }
        if !json { Output.print(answer.json["fingerprint"]?.string ?? "") }
    }
}
