import Basics
import Tasks
import Threads

/// What all tasks are doing, as this node was told last: for the host's threads.
final class TaskTable: Sendable {
    private struct State {
        var table: [String: TaskStatus] = [:]
        var version: UInt64 = 0
        var ending: Failure?
    }

    private let state = Monitor(State())

    func set(_ table: [String: TaskStatus], version: UInt64) {
        guard state.with({ $0.version }) != version else { return }
        state.change { state in
            state.table = table
            state.version = version
        }
    }

    func end(_ reason: Failure) { state.change { $0.ending = reason } }

    /// All tasks, sorted by name. Waits until the coordinator has told of them.
    func all(until deadline: Instant?) throws(Failure) -> [TaskStatus] {
        let table: [String: TaskStatus]? = try state.wait(until: deadline) {
            (state) throws(Failure) -> [String: TaskStatus]? in
            if let ending = state.ending { throw ending }
            return state.version > 0 ? state.table : nil
        }
        guard let table else { throw Failure(.timeout, "no coordinator of the tasks has been heard yet") }
        return table.values.sorted { $0.name < $1.name }
    }
}

extension [TaskStatus] {
    func jsonText(mine: String) -> String {
        let list = Json.array()
        for status in self { list.append(status.json(mine: mine)) }
        return list.text
    }
}

extension TaskStatus {
    func json(mine: String) -> Json {
        Json.object()
            .set("name", .text(name))
            .set("kind", .text(kind.word))
            .set("state", .text(state.word))
            .set("owner", owner.isEmpty ? .null : .text(owner))
            .set("mine", .flag(owner == mine))
            .set("token", token == 0 ? .null : .number(token))
            .set("schedule", schedule.isEmpty ? .null : .text(schedule))
            .set("offers", .number(Int64(offers)))
            .set("detail", .text(detail))
    }
}

extension TaskDefinition.Kind {
    var word: String {
        switch self {
        case .task: "task"
        case .job: "job"
        case .daemon: "daemon"
        }
    }
}
