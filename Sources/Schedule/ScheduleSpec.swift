/// A schedule as a person wrote it.
///
/// It may speak of its own beginning (`in 10s`, `repeat=` without `from=`). `started(at:)` fixes that once, for the whole
/// cluster; what it returns says the same to everybody at any time, and can be written down again.
package struct ScheduleSpec: Hashable, Sendable {
    package enum Rhythm: Hashable, Sendable {
        /// `0 */5 * * * *`
        case cron(CronExpression)
        /// `every 5s`: real time, whatever clocks show. Milliseconds.
        case every(Int64)
        /// `at 2026-12-01T08:00:00Z`: once.
        case at(ScheduleTime)
        /// `in 10s`: once. Milliseconds.
        case after(Int64)
    }

    /// `from=`: nothing runs before it, and `every` counts from it.
    package enum Start: Hashable, Sendable {
        case time(ScheduleTime)
        /// `from=+10s`: milliseconds after the job was scheduled.
        case delay(Int64)
    }

    package var rhythm: Rhythm
    /// In which zone cron columns and times without an offset are meant.
    package var zone: ZoneName
    package var start: Start?
    /// Runs after the first: n+1 in all, as Quartz and Immutant count.
    package var repeats: Int?
    /// Nothing runs after it.
    package var until: ScheduleTime?
    package var misfire: Misfire

    package init(
        _ rhythm: Rhythm, zone: ZoneName = .utc, start: Start? = nil, repeats: Int? = nil,
        until: ScheduleTime? = nil, misfire: Misfire = .skip
    ) {
        self.rhythm = rhythm
        self.zone = zone
        self.start = start
        self.repeats = repeats
        self.until = until
        self.misfire = misfire
    }

    /// Nothing in it depends on when it was scheduled.
    package var isStarted: Bool {
        if case .after = rhythm { return false }
        if case .delay = start { return false }
        return repeats == nil || start != nil
    }

    /// The same schedule, begun at `now` (milliseconds since 1970 UTC). Its first occurrence may be `now` itself.
    package func started(at now: Int64) -> ScheduleSpec {
        let now = min(max(now, 0), ScheduleTime.end - 1)
        var started = self
        if case .after(let delay) = rhythm { started.rhythm = .at(later(now, delay)) }
        if case .delay(let delay) = start { started.start = .time(later(now, delay)) }
        if repeats != nil, start == nil {
            started.start = .time(.utc(now))
            // To count runs must not shift them: the first multiple from now on.
            if case .every(let interval) = rhythm, interval > 0, now % interval != 0 {
                started.start = .time(later(now, interval - now % interval))
            }
        }
        return started
    }

    private func later(_ now: Int64, _ delay: Int64) -> ScheduleTime {
        let room = ScheduleTime.end - 1 - now
        return .utc(now + min(max(delay, 0), room))
    }
}
