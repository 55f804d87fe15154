/// Makes cron expressions by chance.
struct CronMaker {
    var generator: Seeded

    init(seed: UInt64) { generator = Seeded(seed) }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    /// `second` where there is a column for it; half of the others name their hours.
    mutating func expression(fields: Int, second: String? = nil) -> String {
        let isCrontab = fields == 5
        var columns = [
            column(0, 59, wild: 2, wraps: !isCrontab), column(0, 23, wild: 3, wraps: !isCrontab),
            monthDay(isCrontab), below(3) > 0 ? "*" : months(isCrontab), weekday(isCrontab),
        ]
        if !isCrontab {
            // One of the two day columns has to be free.
            let free = below(2) == 0 ? 2 : 4
            columns[free] = below(2) == 0 ? "?" : "*"
            columns.insert(second ?? column(0, 59, wild: 3, wraps: true), at: 0)
        }
        if fields == 7 { columns.append(["*", "2026-2028", "2011/5", "2026", "2010-2027/2"][below(5)]) }
        return columns.joined(separator: " ")
    }

    private mutating func column(_ low: Int, _ high: Int, wild: Int, wraps: Bool) -> String {
        if below(wild + 2) == 0 { return "*" }
        return (0...below(3)).map { _ in item(low, high, wraps) }.joined(separator: ",")
    }

    private mutating func item(_ low: Int, _ high: Int, _ wraps: Bool) -> String {
        let size = high - low + 1
        let (first, second) = (low + below(size), low + below(size))
        let step = 1 + below(high - low)
        let range = wraps ? "\(first)-\(second)" : "\(min(first, second))-\(max(first, second))"
        switch below(7) {
        case 0: return "*/\(step)"
        case 1: return range
        case 2: return "\(range)/\(step)"
        case 3 where wraps: return "\(first)/\(step)"
        default: return "\(first)"
        }
    }

    private mutating func months(_ isCrontab: Bool) -> String {
        switch below(4) {
        case 0: isCrontab ? "MAR-OCT" : "OCT-MAR"
        case 1: "3,4,10,NOV"
        default: column(1, 12, wild: 3, wraps: !isCrontab)
        }
    }

    private mutating func monthDay(_ isCrontab: Bool) -> String {
        switch below(6) {
        case 0: "*"
        case 1: ["L", "LW", "L-\(below(31))", "L-\(below(31))W"][below(4)]
        case 2: "\(1 + below(31))W"
        case 3: "\(1 + below(31)),L,\(1 + below(31))W"
        default: column(1, 31, wild: 3, wraps: !isCrontab)
        }
    }

    private mutating func weekday(_ isCrontab: Bool) -> String {
        let low = isCrontab ? 0 : 1
        let day = low + below(7)
        switch below(6) {
        case 0, 1: return "*"
        case 2: return "\(day)#\(1 + below(5))"
        case 3: return "\(day)L"
        case 4: return isCrontab ? "MON-FRI" : "FRI-MON"
        default: return column(low, 7, wild: 3, wraps: !isCrontab)
        }
    }
}
