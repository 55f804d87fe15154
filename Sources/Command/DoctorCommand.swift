import ArgumentParser
import Node
import Options

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why members do not find each other, or what else is wrong, and what to do.",
        discussion: """
            Takes the options that a node here would take, and joins nothing: it looks at the ports, visits the seeds and \
            all members that it hears of, tries multicast, datagrams of full length, clocks and versions, and asks the \
            nodes of the cluster that run here. Ends with status 1 where it has found trouble. What is wrong in one \
            direction only is seen from the other side: run it on each machine.
            """)

    @Flag(help: "Print a JSON array, one object for each finding.")
    var json = false
    @ArgumentParser.Option(help: "How long it may take in all.")
    var timeout: Duration = Duration(ms: 10_000)

    @ArgumentParser.Option(
        help: "A file of options: TOML, or Java properties where its name ends in .properties.")
    var config: String?

    @ArgumentParser.OptionGroup(title: "Options of the node")
    var node: NodeFlags<AllRows>

    func validate() throws {
        guard timeout.ms >= 2000 else { throw ValidationError("--timeout must be 2s or more") }
    }

    func run() throws {
        let findings = try look()
        if json {
            let list = Json.array()
            for finding in findings { list.append(finding.json) }
            Output.print(list.text)
        } else {
            let terminal = Terminal()
            Output.print(findings.map { $0.lines(terminal) }.joined() + summary(findings))
        }
        if findings.contains(where: { $0.severity == .trouble }) {
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }

    private func look() throws -> [DoctorFinding] {
        let deadline = Poll.now + timeout.ms
        let options = try Options.gathered(file: config, flags: node.texts)
        do throws(OptionError) {
            let settings = try options.settings()
            guard var doctor = Doctor(options, settings, until: deadline) else {
                throw OptionError(.contradiction, "option 'bind' names an interface that is not there")
            }
            return doctor.look()
        } catch {
            throw Trouble(error)
        }
    }

    private func summary(_ findings: [DoctorFinding]) -> String {
        let count = { (severity: DoctorFinding.Severity) in findings.count { $0.severity == severity } }
        let troubles = count(.trouble)
        return
            "\(troubles == 0 ? "no" : String(troubles)) trouble\(troubles > 1 ? "s" : ""), \(count(.note)) notes, "
            + "\(count(.ok)) in order\n"
    }
}
