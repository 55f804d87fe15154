package import Basics
import Lease
import Schedule
import Tasks

/// One history of tasks and jobs on a few nodes, in virtual time: the coordinator, the nodes' side, jobs and their mail are
/// the real ones; who coordinates is decided by an oracle that does what a lease, or the members' view, promises.
///
/// Everything follows from one seed.
package struct TaskWorld: Sendable {
    package let scenario: TaskScenario
    package internal(set) var now = Instant(nanoseconds: 0)
    package internal(set) var checker = TaskChecker()
    package private(set) var eventCount = 0
    package var isTraced = false
    /// Every mail too.
    package var tellsMail = false
    package private(set) var trace: [String] = []

    var generator: SeededGenerator
    var agenda = EventQueue<Event>()
    private var waiting: [@Sendable (inout TaskWorld) -> Void] = []
    private var isWorking = false
    var nodes: [TaskNode] = []
    var links: [UInt64: TaskLink] = [:]
    var lastLink: UInt64 = 0
    var store: [String: TaskRow] = [:]
    /// Pairs of nodes without a way, and nodes without a way to the store; `-1` stands for it.
    var cuts: Set<Pair> = []
    var isCalm = false
    /// When a node was seen to be lost last, where the nodes keep the rows.
    var lastLoss = Instant.distantPast
    // The oracle.
    var leader: Int?
    var epoch: UInt64 = 0
    var renewed = Instant(nanoseconds: 0)
    var promoted = Instant(nanoseconds: 0)
    let hold = Interval.seconds(1)
    var people = TaskPeople()
    let definitions: [TaskDefinition]

    struct Pair: Hashable, Sendable { var one: Int, other: Int }

    struct Event: Sendable {
        /// The process that it happens to; nil: the world.
        var node: (index: Int, start: UInt64)?
        var body: @Sendable (inout TaskWorld) -> Void
    }

    package init(scenario: TaskScenario, seed: UInt64) {
        self.scenario = scenario
        generator = SeededGenerator(seed: seed)
        var definitions: [TaskDefinition] = []
        for number in 0..<scenario.tasks {
            definitions.append(
                TaskDefinition(
                    name: "t\(number)", kind: number % 2 == 0 ? .task : .daemon, stopTimeout: .seconds(3)))
        }
        for number in 0..<scenario.jobs {
            let delivery: TaskDefinition.Delivery = number % 2 == 0 ? .atLeastOnce : .atMostOnce
            definitions.append(
                TaskDefinition(
                    name: "j\(number)", kind: .job, schedule: "every \(1 + number)s misfire=all",
                    delivery: delivery,
                    attempts: 20, grace: .seconds(5), stopTimeout: .seconds(3)))
        }
        if scenario.trouble > .zero { definitions += TaskPeople.definitions }
        self.definitions = definitions
        for index in 0..<scenario.nodes { nodes.append(TaskNode(index, at: now, &generator)) }
        for index in nodes.indices {
            nodes[index].offering = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })
            boot(index)
        }
        later(.milliseconds(10)) { $0.consultOracle() }
        isCalm = scenario.trouble == .zero
        guard !isCalm else { return }
        later(.seconds(5)) { $0.strike() }
        later(.seconds(4)) { $0.meddle() }
        later(scenario.trouble / 3 * 2) { $0.withdrawFormer() }
    }

    /// Plays it to its end.
    package mutating func play() {
        run(until: now + scenario.trouble)
        calmDown()
        later(.seconds(5)) { $0.settleDoubts() }
        run(until: now + scenario.calm)
        checkCalm()
    }

    mutating func run(until end: Instant) {
        while checker.violation == nil, let next = agenda.nextTime, next <= end {
            guard let (at, event) = agenda.pop() else { break }
            now = at
            eventCount += 1
            if let place = event.node {
                guard nodes[place.index].start == place.start, nodes[place.index].isUp else { continue }
                guard !nodes[place.index].isPaused else {
                    nodes[place.index].backlog.append(event)
                    continue
                }
                event.body(&self)
                settle(place.index)
            } else {
                event.body(&self)
            }
            // Many tasks of which nothing else is asked: now and then.
            if definitions.count < 50 || eventCount % 100 == 0 { checkOwners() }
        }
        now = max(now, end)
    }

    // MARK: time

    mutating func later(_ wait: Interval, _ body: @escaping @Sendable (inout TaskWorld) -> Void) {
        agenda.push(Event(node: nil, body: body), at: now + wait)
    }

    /// Happens to this start of a node.
    mutating func later(
        _ wait: Interval, on index: Int, _ body: @escaping @Sendable (inout TaskWorld) -> Void
    ) {
        agenda.push(Event(node: (index, nodes[index].start), body: body), at: now + wait)
    }

    mutating func chance(_ percent: Int) -> Bool { generator.below(100) < percent }

    mutating func delay(_ most: Int64) -> Interval {
        .microseconds(100 + Int64(generator.below(Int(most * 1000))))
    }

    mutating func note(_ text: String) {
        guard isTraced else { return }
        trace.append("\(Trace.clock(now)) \(text)")
    }

    func local(_ index: Int) -> Instant { nodes[index].clock.reading(at: now) }

    func wall(_ index: Int) -> Int64 { 1_700_000_000_000 + now.nanoseconds / 1_000_000 + nodes[index].skew }

    // MARK: processes

    mutating func boot(_ index: Int) {
        nodes[index].start += 1
        nodes[index].isUp = true
        nodes[index].isPaused = false
        nodes[index].backlog = []
        nodes[index].coordinator = nil
        nodes[index].jobs = [:]
        nodes[index].line = nil
        nodes[index].hasLostLine = false
        nodes[index].known = nil
        nodes[index].hosted = [:]
        nodes[index].trusted = local(index) + Self.ownTrust
        var settings = WorkerSettings(
            id: nodes[index].id, isLeased: isLeased, trust: hold / 2 * 3, renewEvery: hold / 6)
        if scenario.broken == .noTrust { settings.trust = .seconds(3600) }
        nodes[index].worker = Worker(settings: settings)
        let offered = wall(index)
        for name in nodes[index].offering.keys.sorted() {
            nodes[index].offering[name]?.offeredAt = offered
            offer(name, index)
        }
        note("\(nodes[index].id) starts")
        later(delay(50), on: index) { $0.hearOfLeader(index) }
        tickSoon(index)
    }

    var isLeased: Bool { scenario.authority != .members }

    /// How long a node of the members trusts itself without a tick.
    static let ownTrust = Interval.milliseconds(1500)

    /// The event loop turns.
    private mutating func tickSoon(_ index: Int) {
        later(.milliseconds(300), on: index) { world in
            // Who slept for too long trusts itself again only when the others have been heard.
            let local = world.local(index)
            if local < world.nodes[index].trusted || world.nodes[index].isAwake {
                world.nodes[index].trusted = local + Self.ownTrust
                world.nodes[index].isAwake = false
            } else {
                world.later(.milliseconds(50), on: index) { $0.nodes[index].isAwake = true }
            }
            world.tickSoon(index)
        }
    }

    /// After whatever has happened to a node: what follows from it.
    mutating func settle(_ index: Int) {
        guard nodes[index].isUp, !nodes[index].isPaused else { return }
        let clock = local(index)
        if isLeased, nodes[index].coordinator != nil, clock >= nodes[index].roleUntil {
            dropCoordinator(index)
        }
        if !isLeased {
            let mayAct = clock < nodes[index].trusted
            if mayAct != nodes[index].mayAct {
                nodes[index].mayAct = mayAct
                feed(index) { $0.set(mayAct: mayAct, now: $1) }
            }
        }
        plan(index)
    }

    private mutating func plan(_ index: Int) {
        var deadline = nodes[index].worker.nextDeadline
        if let coordinator = nodes[index].coordinator { deadline = min(deadline, coordinator.nextDeadline) }
        for job in nodes[index].jobs.values { deadline = min(deadline, job.nextDeadline) }
        guard deadline < .distantFuture else { return }
        let at = max(nodes[index].clock.worldTime(of: deadline), now + .microseconds(10))
        guard at < nodes[index].tickAt || nodes[index].tickAt <= now else { return }
        nodes[index].tickAt = at
        agenda.push(
            Event(node: (index, nodes[index].start)) { world in
                world.nodes[index].tickAt = .distantFuture
                world.feed(index) { $0.tick(now: $1) }
                world.coordinate(index) { $0.tick(now: $1) }
                for name in world.nodes[index].jobs.keys.sorted() { world.drive(index, name) { $0.tick($1) } }
            }, at: at)
    }

    // MARK: the worker

    mutating func feed(_ index: Int, _ body: (inout Worker, Instant) -> [WorkerAction]) {
        let clock = local(index)
        let actions = body(&nodes[index].worker, clock)
        perform(actions) { $0.perform($1, index) }
    }

    /// What follows from a step follows in order, however both sides of a node call each other: as in the product.
    mutating func perform<Action: Sendable>(
        _ actions: [Action], _ body: @escaping @Sendable (inout TaskWorld, Action) -> Void
    ) {
        for action in actions { waiting.append { body(&$0, action) } }
        guard !isWorking else { return }
        isWorking = true
        var next = 0
        while next < waiting.count {
            waiting[next](&self)
            next += 1
        }
        waiting = []
        isWorking = false
    }

    private mutating func perform(_ action: WorkerAction, _ index: Int) {
        switch action {
        case .send(let mail): sendUp(mail, index)
        case .hangUp: hangUp(index)
        case .start(let definition, let token): startHost(definition, token, index)
        case .stop(let name, let token): stopHost(name, token, index)
        case .runNow(let name): drive(index, name) { $0.runNow($1) }
        // Where it was stuck it is forgotten with that, and may be offered anew.
        case .withdrawn(let name): nodes[index].hosted[name] = nil
        case .news(let news):
            if news.kind == .stuck { checker.stuck += 1 }
            note("\(nodes[index].id): \(news.name) \(news.kind.word) \(news.detail)")
        case .answered(let number, let answer, _): answered(number, answer)
        case .found(let number, let row):
            guard let name = nodes[index].asked.removeValue(forKey: number) else { break }
            drive(index, name) { $0.found(row, isKnown: true, $1) }
        case .written(let number, let outcome):
            guard let name = nodes[index].asked.removeValue(forKey: number) else { break }
            drive(index, name) { $0.written(outcome, $1) }
        }
    }

    private mutating func startHost(_ definition: TaskDefinition, _ token: UInt64, _ index: Int) {
        let name = definition.name
        watchStart(definition, index)
        guard definition.kind == .job else {
            let failure: String? = !isCalm && chance(3) ? "it fails" : nil
            if failure != nil { nodes[index].hosted[name] = nil }
            return later(delay(30), on: index) { world in
                world.feed(index) { $0.hostStarted(name, token, failure: failure, now: $1) }
                if name == TaskPeople.errand { world.completeSomeTime(name, token, index) }
            }
        }
        guard let spec = try? ScheduleSpec(definition.schedule) else { return }
        nodes[index].jobs[name] = JobRun(
            definition, spec, zone: nil, token: token, node: nodes[index].id, instance: nodes[index].instance,
            seed: generator.next())
        feed(index) { $0.hostStarted(name, token, failure: nil, now: $1) }
        drive(index, name) { job, _ in job.begin() }
    }

    private mutating func stopHost(_ name: String, _ token: UInt64, _ index: Int) {
        guard nodes[index].jobs[name] == nil else { return drive(index, name) { job, _ in job.stop() } }
        let hangs = !isCalm && chance(4)
        // Longer than is waited for.
        let wait = hangs ? .milliseconds(3000) + delay(5000) : delay(chance(10) ? 400 : 20)
        if scenario.broken == .earlyStop { feed(index) { $0.hostStopped(name, token, now: $1) } }
        later(wait, on: index) { world in
            world.nodes[index].hosted[name] = nil
            world.feed(index) { $0.hostStopped(name, token, now: $1) }
        }
    }

    // MARK: jobs

    mutating func drive(_ index: Int, _ name: String, _ body: (inout JobRun, JobTime) -> [JobAction]) {
        guard nodes[index].jobs[name] != nil else { return }
        let time = JobTime(now: local(index), wall: wall(index))
        var actions: [JobAction] = []
        if var job = nodes[index].jobs[name] {
            actions = body(&job, time)
            nodes[index].jobs[name] = job
        }
        let token = nodes[index].jobs[name]?.token
        perform(actions) { world, action in
            if world.nodes[index].jobs[name]?.token == token { world.perform(action, name, index) }
        }
    }

    private mutating func perform(_ action: JobAction, _ name: String, _ index: Int) {
        let token = nodes[index].jobs[name]?.token ?? 0
        switch action {
        case .read: read(name, index)
        case .write(let expected, let row): write(expected, row, index)
        case .run(let run): begin(run, name, token, index)
        case .ended: break
        case .news(let news):
            note("\(nodes[index].id): \(name) \(news.kind.word) \(news.detail)")
            checker.heard(news)
        case .stopped:
            endJob(name, index)
            feed(index) { $0.hostStopped(name, token, now: $1) }
        case .failed(let reason):
            endJob(name, index)
            feed(index) { $0.hostFailed(name, token, reason, now: $1) }
        case .completed:
            endJob(name, index)
            feed(index) { $0.hostCompleted(name, token, now: $1) }
        }
    }

    private mutating func begin(_ run: TaskRun, _ name: String, _ token: UInt64, _ index: Int) {
        if !isCalm, chance(3) {
            // The host is not called: by then the node does not trust itself.
            return later(delay(5), on: index) { world in
                guard world.nodes[index].jobs[name]?.token == token else { return }
                world.drive(index, name) { job, _ in job.notBegun() }
            }
        }
        let isAtMostOnce = definitions.first { $0.name == name }?.delivery == .atMostOnce
        note("\(nodes[index].id): \(name) runs \(run.moment), attempt \(run.attempt), token \(run.token)")
        if let text = checker.began(name, run, isAtMostOnce: isAtMostOnce, now: now) { violate(text) }
        let failure: String? = !isCalm && chance(5) ? "it fails" : nil
        let hangs = !isCalm && chance(2)
        let wait = hangs ? .milliseconds(3000) + delay(5000) : delay(chance(10) ? 900 : 60)
        later(wait, on: index) { world in
            if failure == nil { world.checker.succeeded(name, run) }
            guard world.nodes[index].jobs[name]?.token == token else { return }
            world.drive(index, name) { $0.finished(failure: failure, $1) }
        }
    }

    mutating func violate(_ text: String) {
        guard checker.violation == nil else { return }
        checker.violation = (now, text)
    }
}

