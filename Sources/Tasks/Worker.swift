package import Basics

/// A node's own side of tasks: what it offers, what it was given, and how far its host has come with it.
///
/// A value without effects. The host begins and stops outside; it says when it has. Whatever is heard of an older
/// coordinator, or under an older token, is not listened to. When this node cannot trust itself any more, all that it was
/// given stops, whoever says what.
package struct Worker: Sendable {
    package let settings: WorkerSettings
    package private(set) var offers: [String: Offer] = [:]
    /// What all tasks are doing, as far as the coordinator has told.
    package private(set) var table: [String: TaskStatus] = [:]
    /// Grows with every change of `table`.
    package private(set) var tableVersion: UInt64 = 0
    /// What this node keeps for whoever coordinates next.
    package private(set) var rows: [String: TaskRow] = [:]
    /// Grows with every change of what is paused or completed.
    package private(set) var rowsVersion: UInt64 = 0
    private var actions: [WorkerAction] = []
    /// Of the offers, those that this node has of all nodes, and those that its host is to stop, with their deadlines:
    /// few look at all of ten thousand.
    private var held: Set<String> = []
    private var stopping: [String: Instant] = [:]
    /// What has nothing left to do, and under which token, until the coordinator shows that it has been heard.
    private var finished: [String: TaskHolding] = [:]
    /// What every node runs for itself and has failed here, and when it begins again: nobody else brings it back.
    private var resting: [String: Instant] = [:]
    /// When to look for beginnings that hang.
    private var nextLook = Instant.distantFuture
    /// The highest epoch of a coordinator that was heard.
    package private(set) var epoch: UInt64 = 0
    private var isConnected = false
    /// The coordinator has been told all.
    private var isIntroduced = false
    /// Whether the members let this node act.
    private var mayAct = true
    private var trustedUntil = Instant.distantPast
    private var renewals: [(number: UInt64, sent: Instant)] = []
    private var lastRenewal: UInt64 = 0
    private var nextRenewal = Instant.distantFuture

    package struct Offer: Sendable {
        package enum Phase: Hashable, Sendable {
            case idle
            /// The host is being told to begin.
            case starting
            case running
            /// The host is being told to stop.
            case stopping(until: Instant)
            /// It has not stopped in time.
            case stuck
        }
        package var definition: TaskDefinition
        package var isSingleton: Bool
        package internal(set) var phase = Phase.idle
        /// Under which it has the task, or had it last.
        package internal(set) var token: UInt64 = 0
        /// Under which it has the task.
        var given: TaskDefinition?
        /// Given while it was still stopping the former one.
        var next: (definition: TaskDefinition, token: UInt64)?
        /// It goes when the host has stopped.
        var isWithdrawn = false
        /// What becomes of it when the host has stopped, where that is not `stopped`.
        package internal(set) var ending: (news: TaskReport.News, detail: String)?
        /// Its host has said so while it was still beginning: it is not told to stop, and has when it has begun.
        var endsWithStart = false
        /// When the host was told to begin; nil: it was said that it hangs.
        var startedAt: Instant?
        var setbacks = Setbacks()

        /// The definition is told where it is not the one that this node offers.
        func holding(isStopping: Bool) -> TaskHolding {
            let isOwn = given?.isSame(as: definition) != false
            return TaskHolding(
                name: definition.name, token: token, isStopping: isStopping, definition: isOwn ? nil : given)
        }
    }

    /// A beginning that takes longer is said to hang.
    package static let longStart = Interval.seconds(60)
    private static let timeBetweenLooks = Interval.seconds(5)

    package init(settings: WorkerSettings) { self.settings = settings }

    // MARK: what others may read

    /// Whether nothing of the host's runs.
    package var isIdle: Bool { offers.values.allSatisfy { $0.phase == .idle || $0.phase == .stuck } }

    package func isTrusted(now: Instant) -> Bool { mayAct && (!settings.isLeased || now < trustedUntil) }

    /// Until when what this node has may be acted on, where a lease decides.
    package var trustEnd: Instant { settings.isLeased ? trustedUntil : .distantFuture }

    package var nextDeadline: Instant {
        var deadline = isConnected && settings.isLeased && isIntroduced ? nextRenewal : Instant.distantFuture
        for until in stopping.values { deadline = min(deadline, until) }
        for until in resting.values { deadline = min(deadline, until) }
        deadline = min(deadline, nextLook)
        if settings.isLeased, !held.isEmpty { deadline = min(deadline, trustedUntil) }
        return deadline
    }

    // MARK: the host

    /// What a former start of this node has kept.
    package mutating func remember(_ kept: [TaskRow]) {
        for row in kept where rows[row.name] == nil {
            rows[row.name] = row
            rowsVersion += 1
        }
    }

    /// Offers a task. What was offered under the same name before is replaced.
    package mutating func offer(_ definition: TaskDefinition, isSingleton: Bool, now: Instant)
        -> [WorkerAction]
    {
        let name = definition.name
        // What is offered otherwise is another task.
        if offers[name]?.definition.isSame(as: definition) == false { finished[name] = nil }
        if let former = offers[name], former.phase != .idle || former.isSingleton != isSingleton {
            if former.isSingleton, !isSingleton { say(.withdraw(name)) }
            offers[name]?.definition = definition
            offers[name]?.isSingleton = isSingleton
            offers[name]?.isWithdrawn = false
            if !isSingleton { held.remove(name) } else if former.phase == .running { held.insert(name) }
            // The coordinator has it begun anew where that is needed.
            if !isSingleton { stop(name, now: now) }
        } else {
            offers[name] = Offer(definition: definition, isSingleton: isSingleton)
        }
        if isSingleton { say(.offers([definition])) }
        startOwn(name, now: now)
        return take()
    }

    package mutating func withdraw(_ name: String, now: Instant) -> [WorkerAction] {
        guard let offer = offers[name], !offer.isWithdrawn else { return take() }
        offers[name]?.isWithdrawn = true
        resting[name] = nil
        if offer.isSingleton { say(.withdraw(name)) }
        dropNext(name)
        stop(name, now: now)
        forgetIfDone(name)
        return take()
    }

    /// The host has begun, or could not.
    package mutating func hostStarted(_ name: String, _ token: UInt64, failure: String?, now: Instant)
        -> [WorkerAction]
    {
        guard let offer = offers[name], offer.token == token else { return take() }
        if offer.endsWithStart {
            startEnded(name, offer, now: now)
            return take()
        }
        guard offer.phase == .starting else { return take() }
        if let failure {
            end(name, .failed, failure, now: now)
        } else {
            offers[name]?.phase = .running
            report(name, .running, "")
            tell(.started, name, "")
        }
        return take()
    }

    /// The host had said before that it was over, and is inside it no more.
    private mutating func startEnded(_ name: String, _ offer: Offer, now: Instant) {
        offers[name]?.endsWithStart = false
        switch offer.phase {
        case .starting, .stopping:
            let ending = offer.ending ?? (.stopped, "")
            end(name, ending.news, ending.detail, now: now)
        case .stuck:
            offers[name]?.phase = .idle
            forgetIfDone(name)
        case .idle, .running: break
        }
    }

    package mutating func hostStopped(_ name: String, _ token: UInt64, now: Instant) -> [WorkerAction] {
        guard let offer = offers[name], offer.token == token else { return take() }
        switch offer.phase {
        case .stopping:
            let ending = offer.ending ?? (.stopped, "")
            end(name, ending.news, ending.detail, now: now)
        case .stuck:
            offers[name]?.phase = .idle
            forgetIfDone(name)
        case .idle, .starting, .running: break
        }
        return take()
    }

    /// The host cannot go on with what it has; it has stopped already.
    package mutating func hostFailed(_ name: String, _ token: UInt64, _ detail: String, now: Instant)
        -> [WorkerAction]
    {
        endNow(name, token, .failed, detail, now: now)
    }

    /// Nothing is left to do; the host has stopped already.
    package mutating func hostCompleted(_ name: String, _ token: UInt64, now: Instant) -> [WorkerAction] {
        endNow(name, token, .completed, "", now: now)
    }

    private mutating func endNow(
        _ name: String, _ token: UInt64, _ news: TaskReport.News, _ detail: String, now: Instant
    ) -> [WorkerAction] {
        guard let offer = offers[name], offer.token == token else { return take() }
        switch offer.phase {
        case .starting where offer.definition.kind != .job:
            // Its start callback is still to return: nobody else begins before, and whoever withdraws it waits for that.
            offers[name]?.ending = offer.ending ?? (news, detail)
            offers[name]?.endsWithStart = true
        case .starting, .running: end(name, news, detail, now: now)
        // The stop callback of a task is still to return; a job that has come to its end says nothing more.
        case .stopping where offer.definition.kind == .job: end(name, news, detail, now: now)
        case .stopping: offers[name]?.ending = (news, detail)
        case .idle, .stuck: break
        }
        return take()
    }

    /// A run has begun.
    package mutating func runBegan(_ name: String, moment: Int64, attempt: UInt32) -> [WorkerAction] {
        guard let offer = offers[name], offer.isSingleton else { return take() }
        say(.report(TaskReport(name: name, token: offer.token, .began, moment: moment, attempt: attempt)))
        return take()
    }

    /// Something for the coordinator that the node itself has thought of. False where there is none.
    package mutating func ask(_ mail: TaskMail) -> (isSent: Bool, actions: [WorkerAction]) {
        guard isIntroduced else { return (false, take()) }
        say(mail)
        return (true, take())
    }

    // MARK: the coordinator

    package mutating func connected(now: Instant) -> [WorkerAction] {
        isConnected = true
        isIntroduced = false
        let digest = rows.values.reduce(0) { $0 ^ $1.digest }
        actions.append(
            .send(.hello(weight: settings.weight, labels: settings.labels, rowsDigest: digest)))
        return take()
    }

    package mutating func disconnected() -> [WorkerAction] {
        isConnected = false
        isIntroduced = false
        renewals = []
        return take()
    }

    package mutating func received(_ mail: TaskMail, now: Instant) -> [WorkerAction] {
        switch mail {
        case .welcome(let theirs, let wantsRows):
            guard theirs >= epoch else {
                actions.append(.hangUp)
                break
            }
            epoch = theirs
            introduce(wantsRows, now: now)
        case _ where !isIntroduced: break
        case .assign(let definition, let token): assigned(definition, token, now: now)
        case .stop(let name, let token):
            guard let offer = offers[name], offer.isSingleton, offer.token <= token else { break }
            switch offer.phase {
            case .idle, .stuck: say(.report(TaskReport(name: name, token: token, .stopped)))
            case .starting, .running: stop(name, now: now)
            case .stopping: if let next = offer.next, next.token <= token { dropNext(name) }
            }
        case .renewed(let number):
            guard let place = renewals.firstIndex(where: { $0.number == number }) else { break }
            trustedUntil = max(trustedUntil, renewals[place].sent + settings.trust)
            renewals.removeFirst(place + 1)
        case .keep(let number, let kept, let removed):
            for row in kept {
                if let known = rows[row.name], known.isLater(than: row) { continue }
                if row.isLasting || rows[row.name]?.isLasting == true { rowsVersion += 1 }
                rows[row.name] = row
            }
            for name in removed where rows.removeValue(forKey: name)?.isLasting == true { rowsVersion += 1 }
            if number > 0 { say(.kept(number)) }
        case .table(let entries, let removed, let isWhole):
            if isWhole { table = [:] }
            for entry in entries {
                table[entry.name] = entry
                guard let over = finished[entry.name] else { continue }
                if entry.state == .completed || entry.token > over.token { finished[entry.name] = nil }
            }
            for name in removed { table[name] = nil }
            tableVersion += 1
        case .order(let order):
            guard order.verb == .run else { break }
            guard offers[order.name]?.phase == .running else {
                // Whoever asked for it was told that it would run.
                tell(
                    .vetoed, order.name, "it was to run by hand, and \(settings.id) does not have it any more"
                )
                break
            }
            actions.append(.runNow(order.name))
        case .answer(let id, let answer, let text): actions.append(.answered(id, answer, text))
        case .found(let id, let row): actions.append(.found(id, row))
        case .written(let id, let outcome): actions.append(.written(id, outcome))
        case .hello, .offers, .holdings, .ready, .withdraw, .report, .renew, .read, .write, .kept, .rows:
            break
        }
        return take()
    }

    /// Tells the coordinator all that it must know.
    private mutating func introduce(_ wantsRows: Bool, now: Instant) {
        isIntroduced = true
        if wantsRows {
            let all = rows.values.sorted { $0.name < $1.name }
            for start in stride(from: 0, to: max(all.count, 1), by: TaskMail.rowsInOne) {
                let end = min(all.count, start + TaskMail.rowsInOne)
                say(.rows(Array(all[start..<end]), isLast: end == all.count))
            }
        }
        let names = offers.keys.sorted().filter { offers[$0]?.isSingleton == true }
        let mine = names.filter { offers[$0]?.isWithdrawn == false }.compactMap { offers[$0]?.definition }
        for start in stride(from: 0, to: mine.count, by: TaskMail.offersInOne) {
            say(.offers(Array(mine[start..<min(mine.count, start + TaskMail.offersInOne)])))
        }
        let held = names.compactMap { name -> TaskHolding? in
            guard let offer = offers[name] else { return nil }
            switch offer.phase {
            case .idle, .stuck: return finished[name]
            case .starting, .running: return offer.holding(isStopping: false)
            case .stopping: return offer.holding(isStopping: true)
            }
        }
        for start in stride(from: 0, to: held.count, by: TaskMail.offersInOne) {
            say(.holdings(Array(held[start..<min(held.count, start + TaskMail.offersInOne)])))
        }
        for holding in finished.values.sorted(by: { $0.name < $1.name }) {
            say(.report(TaskReport(name: holding.name, token: holding.token, .completed)))
        }
        // The answer comes before anything that is given for being ready.
        if settings.isLeased { renew(now: now) }
        say(.ready)
    }

    private mutating func assigned(_ definition: TaskDefinition, _ token: UInt64, now: Instant) {
        let name = definition.name
        guard let offer = offers[name], offer.isSingleton, !offer.isWithdrawn else {
            say(.report(TaskReport(name: name, token: token, .stopped)))
            return
        }
        guard token != offer.token || offer.phase == .idle else {
            if offer.phase == .running { report(name, .running, "") }
            if offer.phase == .stuck { refuseStuck(name, token) }
            return
        }
        guard token >= offer.token else { return }
        if let over = finished[name], definition.isSame(as: over.definition ?? offer.definition) {
            return say(.report(TaskReport(name: name, token: token, .completed)))
        }
        switch offer.phase {
        case .idle: start(name, definition, token, now: now)
        case .starting, .running:
            offers[name]?.next = (definition, token)
            stop(name, now: now)
        case .stopping: offers[name]?.next = (definition, token)
        case .stuck: refuseStuck(name, token)
        }
    }

    /// What was to follow does not.
    private mutating func dropNext(_ name: String) {
        guard let next = offers[name]?.next else { return }
        offers[name]?.next = nil
        say(.report(TaskReport(name: name, token: next.token, .stopped)))
    }

    private mutating func refuseStuck(_ name: String, _ token: UInt64) {
        let detail = "it has still not stopped on \(settings.id)"
        say(.report(TaskReport(name: name, token: token, .failed, detail: detail)))
    }

    // MARK: time and trust

    /// Whether the members let this node act: it is one of them, awake, and sees enough of them.
    package mutating func set(mayAct: Bool, now: Instant) -> [WorkerAction] {
        self.mayAct = mayAct
        return tick(now: now)
    }

    package mutating func tick(now: Instant) -> [WorkerAction] {
        let late = stopping.filter { $0.value <= now }.keys.sorted()
        if !isTrusted(now: now) {
            for name in held.sorted() { stop(name, now: now) }
        }
        for name in late {
            guard let offer = offers[name] else { continue }
            tell(
                .stuck, name,
                "the host has not stopped it in \(offer.definition.stopTimeout.milliseconds) ms")
            // What was to follow does not, before the host has returned.
            let next = offers[name]?.next
            offers[name]?.next = nil
            end(name, .stopped, "", now: now)
            if offers[name]?.phase == .idle {
                offers[name]?.phase = .stuck
                offers[name]?.endsWithStart = offer.endsWithStart
            }
            if let next { refuseStuck(name, next.token) }
        }
        for name in resting.filter({ $0.value <= now }).keys.sorted() { startOwn(name, now: now) }
        if nextLook <= now { lookForHangingStarts(now: now) }
        if settings.isLeased, isIntroduced, nextRenewal <= now { renew(now: now) }
        return take()
    }

    /// One word for all that hang since about the same time, whether they have a thread or wait for one.
    private mutating func lookForHangingStarts(now: Instant) {
        var late: [String] = []
        nextLook = .distantFuture
        for (name, offer) in offers where offer.phase == .starting {
            guard let since = offer.startedAt else { continue }
            guard since + Self.longStart <= now else {
                nextLook = now + Self.timeBetweenLooks
                continue
            }
            late.append(name)
            offers[name]?.startedAt = nil
        }
        guard let first = late.min() else { return }
        let others = late.count > 1 ? ", nor \(late.count - 1) more" : ""
        tell(.waiting, first, "the host has not begun it in \(Self.longStart.milliseconds / 1000) s\(others)")
    }

    private mutating func renew(now: Instant) {
        lastRenewal += 1
        renewals.append((lastRenewal, now))
        if renewals.count > 16 { renewals.removeFirst() }
        nextRenewal = now + settings.renewEvery
        say(.renew(lastRenewal))
    }

    // MARK: helpers

    private mutating func start(_ name: String, _ definition: TaskDefinition, _ token: UInt64, now: Instant) {
        // A first word of trust may be on its way; without it nothing begins.
        offers[name]?.token = token
        guard isTrusted(now: now) || !(offers[name]?.isSingleton ?? true) else {
            say(
                .report(
                    TaskReport(
                        name: name, token: token, .failed, detail: "\(settings.id) does not trust itself")))
            return
        }
        offers[name]?.given = definition
        finished[name] = nil
        offers[name]?.ending = nil
        if offers[name]?.isSingleton == true { held.insert(name) }
        begin(name, definition, now: now)
    }

    private mutating func startOwn(_ name: String, now: Instant) {
        resting[name] = nil
        guard let offer = offers[name], !offer.isSingleton, offer.phase == .idle else { return }
        offers[name]?.token += 1
        begin(name, offer.definition, now: now)
    }

    private mutating func begin(_ name: String, _ definition: TaskDefinition, now: Instant) {
        offers[name]?.phase = .starting
        offers[name]?.startedAt = now
        nextLook = min(nextLook, now + Self.longStart)
        actions.append(.start(definition, token: offers[name]?.token ?? 0))
    }

    /// What this node runs for itself has failed here; it begins again after a while.
    private mutating func rest(_ name: String, _ former: Offer, now: Instant) {
        let wentWell = former.startedAt.map { now - $0 >= Setbacks.goneWell } ?? true
        // A run of a job is tried only so often, and the next waits no longer for it.
        let isFirst = former.phase != .starting && (former.definition.kind == .job || wentWell)
        resting[name] = now + (offers[name]?.setbacks.pause(isFirst: isFirst) ?? .zero)
    }

    private mutating func stop(_ name: String, now: Instant) {
        guard let offer = offers[name], offer.phase == .starting || offer.phase == .running else { return }
        let until = now + offer.definition.stopTimeout
        offers[name]?.phase = .stopping(until: until)
        held.remove(name)
        stopping[name] = until
        if !offer.endsWithStart { actions.append(.stop(name: name, token: offer.token)) }
    }

    /// The host does nothing for it any more.
    private mutating func end(_ name: String, _ news: TaskReport.News, _ detail: String, now: Instant) {
        guard let offer = offers[name] else { return }
        offers[name]?.phase = .idle
        offers[name]?.ending = nil
        offers[name]?.endsWithStart = false
        held.remove(name)
        stopping[name] = nil
        if news == .completed, offer.isSingleton {
            finished[name] = offer.holding(isStopping: true)
        }
        report(name, news, detail)
        switch news {
        case .failed: tell(.failed, name, detail)
        case .completed: tell(.completed, name, "")
        case .stopped, .running, .began: tell(.stopped, name, "")
        }
        if let next = offer.next {
            offers[name]?.next = nil
            // Trust may have ended while it was waited for.
            start(name, next.definition, next.token, now: now)
        } else if !offer.isWithdrawn, !offer.isSingleton {
            if news == .stopped { startOwn(name, now: now) }
            if news == .failed { rest(name, offer, now: now) }
        }
        forgetIfDone(name)
    }

    private mutating func forgetIfDone(_ name: String) {
        guard let offer = offers[name], offer.isWithdrawn, offer.phase == .idle || offer.phase == .stuck
        else { return }
        offers[name] = nil
        finished[name] = nil
        actions.append(.withdrawn(name))
    }

    private mutating func report(_ name: String, _ news: TaskReport.News, _ detail: String) {
        guard let offer = offers[name], offer.isSingleton else { return }
        say(.report(TaskReport(name: name, token: offer.token, news, detail: detail)))
    }

    private mutating func say(_ mail: TaskMail) {
        guard isIntroduced else { return }
        actions.append(.send(mail))
    }

    private mutating func tell(_ kind: TaskNews.Kind, _ name: String, _ detail: String) {
        actions.append(.news(TaskNews(kind, name, member: settings.id, detail)))
    }

    private mutating func take() -> [WorkerAction] {
        let taken = actions
        actions.removeAll(keepingCapacity: true)
        return taken
    }
}
