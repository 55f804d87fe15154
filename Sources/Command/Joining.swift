import ArgumentParser
import Console
import Node
import Options

/// What every command that joins a cluster takes.
typealias JoinFlags = JoinFlagsOf<AllRows>

struct JoinFlagsOf<Choice: FlagRows>: ParsableArguments {
    @Option(help: "A file of options: TOML, or Java properties where its name ends in .properties.")
    var config: String?

    @ArgumentParser.OptionGroup(title: "Log")
    var log: LogFlags

    @ArgumentParser.OptionGroup(title: "Options of the node")
    var node: NodeFlags<Choice>

    func options() throws -> Options {
        let options = try Options.gathered(file: config, flags: node.texts)
        for note in options.notes { Program.complain("note: " + note) }
        return options
    }
}

extension Options {
    /// Joins, with what the command adds to the options: a control socket, and callbacks that run
    /// where the command wants them.
    /// `consoles`: where a console is tried to be opened, the first that is free, where no option says. `front`: what
    /// listens in its stead.
    func join(consoles: [String] = [], front: TlsFront? = nil) throws -> Node {
        var options = self
        do throws(OptionError) {
            try options.set("dispatch", "manual")
        } catch {
            throw Trouble(error)
        }
        let isOwnPlace = try options.text(of: .control) == nil
        var ownPlace: ((String) -> String)?
        if isOwnPlace, let cluster = try options.text(of: .cluster) {
            let directory = try SocketDirectory.make()
            ownPlace = { SocketDirectory.path(in: directory, cluster: cluster, nodeId: $0) }
        }
        do throws(Failure) {
            return try Node.join(options, defaultControl: ownPlace) { settings throws(Failure) in
                let open = { (settings: Settings) throws(Failure) in
                    guard let front else { return try ConsoleServer.open(settings) }
                    return try ConsoleServer.open(settings, behind: front)
                }
                guard settings.http == nil else { return try open(settings) }
                return ConsoleServer.openFirst(of: consoles, settings, open)
            }
        } catch {
            // The socket is named after cluster and id: where it is in use, so is the id.
            if isOwnPlace, error.code == .busy {
                throw Trouble(.refused, "a node with this id runs here already: \(error.detail)")
            }
            throw Trouble(error)
        }
    }
}
