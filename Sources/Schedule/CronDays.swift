/// A day of month that depends on the month.
enum MonthDayRule: Hashable, Sendable {
    /// `L`, `L-3`: the last day, or that many days before it.
    case last(back: Int)
    /// `LW`: the weekday (Monday to Friday) nearest to it.
    case lastWeekday(back: Int)
    /// `15W`: the weekday nearest to that day, in the same month.
    case nearestWeekday(Int)
}

/// A day of week that comes once a month; 0 is Sunday.
enum WeekdayRule: Hashable, Sendable {
    /// `6L`
    case last(Int)
    /// `6#3`
    case nth(Int, Int)
}

/// On which days of a month: the two day columns together.
struct CronDays: Hashable, Sendable {
    /// Bits 1 to 31.
    let monthDays: UInt64
    let monthDayRules: [MonthDayRule]
    /// Bits 0 (Sunday) to 6.
    let weekdays: UInt64
    let weekdayRules: [WeekdayRule]
    /// A day that either column names will do (crontab(5), both restricted); else both must name it.
    let isEither: Bool

    /// The days as bits 1 to 31.
    func days(of month: Int, in year: Int) -> UInt64 {
        let length = CivilDate.daysIn(month: month, of: year)
        let first = CivilDate.weekday(ofDay: CivilDate(year: year, month: month, day: 1).daysSince1970)
        let whole = (UInt64(1) << UInt64(length + 1)) - 2

        var byMonth = monthDays
        for rule in monthDayRules { byMonth |= rule.day(first: first, length: length) }
        var byWeek = WeekdayRule.every(weekdays, first: first)
        for rule in weekdayRules { byWeek |= rule.day(first: first, length: length) }
        return (isEither ? byMonth | byWeek : byMonth & byWeek) & whole
    }
}

extension MonthDayRule {
    /// The rule as a number, for hashes that have to stay what they are.
    var code: UInt64 {
        switch self {
        case .last(let back): 0x100 + UInt64(back)
        case .lastWeekday(let back): 0x200 + UInt64(back)
        case .nearestWeekday(let day): 0x300 + UInt64(day)
        }
    }

    /// The day as a bit, no bit where the month lacks it. `first` is the weekday of the 1st.
    func day(first: Int, length: Int) -> UInt64 {
        switch self {
        case .last(let back): bit(length - back, length)
        case .lastWeekday(let back):
            back < length ? bit(weekday(nearest: length - back, first, length), length) : 0
        case .nearestWeekday(let day): day > length ? 0 : bit(weekday(nearest: day, first, length), length)
        }
    }
}

extension WeekdayRule {
    var code: UInt64 {
        switch self {
        case .last(let weekday): 0x400 + UInt64(weekday)
        case .nth(let weekday, let week): 0x500 + UInt64(weekday * 8 + week)
        }
    }

    func day(first: Int, length: Int) -> UInt64 {
        switch self {
        case .nth(let weekday, let week): bit(1 + (weekday - first + 7) % 7 + (week - 1) * 7, length)
        case .last(let weekday):
            bit(length - ((first + length - 1) % 7 - weekday + 7) % 7, length)
        }
    }

    /// All days whose weekday is among the bits.
    static func every(_ weekdays: UInt64, first: Int) -> UInt64 {
        // The week as it stands on the 1st, then laid side by side over the month.
        let turned = (weekdays | weekdays << 7) >> UInt64(first) & 0x7f
        return (turned | turned << 7 | turned << 14 | turned << 21 | turned << 28) << 1
    }
}

private func bit(_ day: Int, _ length: Int) -> UInt64 { (1...length).contains(day) ? 1 << UInt64(day) : 0 }

private func weekday(nearest day: Int, _ first: Int, _ length: Int) -> Int {
    switch (first + day + 34) % 7 {
    case 6: day > 1 ? day - 1 : day + 2
    case 0: day < length ? day + 1 : day - 2
    default: day
    }
}
