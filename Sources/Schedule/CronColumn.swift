/// One column of a cron expression, read: the numbers it names and how it was written.
struct CronColumn {
    let field: CronField
    let dialect: CronField.Dialect
    let text: Substring
    /// In the order of the text, repeated where the text repeats them.
    private(set) var numbers: [Int] = []
    private(set) var monthDayRules: [MonthDayRule] = []
    private(set) var weekdayRules: [WeekdayRule] = []
    /// Some item has no end of its own: `*`, `*/n`, `a/n`.
    private(set) var isOpen = false

    /// `*` or `?` alone: the column rules nothing out.
    var isFree: Bool { text == "*" || text == "?" }
    /// What crontab(5) takes for unrestricted: a column that begins with an asterisk.
    var beginsFree: Bool { text.first == "*" || text == "?" }

    /// `text` in capitals.
    init(_ field: CronField, _ dialect: CronField.Dialect, _ text: Substring) throws(ScheduleError) {
        self.field = field
        self.dialect = dialect
        self.text = text
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !item.isEmpty else { throw refused("an item of the list is empty") }
            if try !readRule(item) { try readNumbers(item) }
        }
    }

    /// The numbers as bits. (Years do not fit and are not asked.)
    var mask: UInt64 { numbers.reduce(0) { $0 | 1 << UInt64($1) } }

    private mutating func readNumbers(_ item: Substring) throws(ScheduleError) {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let step = parts.count == 2 ? try readStep(parts[1], in: item) : 1
        let allowed = field.range(dialect)
        let span = parts[0]

        if span == "*" || (span.isEmpty && dialect == .quartz) {
            isOpen = true
            return add(from: allowed.lowerBound, through: allowed.upperBound, step: step)
        }
        let ends = span.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try readNumber(ends[0], in: item)
        guard ends.count == 2 else {
            guard parts.count == 2 else { return add(from: first, through: first, step: 1) }
            // crontab(5) knows steps only behind a range or an asterisk, and crons differ in what this means.
            guard dialect == .quartz else {
                throw refused("a step needs a range or *: '\(first)-\(allowed.upperBound)/\(step)'?", item)
            }
            isOpen = true
            return add(from: first, through: allowed.upperBound, step: step)
        }
        var last = try readNumber(ends[1], in: item)
        // Sunday begins the week of crontab(5) as 0 and ends it as 7; its name may do either.
        if field == .dayOfWeek, dialect == .crontab, ends[1] == "SUN", first > 0 { last = 7 }
        if last < first {
            guard dialect == .quartz, field != .year else { throw refused("the range runs backwards", item) }
            last += allowed.count
        }
        add(from: first, through: last, step: step)
    }

    /// `last` may lie one turn beyond the field's end: `22-2`, `NOV-FEB`.
    private mutating func add(from first: Int, through last: Int, step: Int) {
        let allowed = field.range(dialect)
        for number in stride(from: first, through: last, by: step) {
            let turned = number > allowed.upperBound ? number - allowed.count : number
            numbers.append(field == .dayOfWeek ? weekday(turned) : turned)
        }
    }

    /// 0 is Sunday inside.
    private func weekday(_ number: Int) -> Int { dialect == .crontab ? number % 7 : number - 1 }

    private func readNumber(_ text: Substring, in item: Substring) throws(ScheduleError) -> Int {
        if let number = field.number(named: text, dialect) { return number }
        guard let number = decimal(text), field.range(dialect).contains(number) else {
            throw refused("\(field.allowed(dialect)) is allowed", item)
        }
        return number
    }

    private func readStep(_ text: Substring, in item: Substring) throws(ScheduleError) -> Int {
        let longest = field.longestStep(dialect)
        guard let step = decimal(text), (1...longest).contains(step) else {
            throw refused("a step of 1-\(longest) is allowed", item)
        }
        return step
    }

    /// Items with `?`, `L`, `W` or `#`. False: the item is none of them.
    private mutating func readRule(_ item: Substring) throws(ScheduleError) -> Bool {
        if item == "?" {
            guard field == .dayOfMonth || field == .dayOfWeek else {
                throw refused("? is for the day of month and the day of week", item)
            }
            guard text == "?" else { throw refused("? stands alone", item) }
            add(from: field.range(dialect).lowerBound, through: field.range(dialect).upperBound, step: 1)
            return true
        }
        switch field {
        case .dayOfMonth: return try readMonthDayRule(item)
        case .dayOfWeek: return try readWeekdayRule(item)
        default: return false
        }
    }

    private mutating func readMonthDayRule(_ item: Substring) throws(ScheduleError) -> Bool {
        let wantsWeekday = item.last == "W"
        let day = wantsWeekday ? item.dropLast() : item
        guard day.first == "L" else {
            guard wantsWeekday else { return false }
            monthDayRules.append(.nearestWeekday(try readNumber(day, in: item)))
            return true
        }
        var back = 0
        if day.count > 1 {
            guard day.dropFirst().first == "-", let number = decimal(day.dropFirst(2)), number <= 30 else {
                throw refused("L, LW and L-0 to L-30 are allowed", item)
            }
            back = number
        }
        monthDayRules.append(wantsWeekday ? .lastWeekday(back: back) : .last(back: back))
        return true
    }

    private mutating func readWeekdayRule(_ item: Substring) throws(ScheduleError) -> Bool {
        if item == "L" {
            numbers.append(6)
            return true
        }
        if item.last == "L" {
            weekdayRules.append(.last(weekday(try readNumber(item.dropLast(), in: item))))
            return true
        }
        let parts = item.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        let day = weekday(try readNumber(parts[0], in: item))
        guard let week = decimal(parts[1]), (1...5).contains(week) else {
            throw refused("#1 to #5 is allowed", item)
        }
        weekdayRules.append(.nth(day, week))
        return true
    }

    private func refused(_ problem: String, _ item: Substring? = nil) -> ScheduleError {
        ScheduleError(field.name, item ?? text, problem)
    }
}
