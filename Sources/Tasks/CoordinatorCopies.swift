package import Basics

/// Writings that are answered when other nodes have them too: whoever dies next must not take them along.
///
/// A node that is lost is not waited for. Under a lease, though, it may be this one that is cut off, and another that
/// coordinates before long: what fewer nodes have than should is answered only when the authority has confirmed this
/// coordinator since. One that is cut off answers nothing that nobody else knows.
struct HeldWrites: Sendable {
    struct Held: Sendable {
        var awaits: Set<String>
        var copies: Int
        /// Fewer nodes have it, or are to, than there were when the authority confirmed this coordinator last.
        var isShort: Bool
        var answers: [(to: String, mail: TaskMail)]
    }
    var held: [UInt64: Held] = [:]
    var last: UInt64 = 0
    /// Since when nodes have been lost that the authority has confirmed nothing of; nil: none. `distantFuture` until
    /// the end of the step in which it happened.
    var doubtSince: Instant?
    /// How many others there were before.
    var most = 0
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
        let isShort = writes.doubtSince != nil && needed < copies(of: writes.most)
        writes.held[writes.last] = HeldWrites.Held(
            awaits: Set(others), copies: needed, isShort: isShort, answers: answers)
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
            guard writes.held[number]?.awaits.remove(id) != nil, let held = writes.held[number] else {
                continue
            }
            // Where fewer are left than were to have it, all of them are to.
            if held.copies > held.awaits.count {
                writes.held[number]?.copies = held.awaits.count
                writes.held[number]?.isShort = writes.doubtSince != nil
            }
            release(number)
        }
    }

    /// Whether it has lost nodes since the authority confirmed it last.
    package var isInDoubt: Bool { writes.doubtSince != nil }

    /// The authority has answered what this node asked it at that moment: it is the coordinator still.
    package mutating func confirmed(since sent: Instant, now: Instant) -> [CoordinatorAction] {
        guard let doubt = writes.doubtSince, sent >= doubt else { return take() }
        writes.doubtSince = nil
        for number in writes.held.keys.sorted() {
            writes.held[number]?.isShort = false
            release(number)
        }
        return settle(now: now)
    }

    private mutating func release(_ number: UInt64) {
        guard let held = writes.held[number], held.copies <= 0, !held.isShort else { return }
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
