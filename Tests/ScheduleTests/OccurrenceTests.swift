import Testing

@testable import Schedule

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
