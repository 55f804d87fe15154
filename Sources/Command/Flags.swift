import ArgumentParser
import Options

/// Which options of the table a command takes as flags.
protocol FlagRows {
    static var rows: [OptionRow] { get }
}

enum AllRows: FlagRows {
    static var rows: [OptionRow] { OptionTable.rows }
}

/// Where `--name` means something else than the node's.
enum RowsWithoutName: FlagRows {
    static var rows: [OptionRow] { OptionTable.rows.filter { $0.key != .name } }
}

/// The options of the table as flags. There are no properties to declare them, since the table is the one
/// list of options: what ArgumentParser finds by reflection is made from its rows.
struct NodeFlags<Choice: FlagRows>: ParsableArguments, CustomReflectable {
    /// Texts by the name of the option.
    private(set) var texts: [String: String] = [:]

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FlagKey.self)
        for row in Choice.rows {
            let option = try container.decode(Option<String?>.self, forKey: FlagKey(row))
            if let text = option.wrappedValue { texts[row.name] = text }
        }
    }

    var customMirror: Mirror {
        let options = Choice.rows.map { row in
            (
                label: String?.some(FlagKey(row).stringValue),
                value: Option<String?>(
                    name: .customLong(String(row.flag.dropFirst(2))),
                    help: ArgumentHelp(Self.help(row), valueName: Self.valueName(row.type))) as Any
            )
        }
        return Mirror(self, children: options, displayStyle: .struct)
    }

    private static func help(_ row: OptionRow) -> String {
        let fallback = row.key == .control ? "in the runtime directory" : row.fallback
        let shown = fallback.isEmpty ? row.fallbackNote : fallback
        let words = row.plainHelp
        return shown.isEmpty ? words : "\(words) (default: \(shown))"
    }

    private static func valueName(_ type: OptionType) -> String {
        switch type {
        case .text: "text"
        case .path, .urlPath: "path"
        case .integer: "number"
        case .duration: "duration"
        case .boolean: "true|false"
        case .word(let words, _): words.joined(separator: "|")
        case .address, .multicastGroup, .endpoint: "address"
        case .listener: "address:port"
        case .seeds: "host:port,..."
        case .interface: "interface"
        case .key: "key"
        case .keys: "key,..."
        case .voters: "id,..."
        case .names: "name,..."
        case .store: "URL"
        }
    }
}

/// The name of an option where ArgumentParser wants a property's.
private struct FlagKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ row: OptionRow) { stringValue = String(row.name.map { $0 == "." ? "_" : $0 }) }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// What leads a client to a node of this machine.
struct ClientFlags: ParsableArguments {
    @Option(help: "The path of the node's control socket.")
    var control: String?
    @Option(help: "The cluster of the node.")
    var cluster: String?
    @Option(help: "The id of the node.")
    var nodeId: String?
    @Option(help: "A file of options, for the three above.")
    var config: String?

    func options() throws -> Options {
        try Options.gathered(
            file: config,
            flags: ["control": control, "cluster": cluster, "node_id": nodeId].compactMapValues { $0 })
    }
}

extension Options {
    /// A flag beats the environment, which beats the file.
    static func gathered(file: String?, flags: [String: String]) throws -> Options {
        var options = Options()
        do throws(OptionError) {
            if let file { try options.loadFile(file) }
            options.applyEnvironment(all: true)
            for row in OptionTable.rows {
                guard let text = flags[row.name] else { continue }
                try options.set(row.name, text)
            }
        } catch {
            throw Trouble(error)
        }
        return options
    }

    /// The text in force, or nil where there is none.
    func text(of key: OptionKey) throws -> String? {
        do throws(OptionError) {
            let text = try get(key.rawValue)
            return text.isEmpty ? nil : text
        } catch {
            throw Trouble(error)
        }
    }
}
