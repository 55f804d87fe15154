package import Basics

/// Writings that are answered when other nodes have them too: whoever dies next must not take them along.
///
/// A node that is lost is not waited for. Under a lease, though, it may be this one that is cut off, and another that
/// coordinates before long: what fewer nodes have than should is answered only when the lease was confirmed by a question
/// that was sent since. One that is cut off answers nothing that nobody else knows.
struct HeldWrites: Sendable {
    struct Held: Sendable {
        var awaits: Set<String>
        var copies: Int
        /// Since when fewer nodes have it, or are to, than should; nil: as many do. `distantFuture` until the end of
        /// the step in which it became so.
        var shortSince: Instant?
        var answers: [(to: String, mail: TaskMail)]
    }
    var held: [UInt64: Held] = [:]
    var last: UInt64 = 0
    /// Since when nodes have been lost that the lease was not confirmed after; nil: none. As `shortSince`.
    var doubtSince: Instant?
    /// How many others there were before.
    var most = 0

    /// The step has ended.
    fileprivate mutating func stamp(now: Instant) {
        if doubtSince == .distantFuture { doubtSince = now }
        for number in held.keys where held[number]?.shortSince == .distantFuture {
            held[number]?.shortSince = now
        }
    }
}

extension Coordinator {
    private var othersConnected: [String] {
        crew.values.filter { $0.isConnected && $0.id != settings.id && !$0.isLost }.map(\.id).sorted()
    }

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
        let present = crew.values.filter { $0.id != settings.id && !$0.isLost }.count
        let should = copies(of: writes.doubtSince == nil ? present : max(present, writes.most))
        let isShort = settings.isLeased && needed < should
        writes.held[writes.last] = HeldWrites.Held(
            awaits: Set(others), copies: needed, shortSince: isShort ? .distantFuture : nil, answers: answers)
        release(writes.last)
    }

    mutating func kept(_ number: UInt64, by id: String) {
        guard var held = writes.held[number], held.awaits.remove(id) != nil else { return }
        held.copies -= 1
        writes.held[number] = held
        release(number)
    }

    /// Whoever is about to be gone keeps nothing, and is not waited for.
    mutating func stopAwaiting(_ id: String) {
        if settings.isLeased, settings.keepsRows, id != settings.id, crew[id]?.isConnected == true {
            if writes.doubtSince == nil { writes.most = othersConnected.filter { $0 != id }.count + 1 }
            writes.doubtSince = .distantFuture
        }
        for number in writes.held.keys.sorted() {
            // Nor does it wait any more: what it asks on another line, or as another start, is another question.
            writes.held[number]?.answers.removeAll { $0.to == id }
            guard writes.held[number]?.awaits.remove(id) != nil, let held = writes.held[number] else {
                continue
            }
            // Where fewer are left than were to have it, all of them are to.
            if held.copies > held.awaits.count {
                writes.held[number]?.copies = held.awaits.count
                if settings.isLeased { writes.held[number]?.shortSince = .distantFuture }
            }
            release(number)
        }
    }

    /// Whether something may wait for the lease to be confirmed.
    package var isInDoubt: Bool { writes.doubtSince != nil || !writes.held.isEmpty }

    /// The lease has been confirmed, by the answer to a question that was sent at that moment.
    package mutating func confirmed(since sent: Instant, now: Instant) -> [CoordinatorAction] {
        if let doubt = writes.doubtSince, sent >= doubt { writes.doubtSince = nil }
        for number in writes.held.keys.sorted() {
            guard let since = writes.held[number]?.shortSince, sent >= since else { continue }
            writes.held[number]?.shortSince = nil
            release(number)
        }
        return settle(now: now)
    }

    mutating func stampDoubts(now: Instant) { writes.stamp(now: now) }

    private mutating func release(_ number: UInt64) {
        guard let held = writes.held[number], held.copies <= 0, held.shortSince == nil else { return }
        writes.held[number] = nil
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
