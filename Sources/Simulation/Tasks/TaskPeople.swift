import Basics
import Tasks

/// What people do to tasks meanwhile, and what they were promised.
struct TaskPeople: Sendable {
    /// A task that its host completes some time.
    static let errand = "errand"
    /// A job that is withdrawn everywhere and forgotten.
    static let former = "former"

    static var definitions: [TaskDefinition] {
        [
            TaskDefinition(name: errand, kind: .task, stopTimeout: .seconds(3)),
            TaskDefinition(
                name: former, kind: .job, schedule: "every 1s misfire=all", delivery: .atMostOnce,
                attempts: 20, grace: .seconds(5), stopTimeout: .seconds(3)),
        ]
    }

    struct Order: Sendable {
        var verb: TaskOrder.Verb
        var name: String
        /// Another was under way at the same time: of two answers the earlier may be read later.
        var isCrossed = false

        var isAboutPause: Bool { verb == .pause || verb == .resume }
    }
    /// Those that were not answered yet, or never will be.
    var open: [UInt64: Order] = [:]
    var lastOrder: UInt64 = 0
    /// Tasks about which such orders crossed, with none after them.
    var crossed: Set<String> = []
    /// Whether a task is paused, as far as anybody can know: an order that was not answered may have been obeyed.
    var paused: [String: Bool] = [:]
    /// Jobs whose moments may have passed while they were paused.
    var havePaused: Set<String> = []
    var completed: Set<String> = []
    var isFormerGone = false
    var isForgotten = false
    /// Who began each task last.
    var places: [String: (index: Int, start: UInt64)] = [:]
}

extension TaskWorld {
    // MARK: what people do

    mutating func meddle() {
        guard !isCalm else { return }
        later(.milliseconds(Int64(200 + generator.below(2000)))) { $0.meddle() }
        let index = generator.below(nodes.count)
        guard nodes[index].isUp, !nodes[index].isPaused else { return }
        let name = definitions[generator.below(definitions.count)].name
        // The first job is never paused: none of its moments may be left out.
        let verb: TaskOrder.Verb = name == "j0" ? .move : chance(40) ? .pause : .resume
        switch generator.below(8) {
        case 0...2: order(verb, name, at: index)
        case 3: order(.resume, name, at: index)
        case 4: order(.move, name, at: index)
        case 5: order(.run, name, at: index)
        case 6: withdraw(name, index)
        default: offerOtherwise(name, index)
        }
    }

    private mutating func order(_ verb: TaskOrder.Verb, _ name: String, at index: Int) {
        let target = verb == .move && chance(50) ? nodes[generator.below(nodes.count)].id : ""
        people.lastOrder += 1
        let order = TaskOrder(id: people.lastOrder, verb, name: name, target: target)
        var isSent = false
        // It may be answered within the step that asks.
        var asked = TaskPeople.Order(verb: verb, name: name)
        if asked.isAboutPause {
            for (id, other) in people.open where other.name == name && other.isAboutPause {
                people.open[id]?.isCrossed = true
                asked.isCrossed = true
            }
        }
        people.open[order.id] = asked
        let known = people.paused[name] ?? false
        if asked.isAboutPause { people.paused[name] = nil }
        feed(index) { worker, _ in
            let asked = worker.ask(.order(order))
            isSent = asked.isSent
            return asked.actions
        }
        guard isSent else {
            people.open[order.id] = nil
            if asked.isAboutPause, !isDoubtful(name) { people.paused[name] = known }
            return
        }
        if verb == .pause { people.havePaused.insert(name) }
        note("somebody asks \(nodes[index].id): \(verb) \(name) \(target)")
    }

    /// Whether an order about it may still be obeyed, or was and nobody knows.
    private func isDoubtful(_ name: String) -> Bool {
        people.crossed.contains(name) || people.open.values.contains { $0.name == name && $0.isAboutPause }
    }

    mutating func answered(_ number: UInt64, _ answer: TaskAnswer) {
        guard let order = people.open[number] else { return }
        note("\(order.verb) \(order.name): \(answer)")
        if order.verb == .forget, answer == .done || answer == .unknownTask { people.isForgotten = true }
        // What was not done now may have been done by an answer that was lost.
        guard answer == .done || !order.isAboutPause else { return }
        people.open[number] = nil
        guard answer == .done else { return }
        checker.orders += 1
        guard order.isAboutPause else { return }
        // In the calm nothing of before comes late.
        if isCalm { people.open = people.open.filter { $0.value.name != order.name } }
        if order.isCrossed, !isCalm {
            people.crossed.insert(order.name)
        } else {
            people.crossed.remove(order.name)
        }
        guard !isDoubtful(order.name) else { return }
        people.paused[order.name] = order.verb == .pause
    }

    /// Somebody else has to be there for it.
    private mutating func withdraw(_ name: String, _ index: Int) {
        let others = nodes.indices.filter { $0 != index && nodes[$0].offering[name] != nil }
        guard nodes[index].offering[name] != nil, !others.isEmpty, name != TaskPeople.errand else { return }
        note("\(nodes[index].id) withdraws \(name)")
        nodes[index].offering[name] = nil
        feed(index) { $0.withdraw(name, now: $1) }
        later(.milliseconds(Int64(300 + generator.below(6000)))) { world in
            guard world.nodes[index].isUp, !world.nodes[index].isPaused else { return }
            world.offerOtherwise(name, index)
        }
    }

    /// Again, or with another option than others.
    private mutating func offerOtherwise(_ name: String, _ index: Int) {
        guard var definition = definitions.first(where: { $0.name == name }),
            name != TaskPeople.errand, !(name == TaskPeople.former && people.isFormerGone)
        else { return }
        if chance(40) { definition.placement.weight = UInt32(1 + generator.below(3)) }
        definition.offeredAt = wall(index)
        note("\(nodes[index].id) offers \(name), weight \(definition.placement.weight)")
        nodes[index].offering[name] = definition
        offer(name, index)
    }

