import Basics
import NIOCore
package import Tasks
import Transport

/// What people and tools ask of a node, whichever way it comes: the control socket, HTTP, a host's own web server.
package enum NodeRequest: Sendable {
    case members
    case own
    case roles
    case statistics
    case guarantees
    case tasks
    /// The same, of one that only looks: this node takes part in the tasks only where another does.
    case tasksOfOthers
    case stepDown(role: String)
    case promote(member: String, role: String, timeoutMs: Int32)
    case setPaused(role: String, Bool)
    case order(TaskOrder.Verb, task: String, target: String, timeoutMs: Int32)
    case leave
}

/// Is told what happens to a node, on the event loop.
package protocol NodeWatcher: AnyObject {
    func observe(_ event: NodeEvent)
    /// The last call.
    func nodeEnded(as standing: Published.Standing)
}

extension Runtime {
    /// Takes the JSON text that answers, or why there is none; called once, on the event loop, perhaps at once.
    package typealias Answer = @Sendable (Result<String, Failure>) -> Void

    package static let done = Json.object().set("ok", .flag(true)).text

    /// How long the coordinator of the tasks may take to tell of them.
    private static let tasksPatience = Interval.seconds(5)

    package func answer(_ request: NodeRequest, _ then: @escaping Answer) {
        // What others have a word in may be decided in the midst of a step: then it is told in a later turn.
        let later: Answer = { result in SharedLoop.loop.execute { then(result) } }
        do throws(Failure) {
            try checkStanding()
            switch request {
            case .members: then(.success(membersText()))
            case .own: then(.success(ownText()))
            case .roles: then(.success(roles.text))
            case .statistics: then(.success(statistics.text))
            case .guarantees: then(.success(guaranteesText()))
            case .tasks: try listTasks(later)
            case .tasksOfOthers:
                guard hasTasks else { return then(.success(Json.array().text)) }
                try listTasks(later)
            case .stepDown(let role): try HandOver(of: role, to: nil, on: self, later).stepDown()
            case .promote(let member, let role, let timeoutMs):
                try HandOver(of: role, to: member, on: self, later).promote(timeoutMs)
            case .setPaused(let role, let isPaused):
                try setPaused(role, isPaused)
                then(.success(Self.done))
            case .order(let verb, let task, let target, let timeoutMs):
                let deadline = Clock.deadline(afterMs: timeoutMs)
                try takePartInTasks().obey(verb, task, target, until: deadline) {
                    later($0.map { _ in Self.done })
                }
            case .leave: Departure(on: self, then).begin()
            }
        } catch {
            then(.failure(error))
        }
    }

    private var hasTasks: Bool {
        tasks != nil
            || engine.membership.view.present.contains {
                $0.attributes.seats.contains { $0.role == TaskDesk.role }
            }
    }

    private func listTasks(_ then: @escaping Answer) throws(Failure) {
        try takePartInTasks().list(until: Clock.now + Self.tasksPatience, then)
    }
}
