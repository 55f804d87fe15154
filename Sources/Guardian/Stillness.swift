import Basics

/// Judges whether a process stands still, by a number that it changes all the time.
///
/// Only what was watched without a gap counts: a watcher that did not run itself, because the machine slept, the
/// processors were busy or somebody had stopped it, has seen nothing.
struct Stillness {
    let limit: Interval
    /// How often to look.
    var pace: Interval { max(limit / 10, .milliseconds(1)) }

    private var beat: Int64?
    private var since = Instant.distantPast
    private var lastLook = Instant.distantPast

    init(limit: Interval) { self.limit = limit }

    /// Whether it has stood still for the limit.
    mutating func isReached(beat: Int64, now: Instant) -> Bool {
        let hasGap = now - lastLook > limit / 3
        if beat != self.beat || hasGap { since = now }
        self.beat = beat
        lastLook = now
        return now - since >= limit
    }

    /// Begins anew.
    mutating func forget() { beat = nil }
}
