import Testing

@testable import Schedule

@Suite("Which times a cron expression names")
struct CronCalendarTests {
    @Test(
        "the examples of crontab(5)",
        arguments: [
            ("5 0 * * *", "2026-11-21T00:05:00Z", "2026-11-22T00:05:00Z"),
            ("15 14 1 * *", "2026-12-01T14:15:00Z", "2027-01-01T14:15:00Z"),
            ("0 22 * * 1-5", "2026-11-23T22:00:00Z", "2026-11-24T22:00:00Z"),
            ("23 0-23/2 * * *", "2026-11-21T00:23:00Z", "2026-11-21T02:23:00Z"),
            ("5 4 * * sun", "2026-11-22T04:05:00Z", "2026-11-29T04:05:00Z"),
            // The 1st and 15th of each month, plus every Friday: either will do.
            ("30 4 1,15 * 5", "2026-11-27T04:30:00Z", "2026-12-01T04:30:00Z"),
            // "if you want to say every two hours, just use */2"
            ("0 */2 * * *", "2026-11-21T02:00:00Z", "2026-11-21T04:00:00Z"),
        ])
    func crontab(text: String, first: String, second: String) throws {
        // A Saturday.
        #expect(try runs(text, after: "2026-11-21T00:00:00Z", count: 2) == [first, second])
    }

