import ArgumentParser
import CSupervisor
import Glibc
import Node

struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Be a member of a cluster, and print what happens.",
        discussion: "TERM and INT leave the cluster in good order; a second one ends at once.")

    @Flag(help: "Print events as JSON, one on each line.")
    var json = false

    @Flag(
        inversion: .prefixedNo,
        help: "Serve the console where --http does not say where: at 127.0.0.1:7880, or at any free port.")
    var console = true

    @ArgumentParser.OptionGroup var tls: TlsFlags
    @ArgumentParser.OptionGroup var join: JoinFlags

    func run() throws {
        let options = try join.options()
        if tls.isAsked, !console, try options.text(of: .http) == nil {
            throw Trouble(.usage, "--http-certificate is for a console: say --http where it is to listen")
        }
        let signals = command_signals()
        let node = try options.join(
            consoles: console ? ["127.0.0.1:7880", "127.0.0.1:0"] : [], front: try tls.front(join.log))
        try join.log.follow(node)
        try Agent(node: node, signals: signals, isJson: json).run()
    }
}

/// A node that does nothing but be a member, in one thread: signals, events and the output take turns, so
/// that a reader who has stopped reading keeps nobody from leaving.
final class Agent: @unchecked Sendable {
    private let node: Node
    private let signals: Int32
    private let isJson: Bool
    private let text = EventText(terminal: Terminal())
    private var isOutputOpen = true
    private var isLeaving = false

    init(node: Node, signals: Int32, isJson: Bool) {
        self.node = node
        self.signals = signals
        self.isJson = isJson
    }

    func run() throws {
        greet()
        var canPrint = true
        // From the first look on waiting events show on the descriptor, although lines of the log have a callback.
        var isFirst = true
        while true {
            // Events stay in the node's bounded queue while nobody takes them.
            let there = Poll.wait(
                [
                    Poll.Place(signals), Poll.Place(canPrint ? node.eventDescriptor : -1),
                    Poll.Place(canPrint ? -1 : STDOUT_FILENO, POLLOUT),
                ], ms: isFirst ? 0 : -1)
            if there[0], takeSignals() { return try leave() }
            if there[2] { canPrint = true }
            guard there[1] || isFirst else { continue }
            isFirst = false
            canPrint = !isOutputOpen || Poll.wait([Poll.Place(STDOUT_FILENO, POLLOUT)], ms: 0)[0]
            guard canPrint else { continue }
            do throws(Failure) {
                while try node.dispatch(timeoutMs: 0) > 0 {}
                guard let event = try node.nextEvent(timeoutMs: 0) else { continue }
                show(event)
                if event.kind == .duplicate { try checkRefusal() }
            } catch {
                return try ended(error)
            }
        }
    }

    private func greet() {
        guard !isJson, let own = try? node.selfInfo() else { return }
        let address = MemberTable.endpoint(own.host, Int64(own.port))
        write("\(Terminal.harmless(own.id)) is a member at \(address)\n")
        if let console = (try? node.consoleAddress()) ?? nil { write("the console is at \(console)\n") }
    }

    private func show(_ event: NodeEvent) {
        guard !isJson else { return write(event.jsonText + "\n") }
        write(
            text.line(
                event: event.kind.word, member: event.member, role: event.role, value: event.value,
                detail: event.detail, news: event.news))
    }

    private func write(_ line: String) {
        if isOutputOpen { isOutputOpen = Output.write(line, to: STDOUT_FILENO) }
    }

    /// Whether to leave.
    private func takeSignals() -> Bool {
        while case let number = command_next_signal(signals), number != 0 {
            if number == SIGTERM || number == SIGINT || number == SIGHUP { return true }
        }
        return false
    }

    private func leave() throws {
        do throws(Failure) { try node.leave(timeoutMs: 3000) } catch {
            // It has left all the same; that nobody acknowledged it is nobody's fault here.
        }
        try? node.close()
    }

    private func checkRefusal() throws(Failure) { _ = try node.selfInfo() }

    private func ended(_ failure: Failure) throws {
        try? node.close()
        // Somebody asked this node to leave, by its control socket.
        guard failure.code != .closed else { return }
        throw Trouble(failure)
    }
}
