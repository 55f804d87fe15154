/// One option: everything anyone needs to know about it.
package struct OptionRow: Sendable {
    package let key: OptionKey
    package let type: OptionType
    /// The value where nobody gave one, as it would be written; empty where there is none.
    package let fallback: String
    /// What the default is where it depends on other options; empty where `fallback` says it all.
    package let fallbackNote: String
    /// Other spellings that `set` and files take.
    package let aliases: [String]
    package let group: OptionGroup
    /// A sentence or two of help, without the range and the default.
    package let help: String

    /// The name as it is written.
    package var name: String { key.rawValue }

    /// `MUSTER_` and the name in capitals.
    package var environmentVariable: String {
        "MUSTER_" + String(name.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    /// The command's flag.
    package var flag: String { "--" + String(name.map { $0 == "." || $0 == "_" ? "-" : $0 }) }

    /// Whether the value must never be shown.
    package var isSecret: Bool { [.key, .keys, .store].contains(type) }

    /// Whether a file may give it as an array.
    var takesList: Bool {
        if case .names = type { return true }
        return type == .seeds || type == .keys
    }
}

/// The one list of options. Parsing, files, environment, the reference page and the command's flags read it.
package enum OptionTable {
    /// In the order of the reference page, one for every case of `OptionKey`.
    package static let rows: [OptionRow] =
        identityRows + addressRows + discoveryRows + securityRows + detectionRows + hostRows + consoleRows
        + failoverRows + taskRows

    /// The row that a name or an alias means.
    package static func row(named name: String) -> OptionRow? { rowsBySpelling[name] }

    static func row(_ key: OptionKey) -> OptionRow {
        // The table names every key (a test holds it to that); the stand-in keeps this total all the same.
        rowsBySpelling[key.rawValue]
            ?? OptionRow(
                key: key, type: .text(bytes: 0...0), fallback: "", fallbackNote: "", aliases: [],
                group: .host, help: "")
    }

    private static let rowsBySpelling: [String: OptionRow] = {
        var found: [String: OptionRow] = [:]
        for row in rows {
            for spelling in [row.name] + row.aliases { found[spelling] = row }
        }
        return found
    }()
}

/// One row of the table, short enough to be read as one.
func option(
    _ key: OptionKey, _ type: OptionType, default fallback: String = "", note: String = "",
    aliases: [String] = [], in group: OptionGroup, _ help: String
) -> OptionRow {
    OptionRow(
        key: key, type: type, fallback: fallback, fallbackNote: note, aliases: aliases, group: group,
        help: help)
}