    @Test(
        "the examples of Quartz's tutorial",
        arguments: [
            ("0 0 12 * * ?", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("0 15 10 ? * *", "2026-11-21T10:15:00Z", "2026-11-22T10:15:00Z"),
            ("0 15 10 * * ?", "2026-11-21T10:15:00Z", "2026-11-22T10:15:00Z"),
            ("0 15 10 * * ? *", "2026-11-21T10:15:00Z", "2026-11-22T10:15:00Z"),
            ("0 15 10 * * ? 2005", "never", ""),
            ("0 * 14 * * ?", "2026-11-21T14:00:00Z", "2026-11-21T14:01:00Z"),
            ("0 0/5 14 * * ?", "2026-11-21T14:00:00Z", "2026-11-21T14:05:00Z"),
            ("0 0/5 14,18 * * ?", "2026-11-21T14:00:00Z", "2026-11-21T14:05:00Z"),
            ("0 0-5 14 * * ?", "2026-11-21T14:00:00Z", "2026-11-21T14:01:00Z"),
            ("0 10,44 14 ? 3 WED", "2027-03-03T14:10:00Z", "2027-03-03T14:44:00Z"),
            ("0 15 10 ? * MON-FRI", "2026-11-23T10:15:00Z", "2026-11-24T10:15:00Z"),
            ("0 15 10 15 * ?", "2026-12-15T10:15:00Z", "2027-01-15T10:15:00Z"),
            ("0 15 10 L * ?", "2026-11-30T10:15:00Z", "2026-12-31T10:15:00Z"),
            ("0 15 10 L-2 * ?", "2026-11-28T10:15:00Z", "2026-12-29T10:15:00Z"),
            ("0 15 10 ? * 6L", "2026-11-27T10:15:00Z", "2026-12-25T10:15:00Z"),
            ("0 15 10 ? * 6L 2002-2005", "never", ""),
            ("0 15 10 ? * 6#3", "2026-12-18T10:15:00Z", "2027-01-15T10:15:00Z"),
            ("0 0 12 1/5 * ?", "2026-11-21T12:00:00Z", "2026-11-26T12:00:00Z"),
            ("0 11 11 11 11 ?", "2027-11-11T11:11:00Z", "2028-11-11T11:11:00Z"),
            // From the text of the tutorial and the class's documentation.
            ("0/15 * * * * ?", "2026-11-21T00:00:15Z", "2026-11-21T00:00:30Z"),
            ("5/15 * * * * ?", "2026-11-21T00:00:05Z", "2026-11-21T00:00:20Z"),
            ("0 0 0 1 7/6 ?", "2027-07-01T00:00:00Z", "2028-07-01T00:00:00Z"),
            ("0 0 0 ? * L", "2026-11-28T00:00:00Z", "2026-12-05T00:00:00Z"),
            ("0 0 0 ? * 2#1", "2026-12-07T00:00:00Z", "2027-01-04T00:00:00Z"),
            ("0 0 0 ? * 4#5", "2026-12-30T00:00:00Z", "2027-03-31T00:00:00Z"),
            ("0 0 22-2 * * ?", "2026-11-21T01:00:00Z", "2026-11-21T02:00:00Z"),
            ("0 0 0 1 NOV-FEB ?", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 14-6 ? * FRI-MON", "2026-11-21T01:00:00Z", "2026-11-21T02:00:00Z"),
            (
                "0/5 14,18,3-39,52 * ? JAN,MAR,SEP MON-FRI 2002-2040", "2027-01-01T00:03:00Z",
                "2027-01-01T00:03:05Z"
            ),
        ])
    func quartz(text: String, first: String, second: String) throws {
        let expected = first == "never" ? [] : [first, second]
        #expect(try runs(text, after: "2026-11-21T00:00:00Z", count: 2) == expected)
    }

    @Test("the weekday nearest to a day, never in another month")
    func nearestWeekday() throws {
        // 15 August 2026 is a Saturday, 15 November 2026 a Sunday, 15 December 2026 a Tuesday.
        #expect(
            try runs("0 0 0 15W * ?", after: "2026-08-01T00:00:00Z", count: 1) == ["2026-08-14T00:00:00Z"])
        #expect(
            try runs("0 0 0 15W * ?", after: "2026-11-01T00:00:00Z", count: 1) == ["2026-11-16T00:00:00Z"])
        #expect(
            try runs("0 0 0 15W * ?", after: "2026-12-01T00:00:00Z", count: 1) == ["2026-12-15T00:00:00Z"])
        // 1 August 2026 is a Saturday, 31 May 2026 a Sunday, 31 October 2026 a Saturday.
        #expect(try runs("0 0 0 1W 8 ?", after: "2026-07-01T00:00:00Z", count: 1) == ["2026-08-03T00:00:00Z"])
        #expect(
            try runs("0 0 0 31W 5 ?", after: "2026-05-01T00:00:00Z", count: 1) == ["2026-05-29T00:00:00Z"])
        #expect(try runs("0 0 0 LW 5 ?", after: "2026-05-01T00:00:00Z", count: 1) == ["2026-05-29T00:00:00Z"])
        #expect(
            try runs("0 0 0 LW 10 ?", after: "2026-10-01T00:00:00Z", count: 1) == ["2026-10-30T00:00:00Z"])
        // No 31st in June.
        #expect(
            try runs("0 0 0 31W 6,7 ?", after: "2026-06-01T00:00:00Z", count: 1) == ["2026-07-31T00:00:00Z"])
    }

    @Test("days before the last one")
    func beforeLast() throws {
        #expect(
            try runs("0 0 0 L-3 * ?", after: "2028-02-01T00:00:00Z", count: 1) == ["2028-02-26T00:00:00Z"])
        // Only months with 31 days have a day 30 days before their last.
        #expect(
            try runs("0 0 0 L-30 * ?", after: "2027-01-02T00:00:00Z")
                == ["2027-03-01T00:00:00Z", "2027-05-01T00:00:00Z", "2027-07-01T00:00:00Z"])
        // February has no such day, on a weekday or not.
        #expect(
            try runs("0 0 9 L-28W * ?", after: "2027-02-01T00:00:00Z", count: 1) == ["2027-03-03T09:00:00Z"])
        // L-3 in August 2026 is Friday 28; L-2 is Saturday 29.
        #expect(
            try runs("0 0 0 L-2W * ?", after: "2026-08-01T00:00:00Z", count: 1) == ["2026-08-28T00:00:00Z"])
    }

    @Test("the days of the week: crontab(5) counts from 0, Quartz from 1")
    func numbering() throws {
        let friday = ["2026-11-27T00:00:00Z"]
        let sunday = ["2026-11-22T00:00:00Z"]
        let from = "2026-11-21T00:00:00Z"
        #expect(try runs("0 0 * * 5", after: from, count: 1) == friday)
        #expect(try runs("0 0 0 ? * 6", after: from, count: 1) == friday)
        #expect(try runs("0 0 * * FRI", after: from, count: 1) == friday)
        #expect(try runs("0 0 0 ? * fri", after: from, count: 1) == friday)
        #expect(try runs("0 0 * * 0", after: from, count: 1) == sunday)
        #expect(try runs("0 0 * * 7", after: from, count: 1) == sunday)
        #expect(try runs("0 0 0 ? * 1", after: from, count: 1) == sunday)
        #expect(try runs("0 0 * * 5L", after: from, count: 1) == friday)
        #expect(try runs("0 0 * * 5#4", after: from, count: 1) == friday)
        #expect(try runs("0 0 0 ? * FRIL", after: from, count: 1) == friday)
        #expect(try runs("0 0 0 ? * FRI#4", after: from, count: 1) == friday)
        #expect(
            try runs("0 0 * * 6-7", after: from, count: 2) == [
                "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z",
            ])
        #expect(
            try runs("0 0 * * SAT-SUN", after: from, count: 2) == [
                "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z",
            ])
        #expect(
            try runs("0 0 * * SUN-TUE", after: from, count: 2) == [
                "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z",
            ])
    }

    @Test("crontab(5): either day, if both are restricted; both, if one begins with an asterisk")
    func eitherOrBoth() throws {
        let from = "2026-11-01T00:00:00Z"
        #expect(
            try runs("0 0 13 * 5", after: from)
                == ["2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"])
        // Odd days that are Fridays.
        #expect(
            try runs("0 0 */2 * 5", after: from)
                == ["2026-11-13T00:00:00Z", "2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z"])
        #expect(try runs("0 0 13 * *", after: from, count: 1) == ["2026-11-13T00:00:00Z"])
        #expect(try runs("0 0 13 * ?", after: from, count: 1) == ["2026-11-13T00:00:00Z"])
        // Six columns with * in both, or in the one that is not meant.
        #expect(try runs("0 */5 * * * *", after: from, count: 1) == ["2026-11-01T00:05:00Z"])
        #expect(try runs("0 0 0 * * FRI", after: from, count: 1) == ["2026-11-06T00:00:00Z"])
    }

    @Test(
        "names for whole expressions",
        arguments: [
            ("@yearly", "2027-01-01T00:00:00Z"), ("@annually", "2027-01-01T00:00:00Z"),
            ("@monthly", "2026-12-01T00:00:00Z"), ("@weekly", "2026-11-22T00:00:00Z"),
            ("@daily", "2026-11-22T00:00:00Z"), ("@Midnight", "2026-11-22T00:00:00Z"),
            ("@hourly", "2026-11-21T01:00:00Z"),
        ])
    func nicknames(text: String, first: String) throws {
        #expect(try runs(text, after: "2026-11-21T00:00:00Z", count: 1) == [first])
    }

    @Test("what never comes is said to never come")
    func never() throws {
        for text in [
            "0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 0 31W 4 ?", "* * * L-30 2 ?", "0 0 0 ? 2 6#5 2100-2103",
        ] {
            let expression = try CronExpression(text)
            #expect(expression.next(after: 0, in: .utc) == nil)
            #expect(expression.next(after: 0, in: try sampleZone("Europe/Berlin")) == nil)
        }
    }

    @Test("what comes rarely is found")
    func rarely() throws {
        // 29 February on a Sunday: 2032, 2060, 2088, then not before 2128, since 2100 is no leap year.
        #expect(
            try runs("0 0 0 ? 2 1#5", after: "2033-01-01T00:00:00Z", count: 3)
                == ["2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z"])
        #expect(try runs("59 59 23 31 12 ? 2199", after: "1970-01-01T00:00:00Z") == ["2199-12-31T23:59:59Z"])
        #expect(try runs("59 59 23 31 12 ?", after: "2399-12-31T23:59:58Z") == ["2399-12-31T23:59:59Z"])
        #expect(try runs("* * * * * ?", after: "2399-12-31T23:59:59Z") == [])
    }

    @Test("the calendar ends with 2399 in UTC, whatever the clock shows", arguments: [-18, -5, 0, 14, 18])
    func end(hours: Int) throws {
        let zone = Zone(name: "t", base: hours * 3600)
        for text in ["0 */30 * * * ?", "0 0,30 0-12,13-22,23 * * ?", "0 0 22 * * ?"] {
            let expression = try CronExpression(text)
            var moment = CivilDate.end - 200_000
            while let next = expression.next(after: moment, in: zone) {
                #expect(next > moment)
                moment = next
            }
            #expect(moment < CivilDate.end)
        }
    }

    @Test("moments far outside the calendar")
    func outside() throws {
        let expression = try CronExpression("* * * * * ?")
        #expect(expression.next(after: .min, in: .utc) == 0)
        #expect(expression.next(after: -1, in: .utc) == 0)
        #expect(expression.next(after: .max, in: .utc) == nil)
    }
}
