import ArgumentParser
import Glibc
import Node

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract:
            "Show and direct the tasks, jobs and daemons of the cluster, through a node of this machine.",
        discussion: "A node that offers none takes part in them from the first question on.",
        subcommands: [
            TasksListCommand.self, TasksPauseCommand.self, TasksResumeCommand.self, TasksMoveCommand.self,
            TasksRunCommand.self, TasksForgetCommand.self,
        ],
        defaultSubcommand: TasksListCommand.self)
}

struct TasksListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show all tasks, what they are doing and where.")

    @Flag(help: "Print a JSON array.")
    var json = false

    @Flag(help: "Print again whenever something changes.")
    var watch = false

    @ArgumentParser.OptionGroup var place: ClientFlags

    func run() throws {
        let client = try Client.find(place)
        let terminal = Terminal()
        var shown: String?
        while true {
            let answer = try client.ask("tasks", timeoutMs: 10_000)
            if answer.text != shown {
                // A terminal shows the present; a pipe gets one list after the other.
                if watch, terminal.isTerminal { Output.print(Terminal.clear) }
                if shown != nil, !terminal.isTerminal, !json { Output.print("") }
                Output.print(json ? answer.text : text(answer.json, terminal))
            }
            guard watch else { return }
            shown = answer.text
            // Most of what happens to a task is an event of other nodes only.
            usleep(250_000)
        }
    }

    private func text(_ tasks: Json, _ terminal: Terminal) -> String {
        var table = Table(["name", "kind", "state", "owner", "offers", "schedule", "token", "detail"])
        for task in tasks.elements {
            let state = task["state"]?.string ?? ""
            table.add([
                Table.Cell(
                    text: task["name"]?.string ?? "", colour: task["mine"]?.flag == true ? .bold : nil),
                Table.Cell(text: task["kind"]?.string ?? ""),
                Table.Cell(text: state, colour: colour(of: state)),
                Table.Cell(text: task["owner"]?.string ?? "-"),
                Table.Cell(text: task["offers"]?.number.map(String.init) ?? ""),
                Table.Cell(text: task["schedule"]?.string ?? "-"),
                Table.Cell(text: task["token"].flatMap { $0.number.map(String.init) ?? $0.string } ?? "-"),
                Table.Cell(text: task["detail"]?.string ?? "", colour: .yellow),
            ])
        }
        return table.text(terminal)
    }

    private func colour(of state: String) -> Terminal.Colour? {
        switch state {
        case "running": .green
        case "completed": .dim
        default: .yellow
        }
    }
}

/// What every order to a task takes.
struct TaskOrderFlags: ParsableArguments {
    @Argument(help: "The name of the task.")
    var name: String

    @Option(help: "How long to wait for the coordinator of the tasks.")
    var timeout: Duration = Duration(ms: 10_000)

    @ArgumentParser.OptionGroup var place: ClientFlags

    func give(_ verb: String, target: String = "") throws {
        // 1 ms at least: who asks waits.
        let request = ControlRequest.task(verb, name, target: target, timeoutMs: max(1, timeout.ms))
        // The node says first that the time is up, and for what it has waited.
        _ = try Client.find(place).ask(request, timeoutMs: timeout.ms + 5000)
    }
}

struct TasksPauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop a task, and have no node begin it.",
        discussion: "Until 'muster tasks resume', whoever comes and goes.")

    @ArgumentParser.OptionGroup var order: TaskOrderFlags

    func run() throws { try order.give("pause") }
}

struct TasksResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End the pause of a task.")

    @ArgumentParser.OptionGroup var order: TaskOrderFlags

    func run() throws { try order.give("resume") }
}

struct TasksMoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Have another node take a task.",
        discussion:
            "Returns when the node that has it was told to stop; the other begins when it has stopped.")

    @Option(name: .customLong("to"), help: "The id of the node; any other where it is left out.")
    var target: String?

    @ArgumentParser.OptionGroup var order: TaskOrderFlags

    func run() throws { try order.give("move", target: target ?? "") }
}

struct TasksRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a job now, outside its schedule.",
        discussion: "Returns when the node that has it was told to.")

    @ArgumentParser.OptionGroup var order: TaskOrderFlags

    func run() throws { try order.give("run") }
}

struct TasksForgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Remove what is remembered of a task that no node offers any more.")

    @ArgumentParser.OptionGroup var order: TaskOrderFlags

    func run() throws { try order.give("forget") }
}
