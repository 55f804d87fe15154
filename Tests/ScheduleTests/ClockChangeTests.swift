import Testing

@testable import Schedule

/// The rule of cron(8): a job that names its hours runs once for each time it names; a job whose hour is a wildcard
/// runs by real time.
@Suite("Jobs while clocks are changed")
struct ClockChangeTests {
    @Test("a skipped hour: a job that names it runs once, at the moment after the gap")
    func gap() throws {
        // 29 March 2026, 02:00 becomes 03:00.
        let berlin = try sampleZone("Europe/Berlin")
        let from = "2026-03-28T12:00:00Z"
        #expect(
            try localRuns("30 2 * * *", after: from, in: berlin, count: 2)
                == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"])
        // Many times in the gap are one run; what is named for 03:00 itself falls together with it.
        #expect(
            try localRuns("*/10 2 * * *", after: from, in: berlin, count: 2)
                == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"])
        #expect(
            try localRuns("0 2,3 * * *", after: from, in: berlin, count: 2)
                == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"])
        #expect(
            try localRuns("0 30 2 29 3 ? 2026", after: from, in: berlin, count: 2) == [
                "2026-03-29T03:00:00+02:00"
            ])
    }

    @Test("a skipped hour: wildcards go on by real time")
    func gapWild() throws {
        let berlin = try sampleZone("Europe/Berlin")
        #expect(
            try localRuns("15 * * * *", after: "2026-03-29T00:00:00Z", in: berlin, count: 3)
                == ["2026-03-29T01:15:00+01:00", "2026-03-29T03:15:00+02:00", "2026-03-29T04:15:00+02:00"])
        #expect(
            try localRuns("0 */30 * * * ?", after: "2026-03-29T00:00:00Z", in: berlin, count: 3)
                == ["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"])
    }

    @Test("an hour that comes twice: a job that names it runs in the first")
    func overlap() throws {
        // 25 October 2026, 03:00 becomes 02:00.
        let berlin = try sampleZone("Europe/Berlin")
        let from = "2026-10-24T12:00:00Z"
        #expect(
            try localRuns("30 2 * * *", after: from, in: berlin, count: 2)
                == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"])
        #expect(
            try localRuns("*/30 2 * * *", after: from, in: berlin, count: 3)
                == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:00:00+01:00"])
        #expect(
            try localRuns("0 3 * * *", after: from, in: berlin, count: 2)
                == ["2026-10-25T03:00:00+01:00", "2026-10-26T03:00:00+01:00"])
        // Asked in the middle of the second pass.
        #expect(
            try localRuns("30 2 * * *", after: "2026-10-25T01:10:00Z", in: berlin, count: 1)
                == ["2026-10-26T02:30:00+01:00"])
    }

    @Test("an hour that comes twice: wildcards run in both")
    func overlapWild() throws {
        let berlin = try sampleZone("Europe/Berlin")
        #expect(
            try localRuns("30 * * * *", after: "2026-10-25T00:00:00Z", in: berlin, count: 3)
                == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"])
    }

    @Test("New York")
    func newYork() throws {
        // 8 March 2026, 02:00 becomes 03:00; 1 November 2026, 02:00 becomes 01:00.
        let newYork = try sampleZone("America/New_York")
        #expect(
            try localRuns("0 15 2 ? * *", after: "2026-03-08T05:00:00Z", in: newYork, count: 2)
                == ["2026-03-08T03:00:00-04:00", "2026-03-09T02:15:00-04:00"])
        #expect(
            try localRuns("0 15 1 ? * *", after: "2026-11-01T04:00:00Z", in: newYork, count: 2)
                == ["2026-11-01T01:15:00-04:00", "2026-11-02T01:15:00-05:00"])
        #expect(
            try localRuns("0 0/15 * ? * *", after: "2026-11-01T05:30:00Z", in: newYork, count: 4)
                == [
                    "2026-11-01T01:45:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T01:15:00-05:00",
                    "2026-11-01T01:30:00-05:00",
                ])
    }

    @Test("midnight itself may be skipped: Havana")
    func havana() throws {
        // 8 March 2026, 00:00 becomes 01:00; 1 November 2026, 01:00 becomes 00:00.
        let havana = try sampleZone("America/Havana")
        #expect(
            try localRuns("@daily", after: "2026-03-07T12:00:00Z", in: havana, count: 2)
                == ["2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00"])
        #expect(
            try localRuns("@daily", after: "2026-10-31T12:00:00Z", in: havana, count: 2)
                == ["2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"])
    }

    @Test("half an hour: Lord Howe")
    func lordHowe() throws {
        // 4 October 2026, 02:00 becomes 02:30; 5 April 2026, 02:00 becomes 01:30.
        let lordHowe = try sampleZone("Australia/Lord_Howe")
        #expect(
            try localRuns("15 2 * * *", after: "2026-10-03T12:00:00Z", in: lordHowe, count: 2)
                == ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"])
        #expect(
            try localRuns("45 1 * * *", after: "2026-04-04T12:00:00Z", in: lordHowe, count: 2)
                == ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"])
        #expect(
            try localRuns("45 * * * *", after: "2026-04-04T14:00:00Z", in: lordHowe, count: 3)
                == ["2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30", "2026-04-05T02:45:00+10:30"])
    }

    @Test("a whole day: Apia had no 30 December 2011")
    func apia() throws {
        let apia = try sampleZone("Pacific/Apia")
        #expect(
            try localRuns("0 9 * * *", after: "2011-12-29T12:00:00Z", in: apia, count: 4)
                == [
                    "2011-12-29T09:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00",
                    "2012-01-01T09:00:00+14:00",
                ])
        #expect(
            try localRuns("0 */12 * * *", after: "2011-12-29T12:00:00Z", in: apia, count: 2)
                == ["2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00"])
    }

    @Test("Ramadan: Casablanca puts its clocks back for a month each year")
    func casablanca() throws {
        // 15 February 2026, 03:00 becomes 02:00; 22 March 2026, 02:00 becomes 03:00.
        let casablanca = try sampleZone("Africa/Casablanca")
        #expect(
            try localRuns("30 2 * * *", after: "2026-02-14T12:00:00Z", in: casablanca, count: 2)
                == ["2026-02-15T02:30:00+01:00", "2026-02-16T02:30:00+00:00"])
        #expect(
            try localRuns("30 2 * * *", after: "2026-03-21T12:00:00Z", in: casablanca, count: 2)
                == ["2026-03-22T03:00:00+01:00", "2026-03-23T02:30:00+01:00"])
    }

    @Test("beyond the table of the file its rule holds")
    func farAway() throws {
        // 25 March 2198 and 28 October 2198 are last Sundays.
        let berlin = try sampleZone("Europe/Berlin")
        #expect(
            try localRuns("30 2 * * *", after: "2198-03-24T12:00:00Z", in: berlin, count: 1)
                == ["2198-03-25T03:00:00+02:00"])
        #expect(
            try localRuns("30 2 * * *", after: "2198-10-27T12:00:00Z", in: berlin, count: 2)
                == ["2198-10-28T02:30:00+02:00", "2198-10-29T02:30:00+01:00"])
    }
}
