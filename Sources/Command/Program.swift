import ArgumentParser
import Glibc

/// Parses the command line, does what it says, and ends with the right status.
enum Program {
    static func run() -> Never {
        do {
            var command = try Muster.parseAsRoot()
            try command.run()
            exit(ExitStatus.ok.rawValue)
        } catch let trouble as Trouble {
            complain(trouble.message)
            exit(trouble.status.rawValue)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            // ArgumentParser asks for help texts and versions to be shown by throwing them.
            guard Muster.exitCode(for: error) != .success else {
                Output.print(Muster.fullMessage(for: error))
                exit(ExitStatus.ok.rawValue)
            }
            complain("\(Muster.message(for: error)) (try 'muster --help')")
            exit(ExitStatus.usage.rawValue)
        }
    }

    /// One sentence for people, apart from what programs read.
    static func complain(_ message: String) { Output.write("muster: \(message)\n", to: STDERR_FILENO) }

    /// The same of what goes on, while there is work that must not wait for it.
    static func remark(_ message: String) { Output.remark("muster: \(message)\n") }
}
