import ArgumentParser
import Node
import Options

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at files of options.", subcommands: [ConfigCheckCommand.self])
}

struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Show what is understood of files of options, key by key, without joining.",
        discussion: """
            Takes Muster's own files, a bootstrap.properties of Interlok and a deployment.toml of WSO2 Micro Integrator \
            as they are. Of several files the later wins, as if a node read them one by one. Secrets are not \
            shown. Ends with status 2 where a node would not start from them.
            """)

    @Flag(help: "Print a JSON object.")
    var json = false

    @Argument(help: "Files of options: TOML, or Java properties where the name ends in .properties.")
    var files: [String]

    func run() throws {
        var options = Options()
        let reports = files.map { options.examine($0) }
        var check = ConfigCheck(reports: reports)
        if reports.allSatisfy({ $0.errors.isEmpty }) { check.look(at: options) }
        Output.print(json ? check.json.text : check.text(Terminal()))
        if !json { for error in check.errors { Program.complain(error) } }
        if !check.errors.isEmpty { throw ExitCode(ExitStatus.usage.rawValue) }
    }
}

/// What is said about files of options.
struct ConfigCheck {
    let reports: [FileReport]
    /// What is wrong with all of them together.
    private var contradiction: String?
    private var notes: [String] = []

    init(reports: [FileReport]) { self.reports = reports }

    var errors: [String] { reports.flatMap { $0.errors.map(\.message) } + [contradiction].compactMap { $0 } }

    /// Looks whether a node could start from them.
    mutating func look(at options: Options) {
        var options = options
        do throws(OptionError) {
            if try options.get("cluster").isEmpty {
                notes.append(
                    "no file names the cluster: give it by --cluster, MUSTER_CLUSTER or cluster_options_set")
                try options.set("cluster", "any")
            }
            _ = try options.settings()
        } catch {
            contradiction = error.message
        }
    }

    func text(_ terminal: Terminal) -> String {
        var text = ""
        for report in reports {
            text += terminal.paint("\(Terminal.harmless(report.path)) (\(report.kind.name))", .bold) + "\n"
            var table = Table(["line", "key", "option", "value"])
            for finding in report.findings { add(finding, to: &table) }
            if !report.findings.isEmpty { text += table.text(terminal) }
            for note in report.remarks { text += "note: \(Terminal.harmless(note))\n" }
        }
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    private func add(_ finding: FileReport.Finding, to table: inout Table) {
        var place = (line: String(finding.line), key: finding.key)
        for option in finding.options {
            table.add([
                Table.Cell(text: place.line), Table.Cell(text: place.key),
                Table.Cell(text: option.name, colour: .green), Table.Cell(text: option.value),
            ])
            place = ("", "")
        }
        let remark = finding.remark.isEmpty ? "" : ": " + finding.remark
        let isTaken = !finding.options.isEmpty
        guard !isTaken || !remark.isEmpty else { return }
        table.add([
            Table.Cell(text: place.line), Table.Cell(text: place.key), Table.Cell(text: isTaken ? "" : "-"),
            Table.Cell(text: isTaken ? "(\(finding.remark))" : "left alone" + remark, colour: .dim),
        ])
    }

    var json: Json {
        let list = Json.array()
        for report in reports { list.append(json(report)) }
        return Json.object().set("files", list).set("notes", .texts(notes))
            .set("errors", .texts(errors))
    }

    private func json(_ report: FileReport) -> Json {
        let keys = Json.array()
        for finding in report.findings {
            let options = Json.object()
            for option in finding.options { options.set(option.name, .text(option.value)) }
            keys.append(
                Json.object().set("line", .number(Int64(finding.line))).set("key", .text(finding.key))
                    .set("options", options).set("remark", .text(finding.remark)))
        }
        return Json.object().set("path", .text(report.path)).set("program", .text(report.kind.name))
            .set("keys", keys).set("notes", .texts(report.notes))
            .set("errors", .texts(report.errors.map(\.message)))
    }
}
