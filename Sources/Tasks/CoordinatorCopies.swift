package import Basics

/// Writings that are answered when other nodes have them too: whoever dies next must not take them along.
///
/// A node that is lost is not waited for. Under a lease, though, it may be this one that is cut off, and another that
/// coordinates before long: what fewer nodes have than should is answered only when the lease was confirmed by a question
/// that was sent since. One that is cut off answers nothing that nobody else knows.
struct HeldWrites: Sendable {
    struct Held: Sendable {
        let name: String
        var awaits: Set<String>
        var copies: Int
        /// Since when fewer nodes have it, or are to, than should; nil: as many do. `distantFuture` until the end of
        /// the step in which it became so.
        var shortSince: Instant?
        var answers: [(to: String, mail: TaskMail)]
    }
    fileprivate var held: [UInt64: Held] = [:]
    fileprivate var last: UInt64 = 0
    /// By the name of its row: the last one that is held.
    fileprivate var ofRow: [String: UInt64] = [:]
    fileprivate var short: Set<UInt64> = []
    fileprivate var shortInThisStep: [UInt64] = []
    /// Since when members have gone that the lease was not confirmed after; nil: none. As `shortSince`.
    fileprivate var doubtSince: Instant?
    /// How many others there were before.
    fileprivate var most = 0

    fileprivate mutating func setShort(_ number: UInt64) {
        held[number]?.shortSince = .distantFuture
        short.insert(number)
        shortInThisStep.append(number)
    }

    /// The step has ended.
    mutating func stamp(now: Instant) {
        if doubtSince == .distantFuture { doubtSince = now }
        for number in shortInThisStep { held[number]?.shortSince = now }
        shortInThisStep.removeAll(keepingCapacity: true)
    }
}

extension Coordinator {
    private var othersConnected: [String] {
        crew.values.filter { $0.isConnected && $0.id != settings.id && !$0.isLost }.map(\.id).sorted()
    }

    private var othersPresent: Int { crew.values.filter { $0.id != settings.id && !$0.isLost }.count }

    /// How many of so many others keep a row before it counts as written.
    private func copies(of others: Int) -> Int { min(settings.copies, (others + 1) / 2) }

    /// Gives rows to all nodes, and answers when enough of them have them.
    mutating func keep(
        _ rows: [TaskRow], removed: [String] = [], answers: [(to: String, mail: TaskMail)]
    ) {
        let others = othersConnected
        writes.last += 1
        for start in stride(from: 0, to: max(rows.count, 1), by: TaskMail.rowsInOne) {
            let part = Array(rows[start..<min(rows.count, start + TaskMail.rowsInOne)])
            actions.append(.spread(.keep(number: writes.last, rows: part, removed: removed), to: others))
            // This node may coordinate no more before long, and be asked what it knows.
            actions.append(.send(.keep(number: 0, rows: part, removed: removed), to: settings.id))
        }
        guard !answers.isEmpty else { return }
        let needed = copies(of: others.count)
        // Who lives and has no stream just now should have it as well.
        let should = copies(of: writes.doubtSince == nil ? othersPresent : max(othersPresent, writes.most))
        let name = rows.first?.name ?? ""
        writes.ofRow[name] = writes.last
        writes.held[writes.last] = HeldWrites.Held(
            name: name, awaits: Set(others), copies: needed, answers: answers)
        if settings.isLeased, needed < should { writes.setShort(writes.last) }
        release(writes.last)
    }

    /// Adds an answer that waits until others have what was written last of a row; false where they do.
    mutating func hold(_ mail: TaskMail, for id: String, with name: String) -> Bool {
        guard let number = writes.ofRow[name] else { return false }
        writes.held[number]?.answers.append((id, mail))
        return true
    }

    mutating func kept(_ number: UInt64, by id: String) {
        guard var held = writes.held[number], held.awaits.remove(id) != nil else { return }
        held.copies -= 1
        writes.held[number] = held
        release(number)
    }

    /// A member is about to be lost, or gone.
    mutating func doubt(_ id: String) {
        guard settings.isLeased, settings.keepsRows, id != settings.id, crew[id]?.isLost == false else {
            return
        }
        if writes.doubtSince == nil { writes.most = othersPresent }
        writes.doubtSince = .distantFuture
    }

    /// Whoever is gone keeps nothing, and is not waited for.
    mutating func stopAwaiting(_ id: String) {
        for number in writes.held.keys.sorted() {
            // Nor does it wait any more: what it asks on another line, or as another start, is another question.
            writes.held[number]?.answers.removeAll { $0.to == id }
            guard writes.held[number]?.awaits.remove(id) != nil, let held = writes.held[number] else {
                continue
            }
            // Where fewer are left than were to have it, all of them are to.
            if held.copies > held.awaits.count {
                writes.held[number]?.copies = held.awaits.count
                if settings.isLeased { writes.setShort(number) }
            }
            release(number)
        }
    }

    /// Whether something may wait for the lease to be confirmed.
    package var isInDoubt: Bool { writes.doubtSince != nil || !writes.short.isEmpty }

    /// The lease has been confirmed, by the answer to a question that was sent at that moment.
    package mutating func confirmed(since sent: Instant, now: Instant) -> [CoordinatorAction] {
        if let doubt = writes.doubtSince, sent >= doubt { writes.doubtSince = nil }
        for number in writes.short.sorted() {
            guard let since = writes.held[number]?.shortSince, sent >= since else { continue }
            writes.held[number]?.shortSince = nil
            writes.short.remove(number)
            release(number)
        }
        return settle(now: now)
    }

    private mutating func release(_ number: UInt64) {
        guard let held = writes.held[number], held.copies <= 0, held.shortSince == nil else { return }
        writes.held[number] = nil
        if writes.ofRow[held.name] == number { writes.ofRow[held.name] = nil }
        for answer in held.answers { actions.append(.send(answer.mail, to: answer.to)) }
    }

    /// All rows to a node that has others.
    mutating func pushRows(to id: String) {
        guard settings.keepsRows, crew[id]?.lacksRows == true, id != settings.id else { return }
        crew[id]?.lacksRows = false
        let all = rows.values.sorted { $0.name < $1.name }
        for start in stride(from: 0, to: all.count, by: TaskMail.rowsInOne) {
            let part = Array(all[start..<min(all.count, start + TaskMail.rowsInOne)])
            actions.append(.send(.keep(number: 0, rows: part, removed: []), to: id))
        }
    }
}

extension TaskMail {
    /// Rows in one mail: some hundred kilobytes at the most.
    static let rowsInOne = 64
}
