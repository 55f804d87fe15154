import Basics

/// Counts for how long hosts go on when what they were given has run out.
struct LateHost {
    /// How long they may; nil or zero: as long as they like.
    let limit: Interval?
    /// Since when each is seen to be late: a process that was stopped has its time when it runs again.
    private var since: [String: (work: SeatState.Work, at: Instant)] = [:]

    init(limit: Interval?) { self.limit = limit }

    /// Looks at what the host of a role may be at work under: whether its time is over, and when to look again.
    mutating func look(at work: SeatState.Work?, of role: String, now: Instant)
        -> (isOver: Bool, next: Instant)
    {
        let before = since.removeValue(forKey: role)
        guard let limit, limit > .zero, let work else { return (false, .distantFuture) }
        guard work.until <= now else { return (false, work.until) }
        let began = before?.work == work ? before?.at ?? now : now
        since[role] = (work, began)
        return (began + limit <= now, began + limit)
    }
}
