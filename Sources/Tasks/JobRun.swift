package import Basics
package import Schedule

/// A job on the node that has it: waits for its moments, claims each before it begins, and writes down what became of it.
///
/// A value without effects. The row is read when the job comes to this node: a run whose node died is in it. A claim is one
/// compare-and-set; where its outcome is unknown the row is read back, and who finds another's claim there does not run.
package struct JobRun: Sendable {
    package let definition: TaskDefinition
    package let token: UInt64
    private let spec: ScheduleSpec
    private let zone: Zone?
    private let node: String
    private let instance: UInt64
    private var generator: SeededGenerator
    /// Nil until the row was read.
    private var schedule: Schedule?
    private var row: TaskRow?
    /// As `row` has it, or further where what was left out needs no writing.
    private var handled: Int64 = 0
    private var started = ""
    private var phase = Phase.reading(.beginning)
    /// A run that is to be tried here before anything else.
    private var again: TaskRun?
    /// What is told of the row when it stands there: that of its run as it is written, and the rest.
    private var verdict: (run: TaskRun?, news: [TaskNews]) = (nil, [])
    /// What stood there before the claim, to be put back where the run does not begin.
    private var before: (run: TaskRun?, handled: Int64) = (nil, 0)
    /// How many runs by hand are still to begin.
    private var asked = 0
    /// The moment of the last one: two of them are never one occurrence.
    private var lastByHand: Int64 = 0
    private var isStopping = false
    /// How often more the row is asked for or written while it is stopping.
    private var triesLeft = 5
    private var pause = Self.shortestPause
    /// When to try again, or to look at the schedule.
    package private(set) var nextDeadline = Instant.distantFuture
    private var actions: [JobAction] = []

    private enum Phase: Hashable, Sendable {
        case reading(Reason)
        /// A reading, or a writing, has failed: to be tried again.
        case pausing(Retry)
        case waiting
        case claiming(TaskRow)
        /// This run was claimed, and the claim is to be taken back.
        case undoing(TaskRun, TaskRow)
        /// What whoever has the job next is to find, before anything runs: since when it is scheduled, or which run is lost.
        case settling(TaskRow)
        case running(TaskRun)
        case recording(TaskRow)
        case over
    }

    private enum Reason: Hashable, Sendable { case beginning, claim(TaskRow), undo(TaskRun), record(TaskRow) }
    private enum Retry: Hashable, Sendable { case read(Reason), record(TaskRow) }

    private static let shortestPause = Interval.milliseconds(100)
    private static let longestPause = Interval.seconds(5)
    /// A wall clock that was set is noticed in this time.
    private static let longestWait = Interval.seconds(60)
    /// A run that takes longer is said to be under way still.
    private static let longRun = Interval.seconds(3600)

    /// `zone` is needed where the specification names one by its file.
    package init(
        _ definition: TaskDefinition, _ spec: ScheduleSpec, zone: Zone?, token: UInt64, node: String,
        instance: UInt64, seed: UInt64
    ) {
        self.definition = definition
        self.spec = spec
        self.zone = zone
        self.token = token
        self.node = node
        self.instance = instance
        generator = SeededGenerator(seed: seed)
    }

    /// What is to run at most once is not tried again.
    private var attempts: UInt32 { definition.delivery == .atMostOnce ? 1 : definition.attempts }

    // MARK: inputs

    package mutating func begin() -> [JobAction] {
        actions.append(.read)
        return take()
    }

    /// The row as it stands; `isKnown` is false where it could not be read.
    package mutating func found(_ row: TaskRow?, isKnown: Bool, _ time: JobTime) -> [JobAction] {
        guard case .reading(let reason) = phase else { return take() }
        guard isKnown else {
            tryLater(.read(reason), time)
            return take()
        }
        // What reads well may still not be writable.
        if reason != .beginning { pause = Self.shortestPause }
        switch reason {
        case .beginning: takeUp(row, time)
        case .claim(let wanted): compare(row, with: wanted, time)
        case .undo(let run): undo(run, in: row, time)
        case .record(let wanted): record(over: row, wanted, time)
        }
        return take()
    }

    package mutating func written(_ outcome: TaskWrite, _ time: JobTime) -> [JobAction] {
        switch phase {
        case .claiming(let wanted):
            switch outcome {
            case .applied: claimed(wanted, time)
            case .conflict, .unknown: read(.claim(wanted))
            case .failed:
                // Not written. Its time may have passed when there is a way again.
                phase = .waiting
                again = wanted.run?.attempt ?? 1 > 1 ? wanted.run : again
                askAgain(wanted)
                wait(pause, time)
                pause = min(pause * 2, Self.longestPause)
            }
        case .undoing(let run, let wanted):
            switch outcome {
            case .applied: undone(wanted, time)
            // Another may have written over the claim, a pause for one: it is in the row still.
            case .conflict, .unknown: read(.undo(run))
            case .failed: tryLater(.read(.undo(run)), time)
            }
        case .settling(let wanted):
            switch outcome {
            case .applied: settled(wanted, time)
            case .conflict, .unknown: isStopping ? stopped() : read(.beginning)
            case .failed: tryLater(.read(.beginning), time)
            }
        case .recording(let wanted):
            switch outcome {
            case .applied: recorded(wanted, time)
            case .conflict, .unknown: read(.record(wanted))
            case .failed: tryLater(.record(wanted), time)
            }
        case .reading, .pausing, .waiting, .running, .over: break
        }
        return take()
    }

    /// The host's callback has returned.
    package mutating func finished(failure: String?, _ time: JobTime) -> [JobAction] {
        guard case .running(var run) = phase, var wanted = row else { return take() }
        if let failure {
            run.status = run.attempt < attempts ? .failed : .dead
            if run.status == .dead {
                tell(.dead, "the run of \(run.moment) has failed \(run.attempt) times, the last: \(failure)")
            }
        } else {
            run.status = .succeeded
        }
        wanted.run = run
        actions.append(.ended(run, failure))
        write(&wanted, phase: Phase.recording)
        return take()
    }

    /// The host was not called: this node had stopped trusting itself by then.
    package mutating func notBegun() -> [JobAction] {
        guard case .running = phase, let claimed = row else { return take() }
        askAgain(claimed)
        undo(claimed)
        return take()
    }

    package mutating func tick(_ time: JobTime) -> [JobAction] {
        guard nextDeadline <= time.now else { return take() }
        nextDeadline = .distantFuture
        switch phase {
        case .pausing(.read(let reason)): read(reason)
        case .pausing(.record(var wanted)): write(&wanted, phase: Phase.recording)
        case .waiting: consider(time)
        case .running(let run):
            tell(
                .waiting,
                "the run of \(run.moment) has not come to an end for \(Self.longRun.milliseconds / 1000) s")
        case .reading, .claiming, .undoing, .settling, .recording, .over: break
        }
        return take()
    }

    /// Runs now, outside the schedule; where a run is under way, behind it.
    package mutating func runNow(_ time: JobTime) -> [JobAction] {
        guard !isStopping, phase != .over else {
            tell(.vetoed, "it was to run by hand and is being stopped")
            return take()
        }
        asked += 1
        if case .waiting = phase { consider(time) }
        return take()
    }

    /// Begins nothing more; `stopped` follows when the run under way has ended.
    package mutating func stop() -> [JobAction] {
        isStopping = true
        switch phase {
        case .reading(.beginning), .pausing(.read(.beginning)), .waiting: stopped()
        // What became of a claim, or of a run, is worth some patience: the next node is to know.
        case .reading, .pausing, .claiming, .undoing, .settling, .running, .recording, .over: break
        }
        return take()
    }

    // MARK: the row

    /// What is remembered of the job: nothing where it was forgotten, of which only the stamp is left.
    private var known: TaskRow? { row.flatMap { $0.isForgotten ? nil : $0 } }

    private mutating func takeUp(_ found: TaskRow?, _ time: JobTime) {
        row = found
        again = nil
        let found = known
        // It was written after all.
        if let run = verdict.run, found?.run == run { tellVerdict() }
        verdict = (nil, [])
        guard found?.isPaused != true else { return rest(time) }
        let isSame = found?.definition.isSame(as: definition) == true
        let first = (isSame ? found : nil)?.definition.offeredAt ?? definition.offeredAt
        let decided = found?.handled ?? 0
        // What has come to its end and is offered otherwise is another job.
        let goesOn = isSame || found?.isCompleted == false
        let isOurs: Bool
        let schedule: Schedule
        do throws(ScheduleError) {
            let runsOn = goesOn ? try Self.begun(found, for: definition) : nil
            // What begins anew begins behind all that is decided.
            let begun = runsOn ?? spec.started(at: max(definition.offeredAt, decided &+ 1))
            schedule = try Schedule(begun, zone: zone)
            isOurs = runsOn != nil || Self.fingerprint(of: found, zone) == schedule.fingerprint
        } catch {
            return end(.failed(error.description))
        }
        self.schedule = schedule
        started = schedule.spec.description
        // Nothing before the first offer of a schedule is due, and nothing is decided twice: whatever has changed, by
        // whatever clock it was changed, no occurrence begins anew.
        handled = isOurs && goesOn ? decided : max(decided, first - 1)
        if let found, let run = found.run { takeOver(run, isOurs: isOurs, found.definition.delivery) }
        if !isOurs, schedule.next(after: handled) == nil,
            let last = schedule.latest(after: -1, until: handled)
        {
            judge(.skipped, "its last moment, \(last.moment), had passed before it could begin")
        }
        // Whoever has it next counts from the same beginning, and tells of no end that was told before.
        let isBegun = spec.isStarted || found?.started == started
        guard isBegun, row?.run?.status == found?.run?.status else {
            var wanted = base
            verdict.run = wanted.run
            return write(&wanted, phase: Phase.settling)
        }
        settled(row, time)
    }

    private mutating func settled(_ settled: TaskRow?, _ time: JobTime) {
        row = settled
        pause = Self.shortestPause
        tellVerdict()
        phase = .waiting
        consider(time)
    }

    private mutating func tellVerdict() {
        for news in verdict.news { actions.append(.news(news)) }
        verdict = (nil, [])
    }

    /// It is paused: whoever did so was told that no run begins, though this node may not have been told to stop yet.
    private mutating func rest(_ time: JobTime) {
        guard !isStopping else { return stopped() }
        phase = .pausing(.read(.beginning))
        nextDeadline = time.now + Self.longestPause
    }

    /// The schedule as it was begun for the whole cluster; nil: it begins now.
    private static func begun(_ found: TaskRow?, for definition: TaskDefinition) throws(ScheduleError)
        -> ScheduleSpec?
    {
        guard let found, !found.started.isEmpty, found.definition.schedule == definition.schedule else {
            return nil
        }
        return try ScheduleSpec(found.started)
    }

    /// Of what the row's runs were claimed under; nil where it cannot be known.
    private static func fingerprint(of found: TaskRow?, _ zone: Zone?) -> UInt64? {
        guard let found, let spec = try? ScheduleSpec(found.started) else { return nil }
        return try? Schedule(spec, zone: zone).fingerprint
    }

    /// What became of the run begun last, where another had the job. `isOurs`: it is of the same schedule; else it is
    /// not tried again. `delivery`: what was promised of it.
    private mutating func takeOver(_ run: TaskRun, isOurs: Bool, _ delivery: TaskDefinition.Delivery) {
        if run.schedule == 0 { lastByHand = max(lastByHand, run.moment) }
        switch run.status {
        case .succeeded, .dead, .lost: return
        case .begun:
            guard isOurs, definition.delivery == .atLeastOnce, delivery == .atLeastOnce else {
                row?.run?.status = .lost
                return judge(.lost, "nobody knows what became of the run of \(run.moment) on \(run.node)")
            }
        case .failed: break
        }
        guard isOurs, run.attempt < attempts else {
            row?.run?.status = .dead
            return judge(
                .dead,
                "the run of \(run.moment) has been begun \(run.attempt) times, the last on \(run.node)"
                    + (isOurs ? "" : ", and has another schedule now")
            )
        }
        again = run
        again?.attempt += 1
    }

    /// What stands there after a claim whose outcome was not clear.
    private mutating func compare(_ found: TaskRow?, with wanted: TaskRow, _ time: JobTime) {
        if let found, found.run == wanted.run { return claimed(found, time) }
        askAgain(wanted)
        // Its node has the job no more: its claim has come late, or was brought by one that was cut off.
        if let theirs = found?.run, theirs.token < token { return takeUp(found, time) }
        row = found
        phase = .waiting
        // Under whatever definition others have decided it.
        handled = max(handled, found?.handled ?? 0)
        if let theirs = found?.run, let ours = wanted.run, ours.schedule != 0,
            (theirs.moment, theirs.attempt) >= (ours.moment, ours.attempt)
        {
            again = nil
            tell(.vetoed, "\(theirs.node) has begun the run of \(theirs.moment) before")
        }
        consider(time)
    }

    /// Somebody was told that it would run: what is asked for by hand no schedule would bring back.
    private mutating func askAgain(_ wanted: TaskRow) {
        if let run = wanted.run, run.schedule == 0, run.attempt == 1 { asked += 1 }
    }

    private mutating func claimed(_ claimed: TaskRow, _ time: JobTime) {
        guard let run = claimed.run else { return }
        before = (known?.run, known?.handled ?? handled)
        // Somebody may have paused it since, and was told that nothing begins.
        guard !isStopping, !claimed.isPaused else {
            askAgain(claimed)
            return undo(claimed)
        }
        row = claimed
        handled = max(handled, claimed.handled)
        again = nil
        pause = Self.shortestPause
        phase = .running(run)
        wait(Self.longRun, time)
        actions.append(.run(run))
    }

    /// It was claimed and has not begun: whoever comes next may. What others have written meanwhile stays.
    private mutating func undo(_ claimed: TaskRow) {
        guard let run = claimed.run else { return }
        row = claimed
        var released = claimed
        released.run = before.run
        released.handled = before.handled
        write(&released) { .undoing(run, $0) }
    }

    /// What stands there after a claim was to be taken back, and somebody else has written.
    private mutating func undo(_ run: TaskRun, in found: TaskRow?, _ time: JobTime) {
        guard let found, found.run == run else { return undone(found, time) }
        undo(found)
    }

    private mutating func undone(_ found: TaskRow?, _ time: JobTime) {
        row = found
        guard !isStopping else { return stopped() }
        // Not at once: where this node does not trust itself it is about to be stopped.
        phase = .pausing(.read(.beginning))
        nextDeadline = time.now + Self.shortestPause
    }

    private mutating func record(over found: TaskRow?, _ wanted: TaskRow, _ time: JobTime) {
        // Another has gone on: it knows what to make of it.
        guard var found, let run = wanted.run, let theirs = found.run, theirs.moment == run.moment,
            theirs.attempt == run.attempt, theirs.node == run.node, theirs.instance == run.instance
        else { return recorded(wanted, time) }
        if theirs.status == run.status { return recorded(found, time) }
        found.run = run
        row?.stamp = found.stamp
        write(&found, phase: Phase.recording)
    }

    private mutating func recorded(_ recorded: TaskRow, _ time: JobTime) {
        row = recorded
        pause = Self.shortestPause
        phase = .waiting
        if recorded.isCompleted { return completed() }
        if let run = recorded.run, run.status == .failed {
            return end(.failed("the run of \(run.moment) has failed, attempt \(run.attempt)"))
        }
        guard !isStopping else { return stopped() }
        consider(time)
    }

    // MARK: the schedule

    private mutating func consider(_ time: JobTime) {
        guard case .waiting = phase, let schedule else { return }
        guard !isStopping else { return stopped() }
        guard known?.isPaused != true else { return rest(time) }
        if let again { return claim(again) }
        if asked > 0 {
            asked -= 1
            lastByHand = max(time.wall, lastByHand &+ 1)
            return claim(run(at: lastByHand, schedule: 0))
        }
        let due = schedule.due(
            after: handled, at: time.wall, grace: definition.grace.milliseconds, most: 1)
        if due.skipped > 0 {
            tell(.skipped, "moments up to \(time.wall) were left out: nobody could run them in time")
        }
        if let next = due.runs.first { return claim(run(at: next.moment, schedule: next.schedule)) }
        handled = max(handled, due.handled)
        guard let next = schedule.next(after: max(handled, time.wall)) else { return complete() }
        wait(min(.milliseconds(max(0, next.moment - time.wall)), Self.longestWait), time)
    }

    private func run(at moment: Int64, schedule: UInt64) -> TaskRun {
        TaskRun(
            moment: moment, schedule: schedule, attempt: 1, status: .begun, node: node, instance: instance,
            token: token)
    }

    private mutating func claim(_ run: TaskRun) {
        var run = run
        run.node = node
        run.instance = instance
        run.token = token
        run.status = .begun
        var wanted = base
        wanted.run = run
        if run.schedule != 0 { wanted.handled = max(handled, run.moment) }
        write(&wanted, phase: Phase.claiming)
    }

    /// No moment is left.
    private mutating func complete() {
        guard known?.isCompleted != true else { return completed() }
        var wanted = base
        wanted.isCompleted = true
        write(&wanted, phase: Phase.recording)
    }

    private mutating func completed() { end(.completed) }

    /// The row as it would stand without a new run.
    private var base: TaskRow {
        var base =
            known
            ?? TaskRow(stamp: RowStamp(version: 0, nonce: Nonce(high: 0, low: 0)), definition: definition)
        if !base.definition.isSame(as: definition) {
            base.definition = definition
            base.isCompleted = false
        }
        base.started = started
        base.handled = max(handled, 0)
        return base
    }

    // MARK: helpers

    private mutating func read(_ reason: Reason) {
        phase = .reading(reason)
        actions.append(.read)
    }

    private mutating func write(_ wanted: inout TaskRow, phase: (TaskRow) -> Phase) {
        let expected = row?.stamp
        wanted.stamp = RowStamp(
            version: (expected?.version ?? 0) &+ 1,
            nonce: Nonce(high: generator.next(), low: generator.next()))
        self.phase = phase(wanted)
        actions.append(.write(expected: expected, wanted))
    }

    private mutating func tryLater(_ retry: Retry, _ time: JobTime) {
        if isStopping {
            triesLeft -= 1
            guard triesLeft > 0, retry != .read(.beginning) else { return stopped() }
        }
        phase = .pausing(retry)
        nextDeadline = time.now + pause
        pause = min(pause * 2, Self.longestPause)
    }

    private mutating func wait(_ interval: Interval, _ time: JobTime) { nextDeadline = time.now + interval }

    private mutating func stopped() { end(.stopped) }

    /// Nothing of it is left here; whoever was told that it would run hears that it does not.
    private mutating func end(_ last: JobAction) {
        phase = .over
        if asked > 0 { tell(.vetoed, "it was to run by hand, and has come to its end on \(node) before") }
        asked = 0
        actions.append(last)
    }

    private mutating func tell(_ kind: TaskNews.Kind, _ detail: String) {
        actions.append(.news(TaskNews(kind, definition.name, member: node, detail)))
    }

    /// Told when the row says it, too.
    private mutating func judge(_ kind: TaskNews.Kind, _ detail: String) {
        verdict.news.append(TaskNews(kind, definition.name, member: node, detail))
    }

    private mutating func take() -> [JobAction] {
        let taken = actions
        actions.removeAll(keepingCapacity: true)
        return taken
    }
}

/// What the clocks show: the node's own, and the wall's in milliseconds since 1970 UTC.
package struct JobTime: Sendable {
    package var now: Instant
    package var wall: Int64

    package init(now: Instant, wall: Int64) {
        self.now = now
        self.wall = wall
    }
}

package enum JobAction: Hashable, Sendable {
    /// To be answered by `found`.
    case read
    /// To be answered by `written`.
    case write(expected: RowStamp?, TaskRow)
    /// The host is to run; `finished` answers.
    case run(TaskRun)
    case ended(TaskRun, String?)
    case news(TaskNews)
    /// Nothing runs here any more.
    case stopped
    /// Another node is to go on.
    case failed(String)
    case completed
}
