package import Basics

/// A change of what is remembered of a task, and who is to be told of it.
struct Amendment: Hashable, Sendable {
    enum Change: Hashable, Sendable { case pause, resume, complete, forget }
    var change: Change
    /// The node that asked, and its number for it; nil where nobody did.
    var asker: String?
    var order: UInt64 = 0

    init(_ change: Change, asker: String? = nil, order: UInt64 = 0) {
        self.change = change
        self.asker = asker
        self.order = order
    }

    /// Nil where nothing is left to change.
    func applied(to row: TaskRow) -> TaskRow? {
        var row = row
        switch change {
        case .pause:
            guard !row.isPaused else { return nil }
            row.isPaused = true
        case .resume:
            guard row.isPaused else { return nil }
            row.isPaused = false
        case .complete:
            guard !row.isCompleted else { return nil }
            row.isCompleted = true
        case .forget: break
        }
        return row
    }
}

extension Coordinator {
    private static let mostRows = 100_000

    var rowsDigest: UInt64 { rows.values.reduce(0) { $0 ^ $1.digest } }

    // MARK: kept by the nodes

    /// Whoever writes later wins; a coordinator takes over with all that any node has.
    mutating func merge(_ found: [TaskRow]) {
        var changedRows: [TaskRow] = []
        for row in found where rows[row.name] != nil || rows.count < Self.mostRows {
            guard let known = rows[row.name] else {
                rows[row.name] = row
                changedRows.append(row)
                continue
            }
            let (later, earlier) = row.isLater(than: known) ? (row, known) : (known, row)
            if !isServing, later != earlier, outdated.count < Self.mostRows { outdated.append(earlier) }
            let joined = isServing ? learned(later, from: earlier) : later
            guard joined != known else { continue }
            rows[row.name] = joined
            changedRows.append(joined)
        }
        for row in changedRows { rowChanged(row) }
        if !changedRows.isEmpty { keep(changedRows, answers: []) }
    }

    /// What the rows that do not count say beyond those that do, when all have said what they have.
    mutating func learnFromOutdated() {
        var changedRows: [String: TaskRow] = [:]
        var epochs: [String: UInt64] = [:]
        for earlier in outdated {
            guard let later = rows[earlier.name] else { continue }
            // Of the same coordinator as that which counts one writing followed the other.
            let own = epochs[later.name] ?? later.epoch
            epochs[later.name] = own
            guard own != earlier.epoch else { continue }
            let joined = learned(later, from: earlier)
            guard joined != later else { continue }
            rows[earlier.name] = joined
            changedRows[earlier.name] = joined
        }
        outdated = []
        if !changedRows.isEmpty { keep(changedRows.values.sorted { $0.name < $1.name }, answers: []) }
    }

    /// It is another row than both where it learns something.
    private mutating func learned(_ later: TaskRow, from earlier: TaskRow) -> TaskRow {
        var joined = later.learning(from: earlier)
        guard joined != later else { return later }
        joined.epoch = max(epoch, later.epoch)
        joined.stamp = next(later.stamp)
        return joined
    }

    /// A row that this coordinator has written, or lets a node write.
    private mutating func put(_ row: TaskRow, answers: [(to: String, mail: TaskMail)]) {
        var row = row
        row.epoch = max(epoch, rows[row.name]?.epoch ?? 0)
        rows[row.name] = row
        rowChanged(row)
        keep([row], answers: answers)
    }

    mutating func write(
        _ request: UInt64, _ expected: RowStamp?, _ row: TaskRow, from id: String, isTrusted: Bool
    ) {
        // Another may coordinate by now.
        guard settings.keepsRows, isServing, isTrusted else {
            actions.append(.send(.written(id: request, .failed), to: id))
            return
        }
        guard rows[row.name]?.stamp == expected, row.stamp.version > expected?.version ?? 0 else {
            actions.append(.send(.written(id: request, .conflict), to: id))
            return
        }
        // One member gone mad must not fill the memory of all.
        guard expected != nil || rows.count < Self.mostRows else {
            actions.append(.send(.written(id: request, .failed), to: id))
            return
        }
        put(row, answers: [(id, .written(id: request, .applied))])
    }

