import ArgumentParser
import Glibc
import Node

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print what happens in the cluster from now on, as a node of this machine hears it.")

    @Flag(help: "Print JSON, one event on each line.")
    var json = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        _ = try client.ask("events")
        let text = EventText(terminal: Terminal())
        while true {
            let (line, event) = try client.answer(until: nil)
            let shown = json ? line + "\n" : text.line(event)
            guard Output.write(shown, to: STDOUT_FILENO) else { return }
        }
    }
}

extension EventText {
    /// An event as the control socket tells it. Numbers beyond JSON's come as text.
    func line(_ event: Json) -> String {
        let value = event["value"]
        return line(
            event: event["event"]?.string ?? "", member: event["member"]?.string ?? "",
            role: event["role"]?.string ?? "",
            value: value?.number.map { UInt64(clamping: $0) } ?? value?.string.flatMap { UInt64($0) } ?? 0,
            detail: event["detail"]?.string ?? "", news: event["news"]?.string)
    }
}
