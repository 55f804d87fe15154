/// When clocks are changed each year: the POSIX TZ text that ends a TZif file (RFC 8536 section 3.3.1).
struct ZoneRule: Hashable, Sendable {
    /// Seconds east of UTC.
    let standard: Int
    let summer: Summer?

    struct Summer: Hashable, Sendable {
        let offset: Int
        let start: Turn
        let end: Turn
    }

    /// A day of the year and the time on the clock then in use, in seconds.
    struct Turn: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// `J60`: 1 March in every year.
            case julian(Int)
            /// `59`: counted from 0, leap days too.
            case zeroBased(Int)
            /// `M10.5.0`: month, week (5: the last), weekday (0: Sunday).
            case weekday(month: Int, week: Int, day: Int)
        }
        let day: Day
        let time: Int

        /// On the clock in use, seconds since 1970.
        func second(in year: Int) -> Int {
            let newYear = CivilDate(year: year, month: 1, day: 1).daysSince1970
            let dayNumber: Int
            switch day {
            case .julian(let number):
                dayNumber = newYear + number - (number >= 60 && CivilDate.isLeap(year) ? 0 : 1)
            case .zeroBased(let number):
                dayNumber = newYear + number
            case .weekday(let month, let week, let weekday):
                let first = CivilDate(year: year, month: month, day: 1).daysSince1970
                let length = CivilDate.daysIn(month: month, of: year)
                var day = (weekday - CivilDate.weekday(ofDay: first) + 7) % 7 + (week - 1) * 7
                if day >= length { day -= 7 }
                dayNumber = first + day
            }
            return dayNumber * CivilDate.secondsPerDay + time
        }
    }

    /// The changes of these years, by rising moment.
    func changes(_ years: ClosedRange<Int>) -> [(moment: Int, offset: Int)] {
        guard let summer else { return [] }
        var changes: [(moment: Int, offset: Int, order: Int)] = []
        for year in years {
            let start = (summer.start.second(in: year) - standard, summer.offset)
            let end = (summer.end.second(in: year) - summer.offset, standard)
            for (moment, offset) in start.0 <= end.0 ? [start, end] : [end, start] {
                changes.append((moment, offset, changes.count))
            }
        }
        // Summer time all year ends and begins at one moment; the beginning, the later year's, then counts.
        changes.sort { ($0.moment, $0.order) < ($1.moment, $1.order) }
        return changes.map { ($0.moment, $0.offset) }
    }
}
