package import Basics

/// The one node that shares the tasks out: the primary of their role, under whatever authority decides about it.
///
/// A value without effects, made anew with each promotion. It begins by collecting: the nodes tell what they offer and
/// what they have, and what they have stays with them. A node that says nothing may still have tasks: under a lease they
/// are given to others only when it cannot trust itself any more, whatever it does; where the members decide, when they
/// say that it is gone (`CoordinatorSuccession`).
///
/// Each assignment has a fencing token above all earlier ones. `CoordinatorRows` has what outlives everybody and
/// `CoordinatorCopies` gives it to others, `CoordinatorResolving` chooses, `CoordinatorOrders` does what people ask for,
/// `CoordinatorTable` tells all.
package struct Coordinator: Sendable {
    package let settings: CoordinatorSettings
    package let epoch: UInt64
    var actions: [CoordinatorAction] = []
    var generator: SeededGenerator
    var crew: [String: CrewMember] = [:]
    var tasks: [String: TaskEntry] = [:]
    /// What nodes have that have not spoken yet, by the name of the task.
    var former: [String: TaskStatus] = [:]
    var rows: [String: TaskRow] = [:]
    /// While it collects: the rows that were found and do not count.
    var outdated: [TaskRow] = []
    var amendments: [String: [Amendment]] = [:]
    var writes = HeldWrites()
    var resolving: Resolving
    var table = TableNews()
    private var tokens: TaskTokens
    /// Until when some start of a node may trust itself by a word of this coordinator.
    private var granted: [UInt64: Instant] = [:]
    /// When nobody trusts itself any more by the word of a former coordinator.
    private let formerTrustEnds: Instant
    private let began: Instant
    package private(set) var isServing = false
    /// Whether the rows are known: at once, where nodes keep them.
    package internal(set) var hasRows: Bool
    /// Questions that wait until they can be answered.
    private var heldReads: [(node: String, request: UInt64, name: String)] = []
    /// Of what was forgotten: until when nodes are told so; `distantFuture` from the next look on.
    var forgotten: [String: Instant] = [:]
    /// Whether somebody has gone from among those who offer a task in several ways.
    var hasLeft = false
    var needsSweep = true
    private var nextSweep = Instant.distantFuture

    /// `told`: what all tasks are doing, as far as this node was told before.
    package init(
        settings: CoordinatorSettings, epoch: UInt64, seed: UInt64, rows: [TaskRow] = [],
        told: [TaskStatus] = [], now: Instant
    ) {
        self.settings = settings
        self.epoch = epoch
        generator = SeededGenerator(seed: seed)
        resolving = Resolving(settings.resolver, seed: seed ^ 0x7A5C, now: now)
        tokens = TaskTokens(epoch: epoch)
        began = now
        formerTrustEnds = settings.isLeased ? now + settings.othersTrust : now
        hasRows = settings.keepsRows
        for row in rows where settings.keepsRows { self.rows[row.name] = row }
        if !settings.keepsRows { actions.append(.list) }
        inherit(told)
    }

    // MARK: inputs

    /// The live nodes that may have tasks, this one included.
    package mutating func see(_ peers: [TaskPeer], now: Instant) -> [CoordinatorAction] {
        var seen: Set<String> = []
        for peer in peers {
            seen.insert(peer.id)
            if crew[peer.id]?.instance != peer.instance {
                stopAwaiting(peer.id)
                hangUp(peer.id)
                forgetOffers(of: peer.id)
                // What a former start of it had has ended with that.
                if crew[peer.id] != nil { letGo(of: peer.id) }
                crew[peer.id] = CrewMember(id: peer.id, instance: peer.instance)
                needsSweep = true
            }
            if crew[peer.id]?.isLost != peer.isLost {
                if peer.isLost { doubt(peer.id) }
                crew[peer.id]?.isLost = peer.isLost
                // It is not waited for, and tells anew what it has when it is there again.
                if peer.isLost { stopAwaiting(peer.id) }
                hangUp(peer.id)
                needsSweep = true
            }
        }
        for id in crew.keys.sorted() where !seen.contains(id) {
            doubt(id)
            stopAwaiting(id)
            hangUp(id)
            forgetOffers(of: id)
            crew[id] = nil
            needsSweep = true
        }
        letGoOfAbsent()
        return settle(now: now)
    }

    private mutating func hangUp(_ id: String) {
        guard crew[id]?.isConnected == true else { return }
        crew[id]?.isConnected = false
        crew[id]?.isReady = false
        heldReads.removeAll { $0.node == id }
        actions.append(.hangUp(id))
    }

    package mutating func disconnected(_ id: String, now: Instant) -> [CoordinatorAction] {
        stopAwaiting(id)
        crew[id]?.isConnected = false
        crew[id]?.isReady = false
        heldReads.removeAll { $0.node == id }
        needsSweep = true
        return settle(now: now)
    }

    /// A node has said something. `isTrusted`: this node may believe at this moment that it is the primary.
    package mutating func received(
        _ mail: TaskMail, from id: String, isTrusted: Bool, now: Instant
    ) -> [CoordinatorAction] {
        guard crew[id] != nil else { return take() }
        switch mail {
        case .hello(let weight, let labels, let digest):
            greet(id, weight, labels, digest)
        case .offers(let definitions):
            for definition in definitions { offered(definition, by: id, now: now) }
        case .holdings(let holdings):
            for holding in holdings {
                holds(holding, id, now: now)
                compare(holding, of: id)
            }
        case .ready:
            becomeReady(id)
        case .withdraw(let name):
            withdraw(name, of: id)
        case .report(let report):
            heard(report, from: id, now: now)
        case .renew(let number):
            guard settings.isLeased, isTrusted, let member = crew[id] else { break }
            granted[member.instance] = now + settings.othersTrust
            actions.append(.send(.renewed(number), to: id))
        case .order(let order):
            obey(order, from: id, now: now)
        case .read(let request, let name):
            guard settings.keepsRows else { break }
            if isServing {
                let found = TaskMail.found(id: request, row: rows[name])
                // What is read is acted on, as what is written is.
                if !hold(found, for: id, with: name) { actions.append(.send(found, to: id)) }
            } else {
                // Somebody may have yet to tell of a later one.
                heldReads.append((id, request, name))
            }
        case .write(let request, let expected, let row):
            write(request, expected, row, from: id, isTrusted: isTrusted)
        case .kept(let number):
            kept(number, by: id)
        case .rows(let rows, _):
            merge(rows)
        case .welcome, .assign, .stop, .renewed, .keep, .table, .answer, .found, .written:
            break
        }
        return settle(now: now)
    }

    package mutating func tick(now: Instant) -> [CoordinatorAction] { settle(now: now) }

    /// Whether this start of a node is one of those that may have tasks.
    package func knows(_ id: String, instance: UInt64) -> Bool { crew[id]?.instance == instance }

    package var nextDeadline: Instant {
        var deadline = min(table.due, nextSweep)
        if !isServing { deadline = min(deadline, collectsUntil) }
        if isServing { deadline = min(deadline, resolving.due) }
        return deadline
    }

    // MARK: nodes

    private mutating func greet(_ id: String, _ weight: UInt32, _ labels: [String], _ digest: UInt64) {
        forgetOffers(of: id)
        // The end of its former line is still to be heard of, with what was on it.
        if crew[id]?.isConnected == true {
            heldReads.removeAll { $0.node == id }
            stopAwaiting(id)
        }
        crew[id]?.isConnected = true
        crew[id]?.isReady = false
        crew[id]?.weight = max(1, weight)
        crew[id]?.labels = labels
        crew[id]?.held = []
        let wantsRows = settings.keepsRows && digest != rowsDigest
        crew[id]?.lacksRows = wantsRows
        actions.append(.send(.welcome(epoch: epoch, wantsRows: wantsRows), to: id))
    }

    private mutating func becomeReady(_ id: String) {
        guard let member = crew[id] else { return }
        crew[id]?.isReady = true
        // What it was given and does not have, it never heard of, or has stopped already.
        for name in tasks.keys.sorted() {
            guard let entry = tasks[name], let owner = entry.owner, owner.node == id,
                owner.instance == member.instance,
                !member.held.contains(name)
            else { continue }
            if owner.phase == .stopping {
                free(name)
            } else {
                actions.append(.send(.assign(entry.definition, token: owner.token), to: id))
            }
        }
        crew[id]?.held = []
        letGo(of: id)
        tellWholeTable(to: id)
        pushRows(to: id)
        resolving.isNeeded = true
        needsSweep = true
    }

    /// A node says that it has a task.
    private mutating func holds(_ holding: TaskHolding, _ id: String, now: Instant) {
        guard let instance = crew[id]?.instance else { return }
        crew[id]?.held.insert(holding.name)
        let mine = TaskOwner(
            node: id, instance: instance, token: holding.token,
            phase: holding.isStopping ? .stopping : .running)
        if let kept = former[holding.name], holding.token >= kept.token { former[holding.name] = nil }
        if tasks[holding.name] == nil {
            guard tasks.count < Self.mostTasks else { return }
            tasks[holding.name] = entryOfWithdrawn(holding.name)
        }
        guard let owner = tasks[holding.name]?.owner else {
            tasks[holding.name]?.owner = mine
            // Paused or completed meanwhile, elsewhere.
            if isServing, isResting(holding.name), !holding.isStopping { sendStop(holding.name, mine) }
            return changed(holding.name)
        }
        if owner.node == id, owner.instance == instance {
            if owner.token == holding.token {
                if !holding.isStopping {
                    tasks[holding.name]?.owner?.phase = owner.phase == .stopping ? .stopping : .running
                }
                if owner.phase == .stopping, !holding.isStopping { sendStop(holding.name, owner) }
            } else {
                // It has not heard of the newer assignment.
                actions.append(.send(.stop(name: holding.name, token: holding.token), to: id))
                crew[id]?.held.remove(holding.name)
            }
            return changed(holding.name)
        }
        // Two have it: the higher token stays.
        tell(.overlap, holding.name, id, "\(owner.node) and \(id) both had it")
        let loser = owner.token > holding.token ? mine : owner
        if loser == owner { tasks[holding.name]?.owner = mine }
        actions.append(.send(.stop(name: holding.name, token: loser.token), to: loser.node))
        changed(holding.name)
    }

    /// One member gone mad must not fill the memory of all.
    private static let mostTasks = 100_000

    private mutating func offered(_ definition: TaskDefinition, by id: String, now: Instant) {
        resolving.isNeeded = true
        guard var entry = tasks[definition.name] else {
            guard tasks.count < Self.mostTasks else {
                tell(
                    .waiting, definition.name, id,
                    "there are \(Self.mostTasks) tasks already; it is passed over")
                return
            }
            crew[id]?.offers.insert(definition.name)
            tasks[definition.name] = TaskEntry(definition: definition, offeredBy: id)
            return changed(definition.name)
        }
        crew[id]?.offers.insert(definition.name)
        entry.offeredBy.insert(id)
        entry.otherwise[id] = nil
        entry.benched[id] = nil
        if !entry.isDefined {
            entry.definition = definition
            entry.isDefined = true
        }
        guard entry.definition.isSame(as: definition) else {
            let isNewer = definition.offeredAt > entry.latestOffer
            // Nobody else offers the former one any more: it was changed, not contradicted.
            if entry.offeredBy.count > 1 {
                tell(
                    .differs, definition.name, id,
                    "\(id) offers it otherwise than others; \(isNewer ? "the definition of \(id)" : "theirs") counts, being newer"
                )
            }
            guard isNewer || entry.offeredBy == [id] else {
                tasks[definition.name] = entry
                tasks[definition.name]?.otherwise[id] = definition
                return changed(definition.name)
            }
            entry.redefine(as: definition)
            entry.otherwise[id] = nil
            tasks[definition.name] = entry
            return beginAnew(definition.name)
        }
        entry.latestOffer = max(entry.latestOffer, definition.offeredAt)
        tasks[definition.name] = entry
        changed(definition.name)
    }

    /// Its owner has the former definition of it.
    private mutating func beginAnew(_ name: String) {
        changed(name)
        guard let owner = tasks[name]?.owner, owner.phase != .stopping else { return }
        tasks[name]?.heading = owner.node
        sendStop(name, owner)
    }

    /// Where nobody is left who offers a task as it is defined, what the others say of it counts. Who is just introducing
    /// itself may be about to.
    private mutating func redefineLeft() {
        guard hasLeft, isServing, crew.values.allSatisfy({ $0.isReady || !$0.isConnected }) else { return }
        hasLeft = false
        for name in tasks.keys.sorted() {
            guard let successor = tasks[name]?.successor else { continue }
            tasks[name]?.redefine(as: successor)
            tell(
                .differs, name, settings.id,
                "nobody offers it as it was defined; the others' definition counts")
            beginAnew(name)
        }
    }

    private mutating func withdraw(_ name: String, of id: String) {
        crew[id]?.offers.remove(name)
        leave(name, id)
        resolving.isNeeded = true
    }

    private mutating func forgetOffers(of id: String) {
        for name in crew[id]?.offers.sorted() ?? [] { leave(name, id) }
        crew[id]?.offers = []
    }

    private mutating func leave(_ name: String, _ id: String) {
        tasks[name]?.offeredBy.remove(id)
        tasks[name]?.otherwise[id] = nil
        hasLeft = hasLeft || tasks[name]?.otherwise.isEmpty == false
        forgetIfUnknown(name)
        changed(name)
    }

    /// A task that nobody offers stays known while somebody has it, or something is remembered of it.
    mutating func forgetIfUnknown(_ name: String) {
        guard let entry = tasks[name], entry.offeredBy.isEmpty, entry.owner == nil, remembered(name) == nil
        else { return }
        tasks[name] = nil
    }

    /// What has run for so long had begun well.
    private static let goneWell = Interval.seconds(60)

    private mutating func heard(_ report: TaskReport, from id: String, now: Instant) {
        guard let entry = tasks[report.name] else { return }
        // Whoever runs it: that another does is what is to be found.
        if report.news == .began { return began(report, by: id) }
        guard let owner = entry.owner, owner.node == id, owner.token == report.token else { return }
        switch report.news {
        case .running:
            if owner.phase == .told { tasks[report.name]?.owner?.phase = .running }
            tasks[report.name]?.runningSince = now
        case .stopped:
            free(report.name)
        case .failed:
            // What had gone well for a while fails for the first time.
            let wentWell = entry.runningSince.map { now - $0 >= Self.goneWell } ?? false
            let failures = wentWell ? 1 : min(entry.failures + 1, 16)
            tasks[report.name]?.failures = failures
            let pause = min(Interval.milliseconds(500) * (Int64(1) << Int64(failures)), .seconds(60))
            let end = now + generator.jittered(pause)
            tasks[report.name]?.benched[id] = end
            tasks[report.name]?.problem = report.detail
            free(report.name)
            nextSweep = min(nextSweep, end)
        case .completed:
            // Nothing is remembered of what nobody says what it is, nor of what it was before.
            if entry.isDefined, !owner.hasFormer { amend(report.name, Amendment(.complete)) }
            free(report.name)
        case .began: break
        }
        changed(report.name)
    }

    /// A node has begun a run.
    private mutating func began(_ report: TaskReport, by id: String) {
        guard let entry = tasks[report.name] else { return }
        // The runs before have come to an end here: what fails now fails for the first time.
        if report.attempt == 1, entry.owner?.token == report.token { tasks[report.name]?.failures = 0 }
        let isAtMostOnce = entry.definition.delivery == .atMostOnce
        if let wrong = tasks[report.name]?.runs.note(report, by: id, isAtMostOnce: isAtMostOnce) {
            tell(.overlap, report.name, id, wrong)
        }
    }

    /// Nobody has it any more.
    mutating func free(_ name: String) {
        guard let entry = tasks[name], entry.owner != nil else { return }
        tasks[name]?.owner = nil
        tasks[name]?.runningSince = nil
        changed(name)
        resolving.isNeeded = true
        forgetIfUnknown(name)
    }

    mutating func sendStop(_ name: String, _ owner: TaskOwner) {
        tasks[name]?.owner?.phase = .stopping
        actions.append(.send(.stop(name: name, token: owner.token), to: owner.node))
        changed(name)
    }

    mutating func assign(_ name: String, to id: String) {
        guard let entry = tasks[name], let member = crew[id] else { return }
        guard let token = tokens.next() else {
            // A million assignments: the next coordinator has as many.
            if !tokens.isTold { actions.append(.stepDown) }
            tokens.isTold = true
            return
        }
        tasks[name]?.owner = TaskOwner(node: id, instance: member.instance, token: token, phase: .told)
        tasks[name]?.heading = nil
        if let former = entry.leaving { tasks[name]?.benched[former] = nil }
        tasks[name]?.leaving = nil
        tasks[name]?.problem = ""
        tasks[name]?.waitsFor = nil
        actions.append(.send(.assign(entry.definition, token: token), to: id))
        changed(name)
    }

    // MARK: time

    /// Nothing is given to anybody before.
    private var collectsUntil: Instant { settings.isLeased ? formerTrustEnds : began + settings.lostAfter }

    mutating func settle(now: Instant) -> [CoordinatorAction] {
        considerServing(now: now)
        redefineLeft()
        if needsSweep || nextSweep <= now { sweep(now: now) }
        if isServing { resolve(now: now) }
        tellTable(now: now)
        writes.stamp(now: now)
        return take()
    }

    private mutating func considerServing(now: Instant) {
        guard !isServing, hasRows else { return }
        let areAllHere =
            !settings.isLeased && !crew.isEmpty && crew.values.allSatisfy { $0.isReady || $0.isLost }
        guard areAllHere || now >= collectsUntil else { return }
        isServing = true
        learnFromOutdated()
        for (id, request, name) in heldReads {
            actions.append(.send(.found(id: request, row: rows[name]), to: id))
        }
        heldReads = []
        for row in rows.values.sorted(by: { $0.name < $1.name }) { rowChanged(row) }
        resolving.isNeeded = true
        needsSweep = true
    }

    /// Takes from nodes that are gone what they had.
    private mutating func sweep(now: Instant) {
        needsSweep = false
        nextSweep = .distantFuture
        for name in tasks.keys.sorted() {
            guard let entry = tasks[name] else { continue }
            for until in entry.benched.values where until > now { nextSweep = min(nextSweep, until) }
            guard let owner = entry.owner else { continue }
            let member = crew[owner.node]
            let isHere = member?.instance == owner.instance && member?.isLost == false
            guard let freed = freedAt(owner, isHere: isHere, isConnected: member?.isConnected == true) else {
                continue
            }
            if freed <= now {
                free(name)
            } else {
                nextSweep = min(nextSweep, freed)
            }
        }
        nextSweep = min(nextSweep, dropForgotten(now: now))
        let ended = granted.filter { $0.value <= now && !crew.values.map(\.instance).contains($0.key) }
        for instance in ended.keys { granted[instance] = nil }
        // Many may end one after the other.
        nextSweep = max(nextSweep, now + .milliseconds(50))
        resolving.isNeeded = true
    }

    /// When an assignment is void without its node's word; nil while the node is there to give it.
    private func freedAt(_ owner: TaskOwner, isHere: Bool, isConnected: Bool) -> Instant? {
        guard settings.isLeased else { return isHere ? nil : began }
        if isHere, isConnected { return nil }
        return max(granted[owner.instance] ?? .distantPast, formerTrustEnds)
    }

    mutating func tell(_ kind: TaskNews.Kind, _ name: String, _ member: String, _ detail: String) {
        actions.append(.news(TaskNews(kind, name, member: member, detail)))
    }

    mutating func take() -> [CoordinatorAction] {
        let taken = actions
        actions.removeAll(keepingCapacity: true)
        return taken
    }
}
