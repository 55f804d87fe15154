import Basics

/// What the nodes have not been told yet of what all tasks are doing.
struct TableNews: Sendable {
    fileprivate(set) var changed: Set<String> = []
    fileprivate(set) var due = Instant.distantFuture
    fileprivate var lastTold = Instant.distantPast

    /// Tasks change in showers; one word serves many.
    static let pause = Interval.milliseconds(20)
}

extension Coordinator {
    mutating func changed(_ name: String) { table.changed.insert(name) }

    mutating func tellTable(now: Instant) {
        guard !table.changed.isEmpty else {
            table.due = .distantFuture
            return
        }
        guard now >= table.lastTold + TableNews.pause else {
            table.due = table.lastTold + TableNews.pause
            return
        }
        let names = table.changed.sorted()
        table.changed = []
        table.due = .distantFuture
        table.lastTold = now
        tell(names, to: crew.keys.sorted().filter { crew[$0]?.isReady == true }, isWhole: false)
    }

    mutating func tellWholeTable(to id: String) {
        let kept = former.keys.filter { tasks[$0] == nil }
        tell((tasks.keys + kept).sorted(), to: [id], isWhole: true)
    }

    private mutating func tell(_ names: [String], to ids: [String], isWhole: Bool) {
        guard !ids.isEmpty else { return }
        var isFirst = true
        for start in stride(from: 0, to: max(names.count, 1), by: TaskMail.mostEntries) {
            let part = names[start..<min(names.count, start + TaskMail.mostEntries)]
            let entries = part.compactMap { status(of: $0) }
            let removed = part.filter { tasks[$0] == nil && former[$0] == nil }
            actions.append(
                .spread(.table(entries, removed: Array(removed), isWhole: isWhole && isFirst), to: ids))
            isFirst = false
        }
    }

    private func status(of name: String) -> TaskStatus? {
        guard let entry = tasks[name] else { return former[name] }
        if entry.owner == nil, var kept = former[name] {
            kept.offers = UInt32(clamping: entry.offeredBy.count)
            return kept
        }
        var state = TaskStatus.State.offered
        switch entry.owner?.phase {
        case .told: state = .assigned
        case .running: state = .running
        case .stopping: state = .stopping
        case nil:
            if isCompleted(name) {
                state = .completed
            } else if remembered(name)?.isPaused == true {
                state = .paused
            }
        }
        return TaskStatus(
            name: name, kind: entry.definition.kind, state: state, owner: entry.owner?.node ?? "",
            token: entry.owner?.token ?? 0, schedule: entry.definition.schedule,
            offers: UInt32(clamping: entry.offeredBy.count),
            detail: state == .offered ? entry.reason : entry.problem)
    }
}
