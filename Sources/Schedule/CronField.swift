/// One of the columns of a cron expression.
enum CronField: Hashable, Sendable, CaseIterable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek, year

    /// Where the columns come from: they number the days of the week differently.
    enum Dialect: Hashable, Sendable {
        /// crontab(5): five columns, the minute first; 0 and 7 are Sunday.
        case crontab
        /// Quartz: six or seven columns, the second first; 1 is Sunday.
        case quartz

        func fields(_ count: Int) -> [CronField] {
            self == .crontab ? Array(CronField.allCases[1...5]) : Array(CronField.allCases.prefix(count))
        }
    }

    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        case .year: "year"
        }
    }

    func range(_ dialect: Dialect) -> ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: dialect == .crontab ? 0...7 : 1...7
        case .year: 1970...2199
        }
    }

    func allowed(_ dialect: Dialect) -> String {
        let range = range(dialect)
        let numbers = "\(range.lowerBound)-\(range.upperBound)"
        return switch self {
        case .month: "\(numbers) or JAN-DEC"
        case .dayOfWeek: "\(numbers) (\(dialect == .crontab ? "0 and 7 are" : "1 is") Sunday) or SUN-SAT"
        default: numbers
        }
    }

    /// The greatest step that still means something.
    func longestStep(_ dialect: Dialect) -> Int {
        switch self {
        case .year: 229
        default: range(dialect).upperBound
        }
    }

    /// The number that a name stands for.
    func number(named name: some StringProtocol, _ dialect: Dialect) -> Int? {
        switch self {
        case .month: CronField.months.firstIndex { $0 == name }.map { $0 + 1 }
        case .dayOfWeek:
            CronField.weekdays.firstIndex { $0 == name }.map { dialect == .crontab ? $0 : $0 + 1 }
        default: nil
        }
    }

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
}