    mutating func offer(_ name: String, _ index: Int) {
        guard var definition = nodes[index].offering[name] else { return }
        if scenario.broken == .oldDefinition, definition.placement.weight > 1 {
            definition.offeredAt -= 3_600_000
        }
        let offered = definition
        feed(index) { $0.offer(offered, isSingleton: true, now: $1) }
    }

    /// Nobody offers it any more; it is to be forgotten.
    mutating func withdrawFormer() {
        people.isFormerGone = true
        for index in nodes.indices {
            nodes[index].offering[TaskPeople.former] = nil
            let name = TaskPeople.former
            guard nodes[index].isUp else { continue }
            later(.zero, on: index) { world in world.feed(index) { $0.withdraw(name, now: $1) } }
        }
        later(.seconds(2)) { $0.forgetFormer() }
    }

    private mutating func forgetFormer() {
        guard !people.isForgotten else { return }
        later(.seconds(1)) { $0.forgetFormer() }
        let index = generator.below(nodes.count)
        // In the calm: who is away while something is forgotten brings it along when it is back.
        guard isCalm, nodes[index].isUp, !nodes[index].isPaused else { return }
        order(.forget, TaskPeople.former, at: index)
    }

    /// In the calm: of what nobody can know whether it is paused.
    mutating func settleDoubts() {
        later(.seconds(1)) { $0.settleDoubts() }
        for definition in definitions
        where definition.name != TaskPeople.former && isDoubtful(definition.name) {
            order(.resume, definition.name, at: generator.below(nodes.count))
        }
    }

    /// The host's own resolver: now and then it changes its mind, or does not know.
    mutating func askHost(_ index: Int, _ number: UInt64, _ tasks: [ResolverTask], _ peers: [ResolverNode]) {
        let isIdle = !isCalm && chance(3)
        let changes = scenario.broken == .dealAnew ? 1 : isCalm ? 0 : 2
        let owners = tasks.map { task in
            task.owner == nil || chance(changes)
                ? task.capable.isEmpty ? nil : task.capable[generator.below(task.capable.count)] : task.owner
        }
        later(delay(20), on: index) { world in
            world.coordinate(index) { $0.hostResolved(number, isIdle ? nil : owners, now: $1) }
        }
    }

    // MARK: what hosts do

    mutating func completeSomeTime(_ name: String, _ token: UInt64, _ index: Int) {
        guard !isCalm, now > .init(nanoseconds: 20_000_000_000) else { return }
        later(.milliseconds(Int64(1000 + generator.below(9000))), on: index) { world in
            guard !world.isCalm, world.nodes[index].worker.offers[name]?.token == token,
                world.nodes[index].worker.offers[name]?.phase == .running
            else { return }
            world.nodes[index].hosted[name] = nil
            world.note("\(world.nodes[index].id) has completed \(name)")
            world.feed(index) { $0.hostCompleted(name, token, now: $1) }
        }
    }

    mutating func endJob(_ name: String, _ index: Int) {
        nodes[index].jobs[name] = nil
        nodes[index].hosted[name] = nil
    }

    // MARK: what they were promised

    mutating func watchStart(_ definition: TaskDefinition, _ index: Int) {
        let name = definition.name
        if nodes[index].hosted[name] != nil {
            violate("\(name) begins on \(nodes[index].id), whose host has not stopped it")
        }
        if people.completed.contains(name) {
            violate("\(name) begins on \(nodes[index].id) and was completed")
        }
        if let former = people.places[name], former.index != index, nodes[former.index].isUp,
            nodes[former.index].start == former.start
        {
            checker.moves += 1
        }
        people.places[name] = (index, nodes[index].start)
        nodes[index].hosted[name] = definition
    }

    /// Others than the coordinator have heard that it is completed: it stays so.
    mutating func heardOfEnds(_ entries: [TaskStatus]) {
        for entry in entries where entry.state == .completed { people.completed.insert(entry.name) }
    }

    /// On how many nodes a task should run when all is well.
    func wantedOwners(_ name: String) -> Int {
        if people.completed.contains(name) || people.paused[name] == true { return 0 }
        if name == TaskPeople.errand, isErrandDone { return 0 }
        return nodes.contains { $0.offering[name] != nil } ? 1 : 0
    }

    /// All agree that it is, though nobody heard of it before the calm.
    private var isErrandDone: Bool {
        nodes.allSatisfy { $0.worker.table[TaskPeople.errand]?.state == .completed }
    }

    mutating func checkPeople(_ name: String, _ owners: [TaskNode]) {
        if isDoubtful(name), name != TaskPeople.former {
            violate("nobody answers whether \(name) is paused")
        }
        if people.paused[name] == true, let last = checker.lastRun[name], now - last < .seconds(20) {
            violate("\(name) is paused and has run")
        }
        if name == TaskPeople.former {
            let keeper = nodes.first { $0.worker.rows[name]?.isForgotten == false }
            if !people.isForgotten { violate("nobody answers whether \(name) is forgotten") }
            if store[name] != nil { violate("\(name) is forgotten and stands in the store") }
            if let keeper { violate("\(name) is forgotten and \(keeper.id) keeps it") }
        }
        let offers = nodes.compactMap { $0.offering[name] }
        let newest = offers.max { $0.offeredAt < $1.offeredAt }
        guard let newest, let owner = owners.first, let hosted = owner.hosted[name] else { return }
        if !hosted.isSame(as: newest), hosted.offeredAt < newest.offeredAt {
            violate("\(owner.id) runs \(name) as it was offered before it was offered otherwise")
        }
    }
}
