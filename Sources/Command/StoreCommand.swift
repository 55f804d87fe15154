import ArgumentParser
import Stores

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "What a store needs.", subcommands: [StoreSchemaCommand.self])
}

struct StoreSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the SQL that makes the tables of a store.",
        discussion: "For databases where the user of the nodes may not make tables.")

    @Option(name: .customLong("for"), help: "\(Dialect.allCases.map(\.rawValue).joined(separator: ", ")).")
    var engine: String

    @Option(help: "What the names of the tables begin with.")
    var prefix = "muster_"

    func validate() throws {
        guard Dialect(rawValue: engine) != nil else {
            throw ValidationError("no dialect '\(engine)' is known")
        }
        guard StoreSchema.isValidPrefix(prefix) else {
            throw ValidationError("a prefix is 1 to 40 of a-z, 0-9 and _, the first of them a letter")
        }
    }

    func run() throws {
        guard let dialect = Dialect(rawValue: engine) else { return }
        Output.print(StoreSchema.script(for: dialect, prefix: prefix))
    }
}
