package import Basics

/// What an observer has seen of the register, and since when nothing has changed.
///
/// The register's own clock is never read, and no clock of another node: all that counts is for how long this node
/// has seen the same thing.
package struct LeaseWatch: Hashable, Sendable {
    /// Nil: there is no row.
    package private(set) var row: LeaseRow?
    /// When the reply came that first showed this, wishes apart.
    package private(set) var since: Instant
    /// When the reply came that showed a wish written into it.
    package private(set) var wishedAt = Instant.distantPast
    /// When the last look that was answered had been sent.
    package private(set) var lastLook: Instant
    /// Whether this node was looking when this, wishes apart, came to stand there, and has looked ever since without a gap.
    package private(set) var sawChange: Bool
    /// Whether this is less than the register once showed.
    package private(set) var isForgotten: Bool

    /// The first look.
    init(_ row: LeaseRow?, since: Instant, lookSent: Instant, isForgotten: Bool) {
        self.row = row
        self.since = since
        lastLook = lookSent
        sawChange = false
        self.isForgotten = isForgotten
    }

    /// Takes a look. After a gap the same sight proves nothing: the store may have gone on, given the lease to others,
    /// and been set back to what it was.
    mutating func look(
        _ found: LeaseRow?, sent: Instant, now: Instant, longestGap: Interval, isForgotten: Bool,
        broken: LeaseBreak?
    ) {
        let start = broken == .waitFromRequest ? sent : now
        let isContinuous = now - lastLook <= longestGap
        let isSame = found?.stamp == row?.stamp && isForgotten == self.isForgotten
        let isUnrenewed =
            broken == .wishesDelay
            ? isSame : found?.mark == row?.mark && isForgotten == self.isForgotten
        if !isUnrenewed || (!isContinuous && broken != .gapsIgnored) { since = start }
        if !isSame { wishedAt = isUnrenewed ? now : .distantPast }
        sawChange = isContinuous && (sawChange || !isUnrenewed)
        self.isForgotten = isForgotten
        row = found
        lastLook = sent
    }

    /// How long nothing may change before others act.
    func wait(_ settings: LeaseSettings) -> Interval {
        if settings.broken == .noWaiting { return .zero }
        if settings.broken == .ownHoldOnly { return settings.hold }
        // The row that would say how long its holder trusts itself is not there.
        if row == nil || isForgotten { return max(settings.longestHold, row?.hold ?? .zero) }
        return max(settings.hold, row?.hold ?? .zero)
    }
}
