import ArgumentParser
import Options

struct OptionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "options", abstract: "Show every option of a node, its default and what it does.")

    @Flag(help: "Print the reference page.")
    var markdown = false

    func run() {
        guard !markdown else { return Output.print(OptionTable.markdown()) }
        let terminal = Terminal()
        for group in OptionGroup.allCases {
            Output.print(terminal.paint(group.rawValue, .bold))
            for row in OptionTable.rows where row.group == group {
                let fallback = row.fallback.isEmpty ? row.fallbackNote : row.fallback
                let shown = fallback.isEmpty ? "" : " [\(fallback)]"
                Output.print("  \(terminal.paint(row.name, .cyan))\(shown)")
                for line in wrapped("\(row.plainHelp) Takes \(row.type.allowed).", terminal.columns ?? 100) {
                    Output.print("      " + line)
                }
            }
        }
    }

    private func wrapped(_ text: String, _ columns: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if !last.isEmpty, 6 + last.count + 1 + word.count > columns {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
            }
        }
        return lines
    }
}