    // MARK: kept by a store

    /// All rows that the store has.
    package mutating func listed(_ found: [TaskRow], now: Instant) -> [CoordinatorAction] {
        hasRows = true
        for row in found {
            rows[row.name] = row
            rowChanged(row)
        }
        return settle(now: now)
    }

    package mutating func found(_ name: String, _ row: TaskRow?, now: Instant) -> [CoordinatorAction] {
        rows[name] = row
        if let row { rowChanged(row) }
        proceed(name)
        return settle(now: now)
    }

    package mutating func wrote(_ name: String, _ row: TaskRow?, _ outcome: TaskWrite, now: Instant)
        -> [CoordinatorAction]
    {
        switch outcome {
        case .applied:
            rows[name] = row
            if let row { rowChanged(row) }
            conclude(name, .done, "")
        // What stands there now decides, whatever became of the writing.
        case .conflict, .unknown, .failed: actions.append(.read(name))
        }
        return settle(now: now)
    }

    // MARK: changes

    /// Changes what is remembered; whoever asked is told when it is so.
    mutating func amend(_ name: String, _ amendment: Amendment, isRead: Bool = true) {
        amendments[name, default: []].append(amendment)
        guard amendments[name]?.count == 1 else { return }
        if isRead { proceed(name) } else { actions.append(.read(name)) }
    }

    /// Writes what the first amendment makes of the row.
    private mutating func proceed(_ name: String) {
        guard let amendment = amendments[name]?.first else { return }
        if amendment.change == .forget {
            // While it was read somebody may have come with it.
            if let entry = tasks[name], !entry.offeredBy.isEmpty || entry.owner != nil {
                return conclude(name, .offered, "task '\(name)' is offered again")
            }
            guard let before = remembered(name) else {
                let isKnown = tasks[name] != nil
                return conclude(name, isKnown ? .done : .unknownTask, isKnown ? "" : Self.isUnknown(name))
            }
            guard settings.keepsRows else {
                return actions.append(.remove(name: name, expected: before.stamp))
            }
            var blank = TaskRow(
                stamp: next(before.stamp),
                definition: TaskDefinition(name: name, kind: before.definition.kind))
            blank.definition.offeredAt = max(before.definition.offeredAt, tasks[name]?.latestOffer ?? 0)
            blank.isForgotten = true
            return keep(blank, for: name, amendment)
        }
        guard let entry = tasks[name] else { return conclude(name, .unknownTask, "") }
        let stamp = rows[name]?.stamp
        var blank = TaskRow(
            stamp: stamp ?? RowStamp(version: 0, nonce: Nonce(high: 0, low: 0)),
            definition: entry.definition, handled: max(entry.definition.offeredAt - 1, 0))
        if let before = remembered(name) {
            blank = before
            if !before.definition.isSame(as: entry.definition), !isCompleted(name) {
                blank.definition = entry.definition
                // What is said of another schedule says nothing of this one, nor what has come to its end.
                let goesOn = before.definition.schedule == entry.definition.schedule && !before.isCompleted
                if !goesOn { blank.started = "" }
                blank.isCompleted = false
            }
        }
        // Of what is done nobody needs to be told again who has offered the same since.
        let isRaised = amendment.change == .complete && blank.definition.offeredAt < entry.latestOffer
        if isRaised { blank.definition.offeredAt = entry.latestOffer }
        var changed = amendment.applied(to: blank) ?? (isRaised ? blank : nil)
        // Where nodes keep it they may not have it yet, or others may say otherwise: whoever asks has it written anew.
        if changed == nil, settings.keepsRows, amendment.asker != nil { changed = blank }
        guard var row = changed else {
            return conclude(name, .done, "")
        }
        row.stamp = next(blank.stamp)
        if settings.keepsRows {
            keep(row, for: name, amendment)
        } else {
            actions.append(.write(expected: stamp, row: row))
        }
    }

