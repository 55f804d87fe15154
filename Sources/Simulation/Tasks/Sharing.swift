import Basics
package import Tasks

/// One coordinator, many nodes that all offer the same tasks, and nobody else: for measuring how long it takes to share
/// them out. What it says goes to nodes that begin and stop at once.
package struct Sharing: Sendable {
    private var coordinator: Coordinator
    private let ids: [String]
    private var now = Instant(nanoseconds: 0)
    private var owners: [String: String] = [:]

    /// All nodes but the last have said all; `introduce` has that one say its last word. Where tasks are mixed they have
    /// weights, words and, a third of them, nodes that do not offer them.
    package init(
        _ kind: ResolverSettings.Kind, tasks: Int, nodes: Int, seed: UInt64, areMixed: Bool = false
    ) {
        ids = (0..<nodes).map { "node-\($0)" }
        let settings = CoordinatorSettings(
            id: ids[0], isLeased: false, trust: .seconds(1), lostAfter: .seconds(3600), keepsRows: true,
            resolver: ResolverSettings(
                kind: kind, nodes: kind == .nodes ? ids : [], movesPerMinute: 1_000_000))
        coordinator = Coordinator(settings: settings, epoch: 1, seed: seed, now: now)
        _ = coordinator.see(peers(ids), now: now)
        let definitions = (0..<tasks).map { number in
            var task = TaskDefinition(name: "task-\(number)", kind: .task)
            guard areMixed else { return task }
            task.placement.weight = UInt32(1 + number % 7)
            if number % 5 == 0 { task.placement.apart = "word-\(number % 500)" }
            if number % 11 == 0 { task.placement.together = "word-\(number % 1000)" }
            return task
        }
        for (place, id) in ids.enumerated() {
            hear(.hello(weight: 1, labels: [], rowsDigest: 0), id)
            let mine = definitions.indices.filter { !areMixed || $0 % 3 > 0 || $0 / 3 % 17 != place % 17 }
            hear(.offers(mine.map { definitions[$0] }), id)
            if id != ids.last { hear(.ready, id) }
        }
    }

    /// How many tasks are on some node.
    package var shared: Int { owners.count }

    /// The last node is ready, and the tasks are shared out.
    package mutating func introduce() -> [CoordinatorAction] {
        coordinator.received(.ready, from: ids[ids.count - 1], isTrusted: true, now: now)
    }

    /// A node dies; what it had goes to others.
    package mutating func lose() -> [CoordinatorAction] {
        now = now + .seconds(10)
        for (name, owner) in owners where owner == ids[1] { owners[name] = nil }
        return coordinator.see(peers(ids.filter { $0 != ids[1] }), now: now)
    }

    /// Time passes, and it looks again.
    package mutating func look() -> [CoordinatorAction] {
        now = now + .seconds(10)
        return coordinator.tick(now: now)
    }

    /// The nodes do as they are told.
    package mutating func obey(_ actions: [CoordinatorAction]) {
        for case .send(let mail, let id) in actions {
            switch mail {
            case .assign(let definition, let token):
                owners[definition.name] = id
                hear(.report(TaskReport(name: definition.name, token: token, .running)), id)
            case .stop(let name, let token):
                owners[name] = nil
                hear(.report(TaskReport(name: name, token: token, .stopped)), id)
            default: break
            }
        }
    }

    private mutating func hear(_ mail: TaskMail, _ id: String) {
        let answers = coordinator.received(mail, from: id, isTrusted: true, now: now)
        if case .report = mail { obey(answers) }
    }

    private func peers(_ ids: [String]) -> [TaskPeer] {
        ids.map { id in TaskPeer(id: id, instance: UInt64(id.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })) }
    }
}
