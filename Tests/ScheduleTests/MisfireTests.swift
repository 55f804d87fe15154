import Testing

@testable import Schedule

@Suite("Misfires")
struct MisfireTests {
    private func due(
        _ text: String, after handled: String, at now: String, grace: Int64 = 1000, most: Int = 100
    ) throws -> (
        runs: [String], skipped: Int, hasMore: Bool, handled: String
    ) {
        let due = try schedule(text).due(
            after: milliseconds(handled), at: milliseconds(now), grace: grace, most: most)
        return (
            due.runs.map { "\(ScheduleTime.utc($0.moment))" }, due.skipped, due.hasMore,
            "\(ScheduleTime.utc(due.handled))"
        )
    }

    @Test("skip: what is late does not run")
    func skip() throws {
        #expect(
            try due("@hourly", after: "2026-12-01T08:00:00Z", at: "2026-12-01T11:30:00Z")
                == ([], 3, false, "2026-12-01T11:30:00Z"))
        #expect(
            try due("@hourly", after: "2026-12-01T08:00:00Z", at: "2026-12-01T11:00:00.500Z")
                == (["2026-12-01T11:00:00Z"], 2, false, "2026-12-01T11:00:00.500Z"))
        // Late by just the grace is on time.
        #expect(
            try due("@hourly", after: "2026-12-01T08:00:00Z", at: "2026-12-01T09:00:01Z").runs == [
                "2026-12-01T09:00:00Z"
            ])
        #expect(try due("@hourly", after: "2026-12-01T08:00:00Z", at: "2026-12-01T09:00:01.001Z").runs == [])
    }

    @Test("once: one run makes up for all")
    func once() throws {
        #expect(
            try due("@hourly misfire=once", after: "2026-12-01T08:00:00Z", at: "2026-12-01T11:30:00Z")
                == (["2026-12-01T11:00:00Z"], 2, false, "2026-12-01T11:30:00Z"))
        // One that is on time does.
        #expect(
            try due("@hourly misfire=once", after: "2026-12-01T08:00:00Z", at: "2026-12-01T11:00:00Z")
                == (["2026-12-01T11:00:00Z"], 2, false, "2026-12-01T11:00:00Z"))
        #expect(
            try due("@hourly misfire=once", after: "2026-12-01T08:00:00Z", at: "2026-12-01T08:59:00Z")
                == ([], 0, false, "2026-12-01T08:59:00Z"))
    }

    @Test("once after years of every second: found in few steps")
    func onceFar() throws {
        let (runs, skipped, _, _) = try due(
            "* * * * * * misfire=once", after: "1970-01-01T00:00:00Z", at: "2026-12-01T08:00:00Z", grace: -5)
        #expect(runs == ["2026-12-01T08:00:00Z"])
        #expect(skipped == 100)
    }

    @Test("all: each, the oldest first, so many at a time")
    func all() throws {
        let text = "@hourly misfire=all"
        #expect(
            try due(text, after: "2026-12-01T08:00:00Z", at: "2026-12-01T11:30:00Z", most: 2)
                == (["2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z"], 0, true, "2026-12-01T10:00:00Z"))
        #expect(
            try due(text, after: "2026-12-01T10:00:00Z", at: "2026-12-01T11:30:00Z", most: 2)
                == (["2026-12-01T11:00:00Z"], 0, false, "2026-12-01T11:30:00Z"))
    }

    @Test("a clock that went back, or stands still: nothing is run again")
    func backwards() throws {
        #expect(
            try due("@hourly misfire=all", after: "2026-12-01T10:00:00Z", at: "2026-12-01T09:00:00Z")
                == ([], 0, false, "2026-12-01T10:00:00Z"))
    }

    @Test("whatever is asked piece by piece: every occurrence once", arguments: 0..<20 as Range<UInt64>)
    func pieces(seed: UInt64) throws {
        var maker = CronMaker(seed: seed)
        let text =
            maker.below(3) == 0
            ? "every \(1 + maker.below(900))s" : maker.expression(fields: 5) + " zone=Europe/Berlin"
        let schedule = try schedule(text + " misfire=all", zone: sampleZone("Europe/Berlin"))
        let start = try milliseconds("2026-10-20T00:00:00Z")
        let end = start + 30 * 86_400_000
        let expected = schedule.occurrences(after: start, until: end, most: 1000)
        let last = expected.hasMore ? expected.found.last?.moment ?? end : end

        var now = start
        var handled = start
        var runs: [Occurrence] = []
        while handled < last {
            if now < last { now = min(last, now + Int64(maker.below(86_400_000))) }
            let due = schedule.due(after: handled, at: now, grace: 1000, most: 1 + maker.below(200))
            #expect(due.handled >= handled)
            runs += due.runs
            handled = due.handled
        }
        #expect(runs == expected.found)
        if let latest = schedule.latest(after: start, until: last) { #expect(latest == expected.found.last) }
    }
}
