@testable import Schedule

/// Says of one date and time whether a cron expression names it, straight from the text: no masks, no search, a calendar
/// counted day by day. What the search is compared with.
struct Matcher {
    private let fields: [String]
    /// The lists, taken apart.
    private let lists: [[String]]
    private let isCrontab: Bool

    init(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        isCrontab = words.count == 5
        fields = (isCrontab ? ["0"] : []) + words
        lists = fields.map { $0.split(separator: ",").map(String.init) }
    }

    struct Day {
        var year: Int
        var month: Int
        var day: Int
        /// 0 is Sunday.
        var weekday: Int
        var monthLength: Int
        var number: Int
    }

    /// The days of these years, counted from Thursday, 1 January 1970.
    static func days(from firstYear: Int, through lastYear: Int) -> [Day] {
        var days: [Day] = []
        var (number, weekday) = (0, 4)
        for year in 1970...lastYear {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            for (index, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated()
            {
                for day in 1...length {
                    if year >= firstYear {
                        days.append(
                            Day(
                                year: year, month: index + 1, day: day, weekday: weekday, monthLength: length,
                                number: number))
                    }
                    number += 1
                    weekday = (weekday + 1) % 7
                }
            }
        }
        return days
    }

    func names(second: Int) -> Bool { holds(lists[0], second, 0, 59) }
    func names(minute: Int) -> Bool { holds(lists[1], minute, 0, 59) }
    func names(hour: Int) -> Bool { holds(lists[2], hour, 0, 23) }

    var hourIsWild: Bool {
        lists[2].contains { $0.hasPrefix("*") || ($0.contains("/") && !$0.contains("-")) }
            || (0...23).allSatisfy(names(hour:))
    }

    func names(_ day: Day) -> Bool {
        guard holds(lists[4], day.month, 1, 12) else { return false }
        if fields.count == 7, !holds(lists[6], day.year, 1970, 2199) { return false }
        let (monthDay, weekday) = (fields[3], fields[5])
        let byMonth = lists[3].contains { monthDayHolds($0, day) }
        let byWeek = lists[5].contains { weekdayHolds($0, day) }
        let either = isCrontab && ![monthDay, weekday].contains { $0.hasPrefix("*") || $0 == "?" }
        return either ? byMonth || byWeek : byMonth && byWeek
    }

    private func holds(_ items: [String], _ value: Int, _ low: Int, _ high: Int) -> Bool {
        items.contains { itemHolds($0, value, low, high) }
    }

    private func itemHolds(_ item: String, _ value: Int, _ low: Int, _ high: Int) -> Bool {
        let halves = item.split(separator: "/").map(String.init)
        let step = halves.count == 2 ? Int(halves[1]) ?? 0 : 1
        if halves[0] == "*" || halves[0] == "?" { return (value - low) % step == 0 }
        let ends = halves[0].split(separator: "-").map { number(String($0)) }
        if ends.count == 1 {
            return halves.count == 1 ? value == ends[0] : value >= ends[0] && (value - ends[0]) % step == 0
        }
        let size = high - low + 1
        let distance = (value - ends[0] + size) % size
        return distance <= (ends[1] - ends[0] + size) % size && distance % step == 0
    }

    private func number(_ text: String) -> Int {
        let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        if let index = months.firstIndex(of: text) { return index + 1 }
        if let index = weekdays.firstIndex(of: text) { return index + (isCrontab ? 0 : 1) }
        return Int(text) ?? -1
    }

    private func monthDayHolds(_ item: String, _ day: Day) -> Bool {
        guard item.contains("L") || item.contains("W") else { return itemHolds(item, day.day, 1, 31) }
        let isWeekday = item.hasSuffix("W")
        let bare = isWeekday ? String(item.dropLast()) : item
        let back = bare.split(separator: "-").dropFirst().first.flatMap { Int($0) } ?? 0
        let meant = bare.hasPrefix("L") ? day.monthLength - back : Int(bare) ?? -1
        guard (1...day.monthLength).contains(meant) else { return false }
        guard isWeekday else { return day.day == meant }
        // The nearest Monday to Friday, the earlier of two.
        let nearest = (1...day.monthLength).filter {
            (1...5).contains(((day.weekday + $0 - day.day) % 7 + 7) % 7)
        }
        .min { (abs($0 - meant), $0) < (abs($1 - meant), $1) }
        return day.day == nearest
    }

    private func weekdayHolds(_ item: String, _ day: Day) -> Bool {
        let numbers = isCrontab ? (day.weekday == 0 ? [0, 7] : [day.weekday]) : [day.weekday + 1]
        if item == "L" { return day.weekday == 6 }
        if item.hasSuffix("L") {
            return numbers.contains(number(String(item.dropLast()))) && day.day + 7 > day.monthLength
        }
        if item.contains("#") {
            let parts = item.split(separator: "#").map(String.init)
            return numbers.contains(number(parts[0])) && (day.day + 6) / 7 == Int(parts[1])
        }
        return numbers.contains { itemHolds(item, $0, isCrontab ? 0 : 1, 7) }
    }
}
