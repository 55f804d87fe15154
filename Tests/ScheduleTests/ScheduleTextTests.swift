import Testing

@testable import Schedule

@Suite("The text of a schedule")
struct ScheduleTextTests {
    @Test(
        "read and printed back",
        arguments: [
            ("0 */5 * * * *", "0 */5 * * * *"),
            ("every 5s", "every 5s"), ("EVERY 1.5s", "every 1500ms"), ("every 0.25h", "every 15m"),
            ("every 120m", "every 2h"),
            ("every 7d", "every 1w"), ("every 36h", "every 36h"),
            ("at 2026-12-01T08:00:00Z", "at 2026-12-01T08:00:00Z"),
            ("at 2026-12-01t09:00:00.5+01:00", "at 2026-12-01T08:00:00.500Z"),
            ("At 2026-12-01T08:00 zone=Europe/Berlin", "at 2026-12-01T08:00:00 zone=Europe/Berlin"),
            ("every 316223999999ms", "every 316223999999ms"), ("in 6322926.5s", "in 6322926500ms"),
            ("in 10m", "in 10m"), ("in 0s", "in 0s"),
            (" @Daily  zone=UTC ", "@daily"), ("mon", "error"),
            (
                "misfire=skip", "error"
            ),
            (
                "*/5 9-17 * * mon-fri misfire=ONCE until=2027-01-01T00:00 repeat=100 from=2026-12-01T00:00 zone=America/New_York",
                "*/5 9-17 * * MON-FRI zone=America/New_York from=2026-12-01T00:00:00 repeat=100 until=2027-01-01T00:00:00 misfire=once"
            ),
            ("every 5s FROM=+10s Repeat=3", "every 5s from=+10s repeat=3"),
        ])
    func roundTrip(text: String, expected: String) throws {
        guard expected != "error" else {
            #expect(throws: ScheduleError.self) { try ScheduleSpec(text) }
            return
        }
        let spec = try ScheduleSpec(text)
        #expect(spec.description == expected)
        #expect(try ScheduleSpec(spec.description) == spec)
    }

    @Test(
        "an error names the part, quotes it and says what is allowed",
        arguments: [
            ("", "schedule '': a cron expression, every, at or in must come first"),
            ("zone=UTC", "schedule 'zone=UTC': a cron expression, every, at or in must come first"),
            ("every", "schedule 'every': one value is needed after 'every'"),
            ("every 5s 6s", "schedule 'every 5s 6s': one value is needed after 'every'"),
            ("every 5", "every '5': a number and a unit (ms, s, m, h, d, w) is needed, like 5s"),
            ("every -5s", "every '-5s': a number and a unit (ms, s, m, h, d, w) is needed, like 5s"),
            ("every 5 s", "schedule 'every 5 s': one value is needed after 'every'"),
            ("every 0.0005s", "every '0.0005s': a number and a unit (ms, s, m, h, d, w) is needed, like 5s"),
            ("every 0s", "every '0s': 1ms to 3660d is allowed"),
            ("every 99999w", "every '99999w': 1ms to 3660d is allowed"),
            ("every 316224000001ms", "every '316224000001ms': 1ms to 3660d is allowed"),
            ("every 999999999999999999w", "every '999999999999999999w': 1ms to 3660d is allowed"),
            (
                "every 999999999999999999999s",
                "every '999999999999999999999s': a number and a unit (ms, s, m, h, d, w) is needed, like 5s"
            ),
            (
                "at tomorrow",
                "at 'tomorrow': a time from 1970 to 2399 like 2026-12-01T08:00:00Z, 2026-12-01T09:00+01:00 or 2026-12-01T09:00 is needed"
            ),
            (
                "every 5s zone=Mars/Phobos/..",
                "zone 'Mars/Phobos/..': UTC, an offset from -18:00 to +18:00, or a name like Europe/Berlin is allowed"
            ),
            (
                "every 5s zone=",
                "zone '': UTC, an offset from -18:00 to +18:00, or a name like Europe/Berlin is allowed"
            ),
            ("every 5s repeat=-1", "repeat '-1': 0-1000000000 is allowed: that many runs after the first"),
            ("every 5s repeat=", "repeat '': 0-1000000000 is allowed: that many runs after the first"),
            (
                "every 5s repeat=1000000001",
                "repeat '1000000001': 0-1000000000 is allowed: that many runs after the first"
            ),
            ("@daily repeat=10001", "repeat '10001': 0-10000 is allowed: that many runs after the first"),
            ("every 5s repeat=1 repeat=2", "repeat '2': given twice"),
            ("every 5s zone=UTC zone=+02:00", "zone '+02:00': given twice"),
            ("every 5s misfire=skip Misfire=skip", "misfire 'skip': given twice"),
            ("every 5s misfire=maybe", "misfire 'maybe': skip, once or all is allowed"),
            ("every 5s mis=fire", "schedule 'mis': zone=, from=, repeat=, until= and misfire= are allowed"),
            (
                "every 5s zone=UTC 7",
                "schedule '7': only zone=, from=, repeat=, until= and misfire= may follow an option"
            ),
            (
                "in 5s repeat=2",
                "schedule 'in 5s repeat=2': from=, repeat= and until= need every or a cron expression"
            ),
            (
                "at 2026-12-01T08:00:00Z until=2026-12-02T08:00:00Z",
                "schedule 'at 2026-12-01T08:00:00Z until=2026-12-02T08:00:00Z': from=, repeat= and until= need every or a cron expression"
            ),
            ("61 * * * * zone=UTC", "minute '61': 0-59 is allowed"),
        ])
    func errors(text: String, expected: String) {
        #expect(complaint { try ScheduleSpec(text) } == expected)
    }

