import ArgumentParser
import Node

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what a node of this machine has counted since it was started.")

    @Flag(help: "Print a JSON object.")
    var json = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let answer = try Client.find(place).ask("stats")
        guard !json else { return Output.print(answer.text) }
        var table = Table(["what", "count"])
        add(answer.json, named: "", to: &table)
        Output.print(table.text(Terminal()))
    }

    /// One row for each number, under the names of the objects that it is in.
    private func add(_ json: Json, named name: String, to table: inout Table) {
        if let number = json.number { table.add([Table.Cell(text: name), Table.Cell(text: String(number))]) }
        for entry in json.entries {
            add(entry.value, named: name.isEmpty ? entry.key : "\(name).\(entry.key)", to: &table)
        }
    }
}
