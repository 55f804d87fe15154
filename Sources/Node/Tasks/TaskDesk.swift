import Basics
import Memory
import NIOCore
import Options
import Schedule
import Stores
import Tasks
import Transport
import Zones

/// A node's part in the tasks of its cluster: the worker, the coordinator while this node is it, and the ways between
/// them, the host, the jobs and the rows.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class TaskDesk: @unchecked Sendable {
    /// The role whose primary shares the tasks out.
    static let role = "muster.tasks"

    unowned let runtime: Runtime
    private(set) var worker: Worker
    private(set) var coordinator: Coordinator?
    let seat = SeatState(role: TaskDesk.role)
    var states: [String: TaskState] = [:]
    /// Of them, those that this node has of all nodes.
    private var held: Set<String> = []
    var jobs: [String: JobDesk] = [:]
    /// Of jobs that every node runs for itself: how far they have come, as long as they are offered.
    var ownRows: [String: TaskRow] = [:]
    let rows: TaskRows?
    private let store: Store?
    var zones: [String: Zone] = [:]
    /// What waits for the coordinator's answer, by number.
    var asked: [UInt64: @Sendable (TaskAnswer, String) -> Void] = [:]
    var reading: [UInt64: (Result<TaskRow?, RowTrouble>) -> Void] = [:]
    var writing: [UInt64: (TaskWrite) -> Void] = [:]
    private var lastNumber: UInt64 = 0
    // The ways to the coordinator, and from the nodes to it.
    var line: TaskLine?
    var crew: [String: CrewLine] = [:]
    private var peers: [TaskPeer] = []
    private var seenChanges = UInt64.max
    private lazy var alarm = Alarm { [weak self] in self?.tick() }
    private(set) lazy var poolWatch = PoolWatch(runtime.pool) { [weak self] in self?.tellOf($0) }
    private var waiting: [() -> Void] = []
    private var isWorking = false
    private(set) var isClosed = false
    /// Grows with what hosts are told of all tasks.
    let known = TaskTable()
    private var generator: SeededGenerator
    /// Trouble with the store since it last answered.
    private var storeFailures: UInt64 = 0
    /// How often the host was told of each kind of news.
    private(set) var counts: [TaskNews.Kind: UInt64] = [:]
    /// Runs of jobs that have begun here.
    var runs: UInt64 = 0

    private var seenRows: UInt64 = 0

    struct RowTrouble: Error {}

    init(_ runtime: Runtime, seed: UInt64) throws(Failure) {
        self.runtime = runtime
        generator = SeededGenerator(seed: seed)
        let settings = runtime.settings
        store = try settings.openTaskStore()
        rows = store.map { TaskRows(register: $0) }
        worker = Worker(settings: settings.worker(id: runtime.engine.membership.me.id))
        guard store == nil, let kept = runtime.keeper?.memory.taskRows else { return }
        worker.remember(kept.compactMap { try? TaskRow(decoding: $0[...]) })
        seenRows = worker.rowsVersion
    }

    /// What outlives this process where nodes keep the rows, as bytes.
    var rowsToRemember: [[UInt8]] {
        let lasting = worker.rows.values.filter(\.isLasting).sorted { $0.name < $1.name }
        let resting = lasting.filter(\.rests)
        return (resting + lasting.filter { !$0.rests }).prefix(Memory.mostTaskRows).map { $0.encoded() }
    }

    // MARK: life

    /// Takes part: nodes that do have a seat in the role of the coordinator.
    func begin() {
        guard !runtime.hasSeat(Self.role) else { return }
        guard runtime.seatOpened(seat) else { return }
        runtime.step { $0.setReady(role: Self.role, true, now: $1) }
    }

    func close(_ reason: Failure) {
        guard !isClosed else { return }
        isClosed = true
        alarm.cancel()
        store?.close()
        for done in asked.values { done(.tryAgain, reason.detail) }
        asked = [:]
        reading = [:]
        writing = [:]
        dropLine()
        for line in crew.values { line.close() }
        crew = [:]
        for state in states.values {
            state.set(token: nil, isEverywhere: false)
            state.host.change { $0.ending = reason }
        }
        known.end(reason)
    }

    // MARK: inputs

    /// Feeds both sides; what follows from it follows in order, however they call each other.
    func perform(_ body: @escaping () -> Void) {
        waiting.append(body)
        guard !isWorking else { return }
        isWorking = true
        while !waiting.isEmpty, !isClosed { waiting.removeFirst()() }
        waiting = []
        isWorking = false
        guard !isClosed else { return }
        publish()
        schedule()
    }

    func work(_ body: (inout Worker, Instant) -> [WorkerAction]) {
        for action in body(&worker, Clock.now) { perform { self.perform(action) } }
    }

    func coordinate(_ body: (inout Coordinator, Instant) -> [CoordinatorAction]) {
        guard var taken = coordinator else { return }
        // It is changed in its place, and not copied for that.
        coordinator = nil
        let actions = body(&taken, Clock.now)
        coordinator = taken
        let epoch = taken.epoch
        for action in actions {
            perform {
                guard self.coordinator?.epoch == epoch else { return }
                self.perform(action)
            }
        }
    }

    /// The engine has taken a step: who coordinates may have changed, who is here, and whether this node may act.
    func follow() {
        guard !isClosed else { return }
        perform { [self] in
            let engine = runtime.engine
            let now = Clock.now
            followRole(now)
            if engine.membership.view.changes != seenChanges || peers.contains(where: { $0.isLost })
                || hasSilentPeers
            {
                seenChanges = engine.membership.view.changes
                see(now)
            }
            if let sent = engine.confirmed(in: Self.role), coordinator?.isInDoubt == true {
                coordinate { $0.confirmed(since: sent, now: $1) }
            }
            let mayAct = settings.isLeased ? engine.membership.standing == .member : engine.mayWork(now: now)
            if mayAct != lastMayAct {
                lastMayAct = mayAct
                work { $0.set(mayAct: mayAct, now: $1) }
            }
            followLeader()
        }
    }

    private var lastMayAct = true
    private var hasSilentPeers = false
    var settings: WorkerSettings { worker.settings }

    /// This node becomes the coordinator, or is it no more.
    private func followRole(_ now: Instant) {
        let token = runtime.engine.failover.token(of: Self.role)
        guard token != coordinator?.epoch else { return }
        for line in crew.values { line.close() }
        crew = [:]
        coordinator = nil
        guard let token else { return }
        coordinator = Coordinator(
            settings: runtime.settings.coordinator(id: settings.id, isInStore: store != nil), epoch: token,
            seed: generator.next(), rows: worker.rows.values.map { $0 }, told: worker.table.values.map { $0 },
            now: now)
        seenChanges = .max
    }

    /// Who is here, for the coordinator.
    private func see(_ now: Instant) {
        guard coordinator != nil else { return }
        let engine = runtime.engine
        let me = engine.membership.me
        let patience = Interval(nanoseconds: runtime.settings.failoverUnresponsiveAfterNanoseconds)
        hasSilentPeers = false
        peers = engine.seatHolders(of: Self.role).map { holder in
            if holder.unresponsiveSince != nil { hasSilentPeers = true }
            let isLost = holder.unresponsiveSince.map { $0 + patience <= now } ?? false
            return TaskPeer(id: holder.identity.id, instance: holder.identity.nonce, isLost: isLost)
        }
        peers.append(TaskPeer(id: me.id, instance: me.nonce))
        let peers = peers
        coordinate { $0.see(peers, now: $1) }
    }

    // MARK: outputs

    private func perform(_ action: WorkerAction) {
        switch action {
        case .start(let definition, _): publish(definition.name)
        case .stop(let name, _), .withdrawn(let name): publish(name)
        case .news(let news): publish(news.name)
        case .send, .hangUp, .runNow, .answered, .found, .written: break
        }
        switch action {
        case .send(let mail): sendToCoordinator(mail)
        case .hangUp: dropLine()
        case .start(let definition, let token): start(definition, token)
        case .stop(let name, let token): stop(name, token)
        case .runNow(let name):
            guard let job = jobs[name] else {
                return tell(
                    TaskNews(.vetoed, name, member: settings.id, "it was to run by hand, and has just ended"))
            }
            job.drive { $0.runNow($1) }
        case .withdrawn(let name):
            jobs[name] = nil
            ownRows[name] = nil
            states.removeValue(forKey: name)?.host.change { $0.isGone = true }
        case .news(let news): tell(news)
        case .answered(let number, let answer, let text): asked.removeValue(forKey: number)?(answer, text)
        case .found(let number, let row): reading.removeValue(forKey: number)?(.success(row))
        case .written(let number, let outcome): writing.removeValue(forKey: number)?(outcome)
        }
    }

    private func perform(_ action: CoordinatorAction) {
        switch action {
        case .send(let mail, let id): send(mail, to: id)
        case .spread(let mail, let ids): spread(mail, to: ids)
        case .hangUp(let id): crew.removeValue(forKey: id)?.close()
        case .list: listRows()
        case .read(let name): readRow(name)
        case .write(let expected, let row):
            let epoch = coordinator?.epoch
            rows?.write(expected: expected, row) { [weak self] outcome, error in
                self?.heardOfStore(error)
                guard let self, self.coordinator?.epoch == epoch else { return }
                self.perform { self.coordinate { $0.wrote(row.name, row, outcome, now: $1) } }
            }
        case .remove(let name, let expected):
            let epoch = coordinator?.epoch
            rows?.remove(name, expected: expected) { [weak self] outcome, error in
                self?.heardOfStore(error)
                guard let self, self.coordinator?.epoch == epoch else { return }
                self.perform { self.coordinate { $0.wrote(name, nil, outcome, now: $1) } }
            }
        case .news(let news): tell(news)
        case .askHost(let number, let tasks, let nodes): askHost(number, tasks, nodes)
        case .stepDown: runtime.step { $0.stepDown(role: Self.role, now: $1).actions }
        }
    }

    private static let storePause = TimeAmount.milliseconds(500)

    private func listRows() {
        guard let epoch = coordinator?.epoch else { return }
        rows?.list { [weak self] result in
            guard let self, self.coordinator?.epoch == epoch else { return }
            switch result {
            case .success(let found):
                self.heardOfStore(nil)
                self.perform { self.coordinate { $0.listed(found, now: $1) } }
            case .failure(let error):
                self.heardOfStore(error)
                SharedLoop.loop.scheduleTask(in: Self.storePause) { [weak self] in self?.listRows() }
            }
        }
    }

    private func readRow(_ name: String) {
        guard let epoch = coordinator?.epoch else { return }
        rows?.read(name) { [weak self] result in
            guard let self, self.coordinator?.epoch == epoch else { return }
            switch result {
            case .success(let row):
                self.heardOfStore(nil)
                self.perform { self.coordinate { $0.found(name, row, now: $1) } }
            case .failure(let error):
                self.heardOfStore(error)
                SharedLoop.loop.scheduleTask(in: Self.storePause) { [weak self] in self?.readRow(name) }
            }
        }
    }

    /// Said once in a power of two.
    func heardOfStore(_ error: StoreError?) {
        guard let error else {
            storeFailures = 0
            return
        }
        storeFailures += 1
        guard storeFailures & (storeFailures - 1) == 0 else { return }
        runtime.log.write(.warning, "the store of the tasks: \(error.text)")
    }

    func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    func nextSeed() -> UInt64 { generator.next() }

    func tell(_ news: TaskNews) {
        counts[news.kind, default: 0] += 1
        let isTrouble: Bool
        switch news.kind {
        case .started, .stopped, .completed, .skipped: isTrouble = false
        case .failed, .dead, .lost, .vetoed, .differs, .waiting, .overlap, .stuck: isTrouble = true
        }
        runtime.log.write(
            isTrouble ? .warning : .info,
            news.sentence
        )
        runtime.queue.push(
            .task, member: news.member, role: news.name, value: news.kind.rawValue, detail: news.detail)
    }

    /// What this node has done with tasks since it takes part.
    var statistics: Json {
        let news = Json.object()
        for kind in TaskNews.Kind.allCases { news.set(kind.word, .number(counts[kind] ?? 0)) }
        return Json.object()
            .set("coordinates", .flag(coordinator != nil))
            .set("offered", .number(Int64(worker.offers.count)))
            .set("held", .number(Int64(held.count)))
            .set("runs", .number(runs))
            .set("news", news)
    }

    // MARK: time

    /// What hosts may ask of all tasks.
    private func publish() {
        if worker.rowsVersion != seenRows {
            seenRows = worker.rowsVersion
            runtime.keeper?.consider()
        }
        publishTrust()
        runtime.setHasWork(!held.isEmpty)
        known.set(worker.table, version: worker.tableVersion)
    }

    private func publishTrust() {
        let now = Clock.now
        guard worker.isTrusted(now: now) else { return runtime.taskTrust.set(.distantPast) }
        // A node that slept has not extended it.
        runtime.taskTrust.set(settings.isLeased ? worker.trustEnd : runtime.engine.mayWorkUntil)
    }

    /// The same of one task, before its host is called: its first question is answered as it will be.
    func publish(_ name: String) {
        let offer = worker.offers[name]
        let isHeld = (offer?.phase == .starting || offer?.phase == .running) && offer?.ending == nil
        if isHeld, offer?.isSingleton == true { held.insert(name) } else { held.remove(name) }
        publishTrust()
        states[name]?.set(
            token: isHeld ? max(1, offer?.token ?? 0) : nil, isEverywhere: offer?.isSingleton == false)
    }

    private func schedule() {
        var deadline = worker.nextDeadline
        if let coordinator { deadline = min(deadline, coordinator.nextDeadline) }
        alarm.set(at: deadline)
    }

    /// Jobs say it themselves: there may be many.
    func wake(at moment: Instant) { alarm.set(at: moment) }

    private func tick() {
        guard !isClosed else { return }
        perform { [self] in
            work { $0.tick(now: $1) }
            coordinate { $0.tick(now: $1) }
            let now = Clock.now
            var next = Instant.distantFuture
            for job in jobs.values {
                if job.nextDeadline <= now { job.drive { $0.tick($1) } }
                next = min(next, job.nextDeadline)
            }
            wake(at: next)
        }
    }
}

