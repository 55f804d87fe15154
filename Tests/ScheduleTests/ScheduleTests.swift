import Testing

@testable import Schedule

func schedule(_ text: String, zone: Zone? = nil, startedAt: String? = nil) throws -> Schedule {
    var spec = try ScheduleSpec(text)
    if let startedAt { spec = spec.started(at: try milliseconds(startedAt)) }
    return try Schedule(spec, zone: zone)
}

/// The occurrences after a moment, as a clock in UTC shows them.
func occurrences(_ schedule: Schedule, after: String, most: Int = 5) throws -> [String] {
    schedule.occurrences(after: try milliseconds(after), until: .max, most: most).found
        .map { "\(ScheduleTime.utc($0.moment))" }
}

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

@Suite("Occurrences: what nodes claim")
struct OccurrenceTests {
    @Test("the id says the moment and the schedule, and reads back")
    func id() throws {
        let schedule = try schedule("@daily")
        let occurrence = try #require(schedule.next(after: try milliseconds("2026-11-30T08:00:00Z")))
        #expect(occurrence.id.hasPrefix("1796083200000-"))
        #expect(occurrence.id.utf8.count == 13 + 1 + 16)
        #expect(Occurrence(id: occurrence.id) == occurrence)
        for text in [
            "", "-", "1-2", "1796083200000-", "+1-0000000000000000", "01-0000000000000000",
            "1-00000000000000AB", "1-+000000000000001", "99999999999999999999-0000000000000000",
        ] {
            #expect(Occurrence(id: text) == nil)
        }
    }

    /// These numbers are in the claims of clusters that run: they must not change from release to release.
    @Test("fingerprints stay what they are")
    func pinned() throws {
        #expect(try schedule("@daily").fingerprint == 0xd2f2_c66c_cf7d_af8d)
        #expect(try schedule("every 5s").fingerprint == 0xce17_6077_3819_9d4d)
        #expect(try schedule("at 2026-12-01T08:00:00Z").fingerprint == 0xbaad_96fb_2a46_938a)
        #expect(try schedule("0 15 10 ? * 6#3 2030 zone=+02:00").fingerprint == 0x83ef_659d_c9e9_518a)
    }

    @Test("one meaning, one fingerprint")
    func sameMeaning() throws {
        for (one, other) in [
            ("0 0 * * *", "@daily"), ("0 0 * * MON", "0 0 * * 1"), ("0 0 0 ? * 2", "0 0 * * 1"),
            ("every 60s", "every 1m"),
            ("@daily", "@daily until=2030-01-01T00:00:00Z misfire=all"),
            ("@daily zone=UTC", "@daily zone=+00:00"),
            ("every 5s", "every 5s from=2026-12-01T08:00:00Z"), ("0 0 1,3 * *", "0 0 3,1 * *"),
            ("0 0 0 L,15W * ?", "0 0 0 15W,L * ?"),
        ] {
            #expect(try schedule(one).fingerprint == schedule(other).fingerprint)
        }
    }

    @Test("another meaning, another fingerprint")
    func otherMeaning() throws {
        let texts = [
            "@daily", "@hourly", "@weekly", "0 0 * * * zone=+01:00", "every 5s", "every 10s",
            "every 5s from=2026-12-01T08:00:01Z", "at 2026-12-01T08:00:00Z", "at 2026-12-01T08:00:01Z",
            "0 0 13 * 5", "0 0 */13 * 5", "0 0 L * *", "0 0 LW * *", "0 0 L-1 * *", "0 0 15W * *",
            "0 0 * * 5L",
            "0 0 * * 5#1", "0 0 * * 5#2", "0 0 0 1 1 ? 2030", "0 0 0 1 1 ? 2031", "0 0 0 1 1 ? *",
        ]
        #expect(try Set(texts.map { try schedule($0).fingerprint }).count == texts.count)
    }
}

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
