import ArgumentParser
import Glibc
import Node

struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send a text to the host of one member, through a node of this machine.",
        discussion: """
            Returns when it waits for that host. When the time is up nobody knows whether it has arrived.
            """)

    @Argument(help: "The id of the member.")
    var member: String
    @Argument(help: "What it is told.")
    var text: String

    @Option(help: "What it is about.")
    var topic = ""
    @Option(help: "How long to wait for it.")
    var timeout: Duration = Duration(ms: 5000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let request = ControlRequest.send(text, topic: topic, to: member, timeoutMs: max(1, timeout.ms))
        // The node says first that the time is up, and where it was lost.
        _ = try Client.find(place).ask(request, timeoutMs: timeout.ms + 5000)
    }
}

struct BroadcastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broadcast",
        abstract: "Tell the hosts of all other members a text, as a node of this machine.",
        discussion: "At most 512 bytes. Each host gets it at most once; none has to say that it did.")

    @Argument(help: "What they are told.")
    var text: String

    @Option(help: "What it is about.")
    var topic = ""

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws { _ = try Client.find(place).ask(ControlRequest.broadcast(text, topic: topic)) }
}

struct MessagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages",
        abstract: "Print what the hosts of other members tell a node of this machine from now on.",
        discussion: "While it runs the node takes messages, whether its own host does or not.")

    @Flag(help: "Print JSON, one message on each line.")
    var json = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        _ = try client.ask("messages")
        let terminal = Terminal()
        while true {
            let (line, message) = try client.answer(until: nil)
            let shown = json ? line + "\n" : terminal.line(message: message)
            guard Output.write(shown, to: STDOUT_FILENO) else { return }
        }
    }
}

extension Terminal {
    /// A message as a line for people.
    fileprivate func line(message: Json) -> String {
        var words = [paint(Terminal.harmless(message["sender"]?.string ?? ""), .bold)]
        if message["broadcast"]?.flag == true { words.append("to all") }
        if let topic = message["topic"]?.string, !topic.isEmpty {
            words.append("topic=" + Terminal.harmless(topic))
        }
        let text = message["text"]?.string ?? message["base64"]?.string.map { "base64 " + $0 } ?? ""
        return words.joined(separator: " ") + ": " + Terminal.harmless(text) + "\n"
    }
}
