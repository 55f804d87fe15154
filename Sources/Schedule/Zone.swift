/// What the clocks of one place show: an offset from UTC that changes at known moments.
///
/// Moments are seconds since 1970 UTC. What a clock shows is counted the same way, as if it were UTC: at 1970-01-01
/// 00:00 UTC a clock in Berlin shows 3600. Before 1970 a zone knows nothing; after 2399 nothing more happens.
package struct Zone: Hashable, Sendable {
    package let name: String
    /// Seconds east of UTC before the first change.
    let base: Int
    let changes: [Change]

    struct Change: Hashable, Sendable {
        /// From this second on,
        let moment: Int
        /// the clock shows UTC plus this.
        let offset: Int
        /// Before it, the clock never showed this or anything later.
        let peak: Int
    }

    /// Two days before 1970, so that any clock's 1970 lies behind it.
    static let beginning = -2 * CivilDate.secondsPerDay
    /// No offset is longer (RFC 8536 section 3.2 knows less than 26 hours).
    static let longestOffset = 26 * 3600 - 1

    package static let utc = Zone(name: "UTC", base: 0)

    package init(name: String, base: Int) { self.init(name: name, base: base, changes: []) }

    /// `changes` by rising moment; of two at one moment the later counts.
    init(name: String, base: Int, changes: [(moment: Int, offset: Int)]) {
        var base = base
        var kept: [Change] = []
        var peak = Int.min
        for (index, change) in changes.enumerated() where change.moment < CivilDate.end {
            if index + 1 < changes.count, changes[index + 1].moment == change.moment { continue }
            guard change.moment > Zone.beginning else {
                base = change.offset
                continue
            }
            let offset = kept.last?.offset ?? base
            guard change.offset != offset else { continue }
            peak = max(peak, change.moment + offset)
            kept.append(Change(moment: change.moment, offset: change.offset, peak: peak))
        }
        self.name = name
        self.base = base
        self.changes = kept
    }

    /// Seconds east of UTC.
    package func offset(at moment: Int) -> Int { offset(before: firstChange(after: moment)) }

    /// The latest time that the clock has shown up to this moment: not what it shows, if it was put back lately.
    func latestShown(until moment: Int) -> Int {
        let next = firstChange(after: moment)
        let shown = moment + offset(before: next)
        return next > 0 ? max(shown, changes[next - 1].peak - 1) : shown
    }

    /// The first moment at which the clock shows this time or a later one.
    package func firstMoment(showing time: Int) -> Int {
        let next = partition { $0.peak > time }
        let moment = time - offset(before: next)
        return next > 0 ? max(moment, changes[next - 1].moment) : moment
    }

    /// Until when, and by how much, the clock differs steadily from UTC.
    func stretch(at moment: Int) -> (end: Int, offset: Int) {
        let next = firstChange(after: moment)
        return (next < changes.count ? changes[next].moment : CivilDate.end, offset(before: next))
    }

    private func offset(before index: Int) -> Int { index > 0 ? changes[index - 1].offset : base }

    private func firstChange(after moment: Int) -> Int { partition { $0.moment > moment } }

    /// The first change of which this is true; it is true of all that follow.
    private func partition(_ isBehind: (Change) -> Bool) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(changes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
