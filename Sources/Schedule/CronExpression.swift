import Basics

/// A cron expression: which seconds on the clock of some zone it names.
///
/// Five columns are read as crontab(5) reads them, six or seven as Quartz does; `docs/schedules.md` has the table.
package struct CronExpression: Hashable, Sendable, CustomStringConvertible {
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    let days: CronDays
    let months: UInt64
    /// Sorted; empty where every year will do.
    let years: [Int]
    /// The hour is a wildcard (`*`, `*/n`, `a/n`, or all 24): the job runs by real time when clocks are changed.
    let isWild: Bool
    /// The text with single spaces and in capitals, nicknames in small letters.
    package let description: String

    package static let longest = 256

    package init(_ text: some StringProtocol) throws(ScheduleError) {
        guard text.utf8.count <= CronExpression.longest else {
            throw ScheduleError("cron", text, "longer than \(CronExpression.longest) bytes")
        }
        var words = inCapitals(text).split { $0 == " " || $0 == "\t" }
        var shown = words.joined(separator: " ")
        if let word = words.first, word.first == "@" {
            shown = inSmallLetters(word)
            guard words.count == 1, let meaning = CronExpression.nicknames[shown] else {
                throw ScheduleError(
                    "cron", text, "of the @ names, \(CronExpression.knownNicknames) are allowed")
            }
            words = meaning.split(separator: " ")
        }
        guard (5...7).contains(words.count) else {
            throw ScheduleError(
                "cron", text,
                "\(words.count) fields; 5 (minute first), 6 (second first) or 7 (year last) are needed")
        }

        let dialect: CronField.Dialect = words.count == 5 ? .crontab : .quartz
        var columns: [CronField: CronColumn] = [:]
        for (field, word) in zip(dialect.fields(words.count), words) {
            columns[field] = try CronColumn(field, dialect, word)
        }
        let hour = columns[.hour]
        seconds = columns[.second]?.mask ?? 1
        minutes = columns[.minute]?.mask ?? 0
        hours = hour?.mask ?? 0
        months = columns[.month]?.mask ?? 0
        years = columns[.year].map { $0.isFree ? [] : Set($0.numbers).sorted() } ?? []
        isWild = hour?.isOpen == true || hours == (1 << 24) - 1
        days = try CronDays(columns[.dayOfMonth], columns[.dayOfWeek], dialect)
        description = shown
    }

    private static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    private static let knownNicknames = "@yearly @annually @monthly @weekly @daily @midnight @hourly"

    /// What it means, not how it is spelled: `MON` and `1` are the same.
    func add(to hash: inout Fnv1a) {
        for mask in [seconds, minutes, hours, months, days.monthDays, days.weekdays] { hash.add(mask) }
        for code in Set(days.monthDayRules.map(\.code) + days.weekdayRules.map(\.code)).sorted() {
            hash.add(code)
        }
        for year in years { hash.add(UInt64(year)) }
        hash.add((days.isEither ? 1 : 0) | (isWild ? 2 : 0) as UInt64)
    }
}

extension CronDays {
    fileprivate init(_ monthDay: CronColumn?, _ weekday: CronColumn?, _ dialect: CronField.Dialect)
        throws(ScheduleError)
    {
        guard let monthDay, let weekday else { throw ScheduleError("cron", "", "a day field is missing") }
        guard monthDay.text != "?" || weekday.text != "?" else {
            throw ScheduleError(weekday.field.name, weekday.text, "only one of the two day fields may be ?")
        }
        // Quartz has no meaning for both; it asks for a ? in one of them.
        guard dialect == .crontab || monthDay.isFree || weekday.isFree else {
            throw ScheduleError(
                weekday.field.name, weekday.text,
                "with a day of month ('\(monthDay.text)') given as well, one of the two must be ? or *")
        }
        monthDays = monthDay.mask
        monthDayRules = monthDay.monthDayRules
        weekdays = weekday.mask
        weekdayRules = weekday.weekdayRules
        isEither = dialect == .crontab && !monthDay.beginsFree && !weekday.beginsFree
    }
}
