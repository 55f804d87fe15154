import Testing

@testable import Schedule

@Suite("Schedules")
struct MomentTests {
    @Test("every: multiples of the interval since 1970, whoever asks and whenever")
    func every() throws {
        #expect(
            try occurrences(schedule("every 5s"), after: "2026-12-01T08:00:02.500Z", most: 3)
                == ["2026-12-01T08:00:05Z", "2026-12-01T08:00:10Z", "2026-12-01T08:00:15Z"])
        #expect(
            try occurrences(schedule("every 5s"), after: "2026-12-01T08:00:05Z", most: 1) == [
                "2026-12-01T08:00:10Z"
            ])
        #expect(
            try occurrences(schedule("every 250ms"), after: "2026-12-01T08:00:00Z", most: 2)
                == ["2026-12-01T08:00:00.250Z", "2026-12-01T08:00:00.500Z"])
    }

    @Test("every, from a moment: that moment first")
    func everyFrom() throws {
        let schedule = try schedule("every 7h from=2026-12-01T08:00:00Z")
        #expect(
            try occurrences(schedule, after: "2020-01-01T00:00:00Z", most: 2)
                == ["2026-12-01T08:00:00Z", "2026-12-01T15:00:00Z"])
        #expect(try occurrences(schedule, after: "2026-12-01T08:00:00Z", most: 1) == ["2026-12-01T15:00:00Z"])
        #expect(
            try occurrences(schedule, after: "2026-12-01T07:59:59.999Z", most: 1) == ["2026-12-01T08:00:00Z"])
    }

    @Test("every is real time while clocks are changed")
    func everyRealTime() throws {
        let schedule = try schedule(
            "every 1d zone=Europe/Berlin from=2026-10-24T09:00", zone: sampleZone("Europe/Berlin"))
        #expect(
            try occurrences(schedule, after: "2026-10-24T00:00:00Z", most: 2)
                == ["2026-10-24T07:00:00Z", "2026-10-25T07:00:00Z"])
    }

    @Test(
        "at: once; in a zone, a skipped time is the moment after the gap and one that comes twice is the first"
    )
    func at() throws {
        #expect(
            try occurrences(schedule("at 2026-12-01T08:00:00Z"), after: "2026-01-01T00:00:00Z") == [
                "2026-12-01T08:00:00Z"
            ])
        #expect(try occurrences(schedule("at 2026-12-01T08:00:00Z"), after: "2026-12-01T08:00:00Z") == [])
        for (text, expected) in [
            ("at 2026-12-01T08:00 zone=Europe/Berlin", "2026-12-01T07:00:00Z"),
            ("at 2026-03-29T02:30 zone=Europe/Berlin", "2026-03-29T01:00:00Z"),
            ("at 2026-10-25T02:30 zone=Europe/Berlin", "2026-10-25T00:30:00Z"),
            ("at 2026-12-01T08:00+02:00 zone=Europe/Berlin", "2026-12-01T06:00:00Z"),
            ("at 2026-12-01T08:00 zone=-03:30", "2026-12-01T11:30:00Z"),
        ] {
            #expect(
                try occurrences(
                    schedule(text, zone: sampleZone("Europe/Berlin")), after: "2026-01-01T00:00:00Z")
                    == [expected])
        }
    }

    @Test("in: once, counted from the start")
    func after() throws {
        let schedule = try schedule("in 90s", startedAt: "2026-12-01T08:00:00Z")
        #expect(try occurrences(schedule, after: "2026-12-01T08:00:00Z") == ["2026-12-01T08:01:30Z"])
        #expect(schedule.spec.description == "at 2026-12-01T08:01:30Z")
    }

    @Test("repeat: that many runs after the first, as Quartz and Immutant count")
    func repeats() throws {
        let fixed = try schedule("every 1m from=2026-12-01T08:00:00Z repeat=2")
        #expect(
            try occurrences(fixed, after: "2026-01-01T00:00:00Z")
                == ["2026-12-01T08:00:00Z", "2026-12-01T08:01:00Z", "2026-12-01T08:02:00Z"])
        #expect(try occurrences(fixed, after: "2026-12-01T08:01:30Z") == ["2026-12-01T08:02:00Z"])
        #expect(
            try occurrences(
                schedule("every 1m from=2026-12-01T08:00:00Z repeat=0"), after: "2026-01-01T00:00:00Z"
            ).count == 1)

        let cron = try schedule(
            "@daily from=2026-12-01T08:00:00Z repeat=1 zone=Europe/Berlin", zone: sampleZone("Europe/Berlin"))
        #expect(
            try occurrences(cron, after: "2026-01-01T00:00:00Z") == [
                "2026-12-01T23:00:00Z", "2026-12-02T23:00:00Z",
            ])
    }

    @Test("repeat without from counts from the start, and does not shift the runs")
    func repeatsFromStart() throws {
        let every = try schedule("every 5s repeat=1", startedAt: "2026-12-01T08:00:02Z")
        #expect(
            try occurrences(every, after: "2026-12-01T08:00:01.999Z") == [
                "2026-12-01T08:00:05Z", "2026-12-01T08:00:10Z",
            ])
        let onTime = try schedule("every 5s repeat=1", startedAt: "2026-12-01T08:00:05Z")
        #expect(
            try occurrences(onTime, after: "2026-12-01T08:00:04.999Z") == [
                "2026-12-01T08:00:05Z", "2026-12-01T08:00:10Z",
            ])
        let cron = try schedule("*/10 * * * * * repeat=0", startedAt: "2026-12-01T08:00:02Z")
        #expect(try occurrences(cron, after: "2026-12-01T08:00:01.999Z") == ["2026-12-01T08:00:10Z"])
        let later = try schedule("every 5s from=+1m repeat=1", startedAt: "2026-12-01T08:00:02Z")
        #expect(
            try occurrences(later, after: "2026-12-01T08:00:02Z") == [
                "2026-12-01T08:01:02Z", "2026-12-01T08:01:07Z",
            ])
    }

    @Test("until: nothing after it; a run at that moment still happens")
    func until() throws {
        let every = try schedule("every 1h until=2026-12-01T10:00:00Z")
        #expect(
            try occurrences(every, after: "2026-12-01T08:30:00Z") == [
                "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z",
            ])
        let cron = try schedule("0 * * * * until=2026-12-01T09:59 zone=+01:00")
        #expect(
            try occurrences(cron, after: "2026-12-01T06:30:00Z") == [
                "2026-12-01T07:00:00Z", "2026-12-01T08:00:00Z",
            ])
        #expect(
            try occurrences(schedule("every 1s until=1970-01-01T00:00:00Z"), after: "2026-12-01T06:30:00Z")
                == [])
    }

    @Test("what has not been started cannot be asked; a zone must be there")
    func refused() throws {
        #expect(complaint { try schedule("in 5s") } == "schedule 'in 5s': it has to be started first")
        #expect(
            complaint { try schedule("every 5s repeat=3") }
                == "schedule 'every 5s repeat=3': it has to be started first")
        #expect(
            complaint { try schedule("every 5s from=+3s") }
                == "schedule 'every 5s from=+3s': it has to be started first")
        #expect(
            complaint { try schedule("@daily zone=Europe/Berlin") }
                == "zone 'Europe/Berlin': it is not loaded")
        #expect(
            complaint { try schedule("@daily zone=Europe/Berlin", zone: sampleZone("Pacific/Apia")) }
                == "zone 'Europe/Berlin': it is not loaded")
    }

    @Test("to start what is started changes nothing")
    func startedTwice() throws {
        for text in [
            "every 5s", "@daily", "at 2026-12-01T08:00:00Z", "in 5s", "every 3s repeat=2",
            "@daily from=+1h repeat=5",
        ] {
            let once = try ScheduleSpec(text).started(at: 1_800_000_000_123)
            #expect(once.isStarted)
            #expect(once.started(at: 1_900_000_000_456) == once)
            #expect(try ScheduleSpec(once.description) == once)
        }
    }

    @Test("values no text can say are refused or kept within the calendar")
    func extremes() throws {
        for moment in [Int64.min, -1, 0, .max] {
            #expect(ScheduleSpec(.after(.max)).started(at: moment).isStarted)
            _ = try Schedule(
                ScheduleSpec(.every(1000), start: .delay(.min), repeats: .max, until: .utc(.min)).started(
                    at: moment))
            _ = try Schedule(ScheduleSpec(.at(.local(moment)), zone: .fixed(3600))).next(after: moment)
            let schedule = try schedule("every 5s")
            _ = schedule.next(after: moment)
            _ = schedule.latest(after: moment, until: .max)
            _ = schedule.due(after: .min, at: moment, grace: .max, most: 3)
            _ = schedule.due(after: moment, at: .max, grace: .min, most: 0)
        }
        #expect(throws: ScheduleError.self) { try Schedule(ScheduleSpec(.every(0))) }
        #expect(throws: ScheduleError.self) { try Schedule(ScheduleSpec(.every(.max))) }
    }
}
