import Basics

@testable import Tasks

/// A coordinator on node "a", the nodes that it sees, and all that it says to them.
struct Office {
    var coordinator: Coordinator
    var now = Office.beginning
    var sent: [Letter] = []
    var news: [TaskNews] = []
    /// Whose stream was ended.
    var hungUp: [String] = []
    /// Where a store keeps the rows: what is asked of it.
    var asked: [CoordinatorAction] = []
    private var peers: [String: TaskPeer] = [:]

    struct Letter: Equatable {
        let mail: TaskMail
        let to: String
        let at: Instant
    }

    static let beginning = Instant.distantPast + .seconds(10_000)
    static let trust = Interval.seconds(4)
    static let lostAfter = Interval.seconds(1)

    init(
        nodes: [String] = ["a", "b", "c"], isLeased: Bool = false, keepsRows: Bool = true, epoch: UInt64 = 7,
        resolver: ResolverSettings = ResolverSettings(kind: .leastLoaded, movesPerMinute: 0),
        rows: [TaskRow] = [], told: [TaskStatus] = []
    ) {
        coordinator = Coordinator(
            settings: CoordinatorSettings(
                id: "a", isLeased: isLeased, trust: Self.trust, lostAfter: Self.lostAfter,
                keepsRows: keepsRows,
                resolver: resolver),
            epoch: epoch, seed: 5, rows: rows, told: told, now: now)
        for id in nodes { peers[id] = TaskPeer(id: id, instance: UInt64(id.utf8.first ?? 0)) }
        see()
    }

    /// One that all nodes have come to with offers of these tasks.
    static func serving(
        _ names: [String], nodes: [String] = ["a", "b", "c"], isLeased: Bool = false
    ) -> Office {
        var office = Office(nodes: nodes, isLeased: isLeased)
        for id in nodes { office.come(id, offers: names.map(task)) }
        if isLeased { office.wait(Office.trust * 3 / 2) }
        office.wait(.milliseconds(100))
        return office
    }

    static func task(_ name: String) -> TaskDefinition {
        TaskDefinition(name: name, kind: .task, offeredAt: 1000)
    }

    // MARK: what happens

    mutating func hear(_ mail: TaskMail, from id: String, isTrusted: Bool = true) {
        take(coordinator.received(mail, from: id, isTrusted: isTrusted, now: now))
    }

    /// A node introduces itself.
    mutating func come(
        _ id: String, offers: [TaskDefinition] = [], holdings: [TaskHolding] = [], digest: UInt64 = 0
    ) {
        hear(.hello(weight: 1, labels: [], rowsDigest: digest), from: id)
        hear(.offers(offers), from: id)
        if !holdings.isEmpty { hear(.holdings(holdings), from: id) }
        hear(.ready, from: id)
    }

    mutating func disconnect(_ id: String) { take(coordinator.disconnected(id, now: now)) }

    /// The authority says that it is the coordinator still.
    mutating func confirm(since sent: Instant) { take(coordinator.confirmed(since: sent, now: now)) }

    mutating func lose(_ id: String) {
        peers[id]?.isLost = true
        see()
    }

    mutating func find(_ id: String) {
        peers[id] = TaskPeer(id: id, instance: UInt64(id.utf8.first ?? 0))
        see()
    }

    /// Another start of it is seen, and the end of the former one never is.
    mutating func restart(_ id: String) {
        peers[id]?.instance += 1000
        see()
    }

    mutating func die(_ id: String) {
        peers[id] = nil
        see()
    }

    private mutating func see() {
        take(coordinator.see(peers.values.sorted { $0.id < $1.id }, now: now))
    }

    /// Lets time pass, with every look that the coordinator wants to take.
    mutating func wait(_ interval: Interval) {
        let end = now + interval
        while coordinator.nextDeadline <= end {
            now = max(now, coordinator.nextDeadline)
            let before = coordinator.nextDeadline
            take(coordinator.tick(now: now))
            if coordinator.nextDeadline <= before { now = now + .milliseconds(1) }
            if now > end { break }
        }
        now = end
        take(coordinator.tick(now: now))
    }

    /// Whoever was told to begin does, whoever was told to stop has.
    mutating func obey(_ name: String) {
        if let stop = stops(name).last, let given = given(name), stop.at >= given.at {
            hear(.report(TaskReport(name: name, token: given.token, .stopped)), from: given.node)
        } else if let given = given(name) {
            hear(.report(TaskReport(name: name, token: given.token, .running)), from: given.node)
        }
        wait(.milliseconds(50))
    }

    mutating func order(_ verb: TaskOrder.Verb, _ name: String, target: String = "", from id: String = "b")
        -> TaskAnswer?
    {
        let number = UInt64(sent.count) + 1000
        let before = sent.count
        hear(.order(TaskOrder(id: number, verb, name: name, target: target)), from: id)
        // The others keep what they are given; only then is it answered.
        for letter in sent[before...] {
            if case .keep(let number, _, _) = letter.mail, number > 0 { hear(.kept(number), from: letter.to) }
        }
        for letter in sent.reversed() {
            if case .answer(number, let answer, _) = letter.mail, letter.to == id { return answer }
        }
        return nil
    }

    mutating func take(_ actions: [CoordinatorAction]) {
        for action in actions {
            switch action {
            case .send(let mail, let id): sent.append(Letter(mail: mail, to: id, at: now))
            case .spread(let mail, let ids): sent += ids.map { Letter(mail: mail, to: $0, at: now) }
            case .news(let news): self.news.append(news)
            case .hangUp(let id): hungUp.append(id)
            case .list, .read, .write, .remove, .askHost, .stepDown: asked.append(action)
            }
        }
    }

    // MARK: what was said

    /// All assignments of a task, in their order.
    func gifts(_ name: String) -> [(node: String, token: UInt64, at: Instant)] {
        sent.compactMap { letter in
            guard case .assign(let definition, let token) = letter.mail, definition.name == name else {
                return nil
            }
            return (letter.to, token, letter.at)
        }
    }

    func given(_ name: String) -> (node: String, token: UInt64, at: Instant)? { gifts(name).last }

    func stops(_ name: String) -> [(node: String, token: UInt64, at: Instant)] {
        sent.compactMap { letter in
            guard case .stop(name, let token) = letter.mail else { return nil }
            return (letter.to, token, letter.at)
        }
    }

    /// What a node was told last of a task's state; nil: nothing, or that it is gone.
    func shown(_ name: String, to id: String = "b") -> TaskStatus? {
        var found: TaskStatus?
        for letter in sent where letter.to == id {
            guard case .table(let entries, let removed, let isWhole) = letter.mail else { continue }
            if isWhole { found = nil }
            if let entry = entries.first(where: { $0.name == name }) { found = entry }
            if removed.contains(name) { found = nil }
        }
        return found
    }

    /// The first of the nodes that is not this one.
    func other(than id: String?) -> String { id == "a" ? "b" : "a" }

    func said(to id: String, _ mail: TaskMail) -> Bool { sent.contains { $0.to == id && $0.mail == mail } }
}
