import ArgumentParser
import Options
import Schedule
import Tasks

/// What `muster job` and `muster daemon` say of their task.
struct TaskFlags: ParsableArguments {
    @Option(help: "The name of the task: all nodes that give the same one share it.")
    var name: String

    @Option(help: "An option of the task, key=value; may be given several times (see docs/tasks.md).")
    var option: [String] = []

    @Argument(parsing: .postTerminator, help: "The command and its arguments, behind '--'.")
    var command: [String]

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("name the command behind '--'") }
        // Words of one text are what they become.
        for word in option where word.contains(where: \.isWhitespace) {
            throw ValidationError("option '\(word)' has a blank in it")
        }
    }

    /// The options as one text, with a stop time that covers the whole of stopping here.
    func text(stopMs: Int64) -> String { (["stop_timeout=\(stopMs)ms"] + option).joined(separator: " ") }

    /// Says what is wrong with it before anybody is joined.
    func check(_ kind: TaskDefinition.Kind, schedule: String = "", stopMs: Int64) throws {
        do throws(ScheduleError) {
            _ = try TaskSpec(
                name: name, kind: kind, schedule: schedule, options: text(stopMs: stopMs), offeredAt: 0)
        } catch {
            throw Trouble(.usage, "task '\(name)': \(error.description)")
        }
    }
}

extension Options {
    /// Where nobody says otherwise, a node that is asked to leave has the time that its command has to end.
    func withTimeToLeave(_ ms: Int64) throws -> Options {
        var options = self
        do throws(OptionError) {
            let key = OptionKey.failoverDemoteTimeout.rawValue
            if try options.origin(key) == .fallback { try options.set(key, "\(ms)ms") }
        } catch {
            throw Trouble(error)
        }
        return options
    }
}