/// One process and what is around it.
package struct TaskNode: Sendable {
    let id: String
    var start: UInt64 = 0
    var isUp = false
    var isPaused = false
    var backlog: [TaskWorld.Event] = []
    let clock: LocalClock
    /// Of the wall clock, in milliseconds.
    let skew: Int64
    var worker = Worker(settings: WorkerSettings(id: "", isLeased: false, trust: .zero, renewEvery: .zero))
    var coordinator: Coordinator?
    /// Until when it may believe that it coordinates, on its own clock.
    var roleUntil = Instant.distantPast
    var jobs: [String: JobRun] = [:]
    /// What its host offers, also when it starts again.
    var offering: [String: TaskDefinition] = [:]
    /// What its host has begun and not ended, whatever the node believes.
    var hosted: [String: TaskDefinition] = [:]
    /// The link to the coordinator.
    var line: UInt64?
    /// Its link has ended, and it has not heard of that yet.
    var hasLostLine = false
    /// Whom it takes for the coordinator.
    var known: (leader: Int, epoch: UInt64)?
    var mayAct = true
    var trusted = Instant.distantPast
    var isAwake = false
    var tickAt = Instant.distantFuture
    /// Which job awaits the answer of this number.
    var asked: [UInt64: String] = [:]
    var lastNumber: UInt64 = 0
    /// When the members hold a pause of it for a death.
    var lostAt = Instant.distantFuture

    init(_ index: Int, at now: Instant, _ generator: inout SeededGenerator) {
        id = "n\(index)"
        clock = LocalClock(within: LeaseSettings.clockRate, at: now, generator: &generator)
        skew = Int64(generator.below(101)) - 50
    }

    var instance: UInt64 { Fnv1a.hash(id) &+ start }
}
