import Basics
import Tasks
import Transport

/// What a host says when it is asked which node has which task: a node's place for each task, nil for nobody; nil where it
/// cannot say.
package typealias TaskResolving = @Sendable (_ question: String, _ count: Int) -> [Int?]?

/// What is registered, and whether it is being asked.
struct TaskResolverSeat {
    struct Question {
        let number: UInt64
        let tasks: [ResolverTask]
        let nodes: [ResolverNode]
        let answer: @Sendable ([Int?]?) -> Void
    }

    var ask: TaskResolving?
    var running = 0
    private var next: Question?

    /// What the host is asked next. A newer question takes the place of one that waits: a host that hangs is not asked all
    /// that has been when it returns. Whether the host is still to be called for it.
    mutating func lineUp(_ question: Question) -> Bool {
        defer { next = question }
        return next == nil
    }

    mutating func takeNext() -> Question? {
        defer { next = nil }
        return next
    }
}

extension Node {
    /// From now on the host says which node has which task, while this node coordinates and `tasks.resolver` is `host`.
    /// Nil: nobody says.
    package func setTaskResolver(_ resolver: TaskResolving?) throws(Failure) {
        try check()
        guard resolver == nil || settings.tasksResolver == .host else {
            throw Failure(
                .unsupported, "option 'tasks.resolver' is '\(settings.tasksResolver.rawValue)', not 'host'")
        }
        if resolver != nil, settings.dispatch == .manual { try dispatcher.begin() }
        runtime.taskResolver.with { $0.ask = resolver }
        // Afterwards the former one is never entered; from inside itself it cannot be waited for.
        guard !runtime.pool.isInside, !dispatcher.isInside else { return }
        _ = runtime.taskResolver.wait(until: nil) { $0.running == 0 ? true : nil }
    }
}

extension TaskDesk {
    /// Asks the host, behind nothing else that it does.
    func askHost(_ number: UInt64, _ tasks: [ResolverTask], _ nodes: [ResolverNode]) {
        let registered = runtime.taskResolver
        let question = TaskResolverSeat.Question(number: number, tasks: tasks, nodes: nodes) {
            [weak self] owners in
            self?.onLoop { desk in desk.coordinate { $0.hostResolved(number, owners, now: $1) } }
        }
        guard registered.with({ $0.lineUp(question) }) else { return }
        let body: @Sendable () -> Void = {
            let (question, resolver) = registered.with { seat in
                seat.running += 1
                return (seat.takeNext(), seat.ask)
            }
            defer { registered.change { $0.running -= 1 } }
            guard let question else { return }
            question.answer(resolver?(Self.text(of: question), question.tasks.count))
        }
        if runtime.settings.dispatch == .manual {
            runtime.queue.deliver(.work(body))
        } else if !runtime.pool.run("", isRun: false, body) {
            // No task has this name; nobody can be asked just now.
            _ = registered.with { $0.takeNext() }
            question.answer(nil)
        }
        poolWatch.consider()
    }

    private static func text(of question: TaskResolverSeat.Question) -> String {
        let all = Json.array()
        for task in question.tasks {
            let capable = Json.array()
            for place in task.capable { capable.append(.number(Int64(place))) }
            all.append(
                Json.object()
                    .set("name", .text(task.name))
                    .set("owner", task.owner.map { .number(Int64($0)) } ?? .null)
                    .set("capable", capable)
                    .set("weight", .number(Int64(task.placement.weight)))
                    .set("requires", .texts(task.placement.requires))
                    .set("prefers", .texts(task.placement.prefers))
                    .set("apart", .text(task.placement.apart))
                    .set("together", .text(task.placement.together)))
        }
        let places = Json.array()
        for node in question.nodes {
            places.append(
                Json.object()
                    .set("id", .text(node.id))
                    .set("weight", .number(Int64(node.weight)))
                    .set("labels", .texts(node.labels)))
        }
        return Json.object().set("tasks", all).set("nodes", places).text
    }
}
