extension CronExpression {
    /// The first second in `first..<end` that the expression names, both counted from 1970 on a local clock.
    ///
    /// Looks at months, not at days: the whole calendar is 5160 steps.
    func firstMatch(from first: Int, before end: Int) -> Int? {
        let start = max(first, 0)
        let end = min(end, CivilDate.end)
        guard start < end else { return nil }

        let startDay = start / CivilDate.secondsPerDay
        let date = CivilDate(daysSince1970: startDay)
        if names(date),
            let time = timeOfDay(from: start % CivilDate.secondsPerDay)
        {
            return within(end, startDay, time)
        }
        guard let midnight = timeOfDay(from: 0) else { return nil }
        guard let day = firstDay(after: date, before: end) else { return nil }
        return within(end, day, midnight)
    }

    private func within(_ end: Int, _ day: Int, _ time: Int) -> Int? {
        let second = day * CivilDate.secondsPerDay + time
        return second < end ? second : nil
    }

    private func names(_ date: CivilDate) -> Bool {
        days(of: date.month, in: date.year) & 1 << UInt64(date.day) != 0
    }

    private func days(of month: Int, in year: Int) -> UInt64 {
        guard months & 1 << UInt64(month) != 0, names(year: year) else { return 0 }
        return days.days(of: month, in: year)
    }

    private func names(year: Int) -> Bool { years.isEmpty || years.contains(year) }

    /// The first day named after `date`, as days since 1970.
    private func firstDay(after date: CivilDate, before end: Int) -> Int? {
        var month = date.month
        var left = days(of: month, in: date.year) & ~((UInt64(2) << UInt64(date.day)) - 1)
        for year in date.year...CivilDate.lastYear {
            while month <= 12 {
                if left != 0 {
                    return CivilDate(year: year, month: month, day: left.trailingZeroBitCount).daysSince1970
                }
                month += 1
                if month <= 12 { left = days(of: month, in: year) }
            }
            guard year < CivilDate.lastYear else { return nil }
            let newYear = CivilDate(year: year + 1, month: 1, day: 1).daysSince1970
            guard newYear * CivilDate.secondsPerDay < end else { return nil }
            month = 1
            left = days(of: month, in: year + 1)
        }
        return nil
    }

    /// The first second of a day, at or after `second`, that hour, minute and second name.
    private func timeOfDay(from second: Int) -> Int? {
        var (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60)
        guard let firstMinute = next(minutes, 0), let firstSecond = next(seconds, 0) else { return nil }
        if hours & 1 << UInt64(hour) != 0 {
            if minutes & 1 << UInt64(minute) != 0, let found = next(seconds, second) {
                return hour * 3600 + minute * 60 + found
            }
            minute += 1
            second = firstSecond
            if let found = next(minutes, minute) { return hour * 3600 + found * 60 + second }
        }
        hour += 1
        return next(hours, hour).map { $0 * 3600 + firstMinute * 60 + firstSecond }
    }

    /// The lowest bit set at or above `number`.
    private func next(_ mask: UInt64, _ number: Int) -> Int? {
        let left = (mask >> UInt64(number)) << UInt64(number)
        return left == 0 ? nil : left.trailingZeroBitCount
    }
}
