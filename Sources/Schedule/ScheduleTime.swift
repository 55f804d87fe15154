/// A date and a time of day as a schedule writes them (RFC 3339): with an offset, or as the clock of its zone shows it.
package enum ScheduleTime: Hashable, Sendable, CustomStringConvertible {
    /// `2026-12-01T08:00:00Z`, `2026-12-01T09:00+01:00`: milliseconds since 1970 UTC.
    case utc(Int64)
    /// `2026-12-01T09:00`: counted the same way, as if the zone were UTC.
    case local(Int64)

    /// Where the calendar ends, in milliseconds.
    static let end = Int64(CivilDate.end) * 1000

    init(_ text: some StringProtocol, for part: String) throws(ScheduleError) {
        guard let time = ScheduleTime(Array(text.utf8)) else {
            throw ScheduleError(
                part, text,
                "a time from 1970 to 2399 like 2026-12-01T08:00:00Z, 2026-12-01T09:00+01:00 or 2026-12-01T09:00 is needed"
            )
        }
        self = time
    }

    private init?(_ bytes: [UInt8]) {
        var text = TextReader(bytes)
        guard let year = text.number(digits: 4...4, CivilDate.firstYear...CivilDate.lastYear), text.skip("-"),
            let month = text.number(digits: 2...2, 1...12), text.skip("-"),
            let day = text.number(digits: 2...2, 1...CivilDate.daysIn(month: month, of: year)),
            text.skip("T") || text.skip("t"),
            let hour = text.number(digits: 2...2, 0...23), text.skip(":"),
            let minute = text.number(digits: 2...2, 0...59)
        else { return nil }
        var second = 0
        var milliseconds = 0
        if text.skip(":") {
            guard let number = text.number(digits: 2...2, 0...59) else { return nil }
            second = number
            if text.skip(".") {
                let behind = text.rest.count
                guard let fraction = text.number(digits: 1...3, 0...999) else { return nil }
                milliseconds = fraction * [1, 100, 10, 1][behind - text.rest.count]
            }
        }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        let seconds = days * CivilDate.secondsPerDay + hour * 3600 + minute * 60 + second
        let shown = Int64(seconds) * 1000 + Int64(milliseconds)

        guard !text.rest.isEmpty else {
            self = .local(shown)
            return
        }
        let suffix = String(decoding: text.rest, as: UTF8.self)
        guard let offset = suffix == "Z" || suffix == "z" ? 0 : ZoneName.offset(suffix) else { return nil }
        let moment = shown - Int64(offset) * 1000
        guard (0..<ScheduleTime.end).contains(moment) else { return nil }
        self = .utc(moment)
    }

    /// Milliseconds since 1970 UTC. A time that the zone's clock skips is the moment after the gap; of one that comes
    /// twice it is the first.
    func moment(in zone: Zone) -> Int64 {
        switch self {
        case .utc(let moment): return Schedule.inCalendar(moment)
        case .local(let shown):
            let shown = Schedule.inCalendar(shown)
            return Int64(zone.firstMoment(showing: Int(shown / 1000))) * 1000 + shown % 1000
        }
    }

    package var description: String {
        switch self {
        case .utc(let moment): ScheduleTime.show(moment) + "Z"
        case .local(let shown): ScheduleTime.show(shown)
        }
    }

    private static func show(_ milliseconds: Int64) -> String {
        let seconds = Int(milliseconds / 1000)
        let date = CivilDate(daysSince1970: seconds / CivilDate.secondsPerDay)
        let fraction = Int(milliseconds % 1000)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(seconds / 3600 % 24, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
            + (fraction == 0 ? "" : ".\(padded(fraction, 3))")
    }
}