    private mutating func next(_ stamp: RowStamp) -> RowStamp {
        RowStamp(version: stamp.version &+ 1, nonce: Nonce(high: generator.next(), low: generator.next()))
    }

    /// Whoever asked hears when others have it too.
    private mutating func keep(_ row: TaskRow, for name: String, _ amendment: Amendment) {
        put(row, answers: amendment.asker.map { [($0, .answer(id: amendment.order, .done, text: ""))] } ?? [])
        conclude(name, nil, "")
    }

    /// `answer` is nil where whoever asked is told otherwise.
    private mutating func conclude(_ name: String, _ answer: TaskAnswer?, _ text: String) {
        guard var waiting = amendments[name], !waiting.isEmpty else { return }
        let first = waiting.removeFirst()
        amendments[name] = waiting.isEmpty ? nil : waiting
        if let asker = first.asker, let answer {
            actions.append(.send(.answer(id: first.order, answer, text: text), to: asker))
        }
        if first.change == .forget, remembered(name) == nil, let entry = tasks[name], entry.offeredBy.isEmpty,
            entry.owner == nil
        {
            tasks[name] = nil
        }
        changed(name)
        proceed(name)
    }

    /// What is remembered of a task has changed.
    mutating func rowChanged(_ row: TaskRow) {
        let name = row.name
        if row.isForgotten {
            forgotten[name] = forgotten[name] ?? .distantFuture
            needsSweep = true
            resolving.isNeeded = true
            forgetIfUnknown(name)
            return changed(name)
        }
        forgotten[name] = nil
        if tasks[name] == nil {
            // Known, though nobody offers it: it must not be lost.
            var entry = TaskEntry(definition: row.definition, offeredBy: "")
            entry.offeredBy = []
            tasks[name] = entry
        } else if tasks[name]?.isDefined == false {
            tasks[name]?.definition = row.definition
            tasks[name]?.isDefined = true
        }
        changed(name)
        resolving.isNeeded = true
        guard isResting(name), let owner = tasks[name]?.owner, owner.phase != .stopping else { return }
        sendStop(name, owner)
    }

    /// Nobody is to have it: it is paused, or completed.
    func isResting(_ name: String) -> Bool {
        // Being written down: whoever had it has it no more, and nobody is to begin it meanwhile.
        if amendments[name]?.contains(where: { $0.change == .complete }) == true { return true }
        guard let row = remembered(name) else { return false }
        return row.isPaused || isCompleted(name)
    }

    /// What was completed begins anew where it is offered otherwise since.
    func isCompleted(_ name: String) -> Bool {
        guard let row = remembered(name), row.isCompleted else { return false }
        guard let entry = tasks[name], !entry.offeredBy.isEmpty else { return true }
        return row.definition.isSame(as: entry.definition) || row.definition.offeredAt >= entry.latestOffer
    }

    /// Nil also where a task was forgotten.
    func remembered(_ name: String) -> TaskRow? { rows[name].flatMap { $0.isForgotten ? nil : $0 } }

    /// Nobody needs to be told for ever that a task was forgotten. When the next of them is due.
    mutating func dropForgotten(now: Instant) -> Instant {
        var due: [String] = []
        for (name, until) in forgotten {
            if until == .distantFuture { forgotten[name] = now + settings.tombstoneTime }
            if until <= now { due.append(name) }
        }
        // The others have their turn a moment later.
        let dropped = due.sorted().prefix(TaskMail.rowsInOne)
        for name in dropped {
            forgotten[name] = nil
            rows[name] = nil
            forgetIfUnknown(name)
        }
        if !dropped.isEmpty { keep([], removed: Array(dropped), answers: []) }
        return forgotten.values.min() ?? .distantFuture
    }
}