extension Settings {
    /// A store of its own, so that no lease waits for a claim; nil where the nodes keep the rows.
    fileprivate func openTaskStore() throws(Failure) -> Store? {
        guard failoverAuthority == .store, let url = failoverStore, let lease else { return nil }
        do throws(StoreError) {
            return try Store.open(StoreSettings(url: url, cluster: cluster, patience: lease.patience))
        } catch {
            throw Failure(error, in: .failoverStore)
        }
    }

    /// Long enough that a new coordinator is there before it ends.
    private var taskTrust: Interval { lease.map { $0.hold / 2 * 3 } ?? .zero }

    fileprivate func worker(id: String) -> WorkerSettings {
        WorkerSettings(
            id: id, isLeased: lease != nil, trust: taskTrust, renewEvery: lease?.renew ?? .seconds(1),
            weight: tasksWeight, labels: tasksLabels)
    }

    fileprivate func coordinator(id: String, isInStore: Bool) -> CoordinatorSettings {
        var settings = CoordinatorSettings(
            id: id, isLeased: lease != nil, trust: taskTrust,
            lostAfter: Interval(nanoseconds: failoverUnresponsiveAfterNanoseconds), keepsRows: !isInStore,
            resolvingPeriod: Interval(nanoseconds: tasksResolvingPeriodNanoseconds),
            resolvingFrequency: tasksResolvingFrequency, resolver: ResolverSettings(self))
        settings.tombstoneTime = Interval(nanoseconds: tombstoneTimeNanoseconds)
        return settings
    }
}
