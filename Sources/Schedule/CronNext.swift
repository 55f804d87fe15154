extension CronExpression {
    /// The first second after `second` (since 1970 UTC) at which a job with this expression runs in that zone.
    ///
    /// A job whose hour is a wildcard runs by real time: whenever the clock shows a named time, so twice in an hour that
    /// comes twice and not at all in one that is skipped. Any other job runs once for each named time: at the first
    /// moment at which the clock shows it or a later one. That is the named time itself, the first of two, or the
    /// moment after the gap. (The distinction is that of cron(8), Vixie cron 3.0 in Debian; `docs/schedules.md` says
    /// where Muster departs from it.)
    package func next(after second: Int, in zone: Zone) -> Int? {
        let second = max(second, Zone.beginning)
        guard second < CivilDate.end else { return nil }
        guard isWild else {
            // West of Greenwich the local calendar ends later than the one in UTC.
            return firstMatch(from: zone.latestShown(until: second) + 1, before: CivilDate.end)
                .map { zone.firstMoment(showing: $0) }.flatMap { $0 < CivilDate.end ? $0 : nil }
        }

        var moment = second + 1
        while true {
            let (end, offset) = zone.stretch(at: moment)
            if let found = firstMatch(from: moment + offset, before: end + offset) { return found - offset }
            guard end < CivilDate.end else { return nil }
            moment = end
        }
    }
}
