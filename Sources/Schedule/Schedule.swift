import Basics

/// When a job runs: a started specification and the clocks of its zone.
///
/// It has no state and no clock of its own: every node that has the same text and the same time zone database computes the
/// same occurrences. Moments are milliseconds since 1970 UTC.
package struct Schedule: Hashable, Sendable {
    package let spec: ScheduleSpec
    /// Part of every occurrence's id.
    package let fingerprint: UInt64
    private let moments: Moments
    /// Nothing runs before it
    private let first: Int64
    /// nor after it.
    private let last: Int64

    private enum Moments: Hashable, Sendable {
        case once
        case every(Int64)
        case cron(CronExpression, Zone)
    }

    /// `zone` is needed where the specification names one by its file.
    package init(_ spec: ScheduleSpec, zone: Zone? = nil) throws(ScheduleError) {
        guard spec.isStarted else {
            throw ScheduleError("schedule", spec.description, "it has to be started first")
        }
        let place: Zone
        switch spec.zone {
        case .fixed(let offset):
            place = Zone(name: spec.zone.description, base: offset)
        case .named(let name):
            guard let zone, zone.name == name else { throw ScheduleError("zone", name, "it is not loaded") }
            place = zone
        }

        var first: Int64 = 0
        if case .time(let time) = spec.start { first = time.moment(in: place) }
        var hash = Fnv1a()
        switch spec.rhythm {
        case .at(let time):
            first = time.moment(in: place)
            moments = .once
            hash.add(UInt64(bitPattern: first))
        case .every(let interval) where (1...SpanText.longest).contains(interval):
            moments = .every(interval)
            hash.add("every")
            hash.add(UInt64(bitPattern: interval))
            hash.add(UInt64(bitPattern: first % interval))
        case .cron(let expression):
            moments = .cron(expression, place)
            hash.add("cron")
            expression.add(to: &hash)
            hash.add(spec.zone.description)
        case .every, .after:
            throw ScheduleError("schedule", spec.description, "it has no moments")
        }
        self.spec = spec
        self.first = first
        fingerprint = hash.value
        last = min(
            spec.until?.moment(in: place) ?? .max, ScheduleTime.end - 1,
            Schedule.lastRepeat(moments, from: first, spec.repeats))
    }

    /// The next occurrence after a moment; nil where there is none up to the year 2399.
    package func next(after moment: Int64) -> Occurrence? {
        guard let next = Schedule.next(moments, after: max(moment, first - 1), from: first), next <= last
        else {
            return nil
        }
        return Occurrence(moment: next, schedule: fingerprint)
    }

    /// The last occurrence that is later than `earlier` and not later than `moment`.
    ///
    /// Few steps, however many lie between: where an occurrence follows a moment, it follows all earlier ones.
    package func latest(after earlier: Int64, until moment: Int64) -> Occurrence? {
        let moment = Schedule.inCalendar(moment)
        var low = Schedule.inCalendar(earlier)
        guard low < moment, var found = next(after: low), found.moment <= moment else { return nil }
        low = found.moment
        var high = moment
        while low < high {
            let middle = low + (high - low) / 2
            if let later = next(after: middle), later.moment <= moment {
                found = later
                low = later.moment
            } else {
                high = middle
            }
        }
        return found
    }

    /// The occurrences that are later than `earlier` and not later than `moment`, the oldest first, `most` at the most.
    package func occurrences(
        after earlier: Int64, until moment: Int64, most: Int
    ) -> (found: [Occurrence], hasMore: Bool) {
        var found: [Occurrence] = []
        var earlier = earlier
        while let occurrence = next(after: earlier), occurrence.moment <= moment {
            guard found.count < most else { return (found, true) }
            found.append(occurrence)
            earlier = occurrence.moment
        }
        return (found, false)
    }

    /// From just before the calendar to its end: no sum of two overflows.
    static func inCalendar(_ moment: Int64) -> Int64 { min(max(moment, -1), ScheduleTime.end) }

    private static func next(_ moments: Moments, after moment: Int64, from first: Int64) -> Int64? {
        let moment = max(inCalendar(moment), first - 1)
        switch moments {
        case .once:
            return moment < first ? first : nil
        case .every(let interval):
            // At `moment == first - 1` this is `first` itself.
            return first + floorDivide(moment - first + interval, by: interval) * interval
        case .cron(let expression, let zone):
            return expression.next(after: Int(floorDivide(moment, by: 1000)), in: zone).map {
                Int64($0) * 1000
            }
        }
    }

    private static func lastRepeat(_ moments: Moments, from first: Int64, _ repeats: Int?) -> Int64 {
        guard let repeats else { return .max }
        switch moments {
        case .once:
            return .max
        case .every(let interval):
            let (span, isTooLong) = interval.multipliedReportingOverflow(by: Int64(max(0, repeats)))
            let (last, isTooLate) = first.addingReportingOverflow(span)
            return isTooLong || isTooLate ? .max : last
        case .cron:
            var moment = first - 1
            for _ in 0...min(max(0, repeats), ScheduleSpec.mostCronRepeats) {
                guard let next = next(moments, after: moment, from: first) else { return .max }
                moment = next
            }
            return moment
        }
    }
}
