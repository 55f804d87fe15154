/// What becomes of occurrences whose time passed while nobody could run them.
package enum Misfire: String, Hashable, Sendable, CaseIterable {
    /// They are left out: nothing runs at a time it was not meant for.
    case skip
    /// One run makes up for all of them.
    case once
    /// Each is made up for, the oldest first.
    case all
}

/// What is to be run now.
package struct Due: Hashable, Sendable {
    /// The oldest first.
    package var runs: [Occurrence] = []
    /// How many were left out; where they are as many as were asked for at the most, it may be more.
    package var skipped = 0
    /// More is due than was asked for at the most: ask again, from `handled` on.
    package var hasMore = false
    /// Up to which moment everything is decided.
    package var handled: Int64
}

extension Schedule {
    /// What is to be run at `now` when everything up to `handled` has been dealt with.
    ///
    /// An occurrence that is late by no more than `grace` milliseconds is on time; the others are misfires. `most`
    /// bounds the runs and the work.
    package func due(after handled: Int64, at now: Int64, grace: Int64, most: Int) -> Due {
        let now = Schedule.inCalendar(now)
        let handled = Schedule.inCalendar(handled)
        guard handled < now else { return Due(handled: handled) }
        let lateUntil = max(handled, now - min(max(grace, 0), ScheduleTime.end) - 1)

        switch spec.misfire {
        case .all:
            return runs(after: handled, until: now, most)
        case .skip:
            var due = runs(after: lateUntil, until: now, most)
            due.skipped = occurrences(after: handled, until: lateUntil, most: most).found.count
            return due
        case .once:
            var due = runs(after: lateUntil, until: now, most)
            due.skipped = occurrences(after: handled, until: lateUntil, most: most).found.count
            // A run that is on time makes up for the missed ones as well.
            if due.runs.isEmpty, let latest = latest(after: handled, until: lateUntil) {
                due.runs = [latest]
                if due.skipped < most { due.skipped -= 1 }
            }
            return due
        }
    }

    private func runs(after earlier: Int64, until now: Int64, _ most: Int) -> Due {
        let (runs, hasMore) = occurrences(after: earlier, until: now, most: most)
        return Due(runs: runs, hasMore: hasMore, handled: hasMore ? runs.last?.moment ?? earlier : now)
    }
}