    @Test(
        "times that are none",
        arguments: [
            "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T23:60:00Z", "2016-12-31T23:59:60Z", "2026-01-01", "2026-01-01 00:00:00Z",
            "2026-1-1T00:00:00Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.0001Z", "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00+19:00",
            "2026-01-01T00:00:00X", "1969-12-31T23:59:59Z", "2400-01-01T00:00:00Z",
            "1970-01-01T00:00:00+01:00",
            "2399-12-31T23:59:59-01:00", "-001-01-01T00:00:00Z", "+026-01-01T00:00:00Z", "", "T",
            "२०२६-01-01T00:00:00Z",
        ])
    func noTime(text: String) {
        #expect(throws: ScheduleError.self) { try ScheduleTime(text, for: "at") }
    }

    /// An answer or an error, never a trap; what was read prints, reads again, and can be asked.
    @Test("texts made by chance, ten thousand times", arguments: 0..<5 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        let pieces = [
            "*", "?", "L", "W", "#", "/", "-", ",", "@", "=", "+", ":", ".", "T", "Z", " ", " ", " ", "\t",
            "\0", "\n", "\u{301}", "\u{1f600}",
            "0", "1", "5", "12", "31", "59", "60", "1970", "2199", "99999999999999999999", "-1", "*/5", "1-5",
            "22-2", "LW", "L-3", "15W",
            "6L", "6#3", "MON", "jan-DEC", "every", "at", "in", "5s", "1.5h", "ms", "zone=", "from=",
            "repeat=", "until=", "misfire=", "UTC",
            "Europe/Berlin", "../", "skip", "2026-12-01T08:00:00", "@daily", "* * * *", "0 0 12 * * ?",
            "+10s",
        ]
        let starts = [
            "every 5s", "@daily", "0 0 12 L * ?", "at 2026-12-01T08:00", "in 5m", "*/5 2 * * 1-5", "every 5",
        ]
        let options = [
            "zone=UTC", "zone=Europe/Berlin", "zone=+05:45", "from=+1h", "from=2026-12-01T08:00:00Z",
            "repeat=5", "repeat=x",
            "until=2027-01-01T00:00", "misfire=all", "until=", "7",
        ]
        let berlin = try sampleZone("Europe/Berlin")
        var generator = Seeded(seed)
        var read = 0
        for _ in 0..<2500 {
            // Half of them begin soundly, so that the deeper parts are reached.
            let glue = Int.random(in: 0...2, using: &generator) == 0 ? "" : " "
            var text = (0..<Int.random(in: 0...9, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined(separator: glue)
            if Bool.random(using: &generator) {
                text = (0..<Int.random(in: 1...4, using: &generator))
                    .reduce(starts.randomElement(using: &generator) ?? "") { text, _ in
                        text + " " + (options.randomElement(using: &generator) ?? "")
                    }
            }
            _ = try? CronExpression(text)
            _ = try? ZoneName(text)
            _ = Occurrence(id: text)
            guard let spec = try? ScheduleSpec(text) else { continue }
            read += 1
            #expect(try ScheduleSpec(spec.description) == spec)
            guard let schedule = try? Schedule(spec.started(at: 1_800_000_000_000), zone: berlin) else {
                continue
            }
            if let next = schedule.next(after: 1_800_000_000_000) { #expect(next.moment > 1_800_000_000_000) }
        }
        #expect(read > 200)
    }

    /// Most of these are sound: the way from text to moments is walked with every kind of column.
    @Test("expressions with one character changed, ten thousand times", arguments: 0..<4 as Range<UInt64>)
    func nearMisses(seed: UInt64) throws {
        var maker = CronMaker(seed: seed)
        var read = 0
        for round in 0..<2500 {
            var bytes = Array(maker.expression(fields: 5 + round % 3).utf8)
            let place = maker.below(bytes.count)
            if maker.below(2) == 0 {
                bytes[place] = Array("0123456789*?LW#/-,ABCFJMNORSTU ".utf8)[maker.below(31)]
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let expression = try? CronExpression(text) else { continue }
            read += 1
            #expect(try CronExpression(expression.description) == expression)
            if let next = expression.next(after: 1_800_000_000, in: .utc) { #expect(next > 1_800_000_000) }
        }
        #expect(read > 1000)
    }
}
