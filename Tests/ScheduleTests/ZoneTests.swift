import Foundation
import Testing

@testable import Schedule

@Suite("Time zones against Python's zoneinfo")
struct ZoneTableTests {
    private static func check(_ lines: some Sequence<Substring>, _ load: (String) throws -> Zone) throws -> (
        zones: Int, wrong: [String]
    ) {
        var zones: [String: Zone] = [:]
        var wrong: [String] = []
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let numbers = words.dropFirst().compactMap { Int($0) }
            guard numbers.count == 3 else { continue }
            let zone = try zones[words[0]] ?? load(words[0])
            zones[words[0]] = zone
            let (moment, offset, first) = (numbers[0], numbers[1], numbers[2])
            if zone.offset(at: moment) != offset || zone.firstMoment(showing: moment + offset) != first {
                wrong.append(
                    "\(line): \(zone.offset(at: moment)) \(zone.firstMoment(showing: moment + offset))")
            }
        }
        return (zones.count, wrong)
    }

    @Test("the zones beside the tests, around their changes up to 2398")
    func table() throws {
        let text = try String(contentsOf: folderOfTests.appendingPathComponent("table.txt"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        let (zones, wrong) = try Self.check(lines, sampleZone)
        #expect(lines.count > 1000)
        #expect(zones == 10)
        #expect(wrong == [])
    }

    private static let folder = "/usr/share/zoneinfo"
    private static let isThere =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
        && FileManager.default.fileExists(atPath: folder + "/Europe/Berlin")

    @Test(
        "every zone of this machine", .enabled(if: isThere, "python3 and the time zone database are needed"))
    func machine() throws {
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = [folderOfTests.appendingPathComponent("table.py").path, Self.folder, "20"]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()
        let (zones, wrong) = try Self.check(text.split(separator: "\n")) { name in
            try Zone(
                name: name, file: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name)"))))
        }
        #expect(zones > 100)
        #expect(wrong == [])
    }
}

@Suite("Reading a zone's file")
struct ZoneFileTests {
    private static func offsets(_ zone: Zone, _ times: [String]) throws -> [Int] {
        try times.map { zone.offset(at: try at($0)) }
    }

    @Test("only a rule, no table", arguments: [2, 3, 4])
    func onlyRule(version: Int) throws {
        let zone = try Zone(
            name: "t",
            file: ZoneBytes(version: version, types: [3600], rule: "CET-1CEST,M3.5.0,M10.5.0/3").bytes)
        let expected = try sampleZone("Europe/Berlin")
        for year in stride(from: 2000, through: 2398, by: 7) {
            for day in ["01-15", "03-24", "04-01", "07-01", "10-24", "11-02"] {
                let moment = try at("\(year)-\(day)T12:00:00Z")
                #expect(zone.offset(at: moment) == expected.offset(at: moment))
            }
        }
        #expect(
            try localRuns("30 2 * * *", after: "2026-03-28T12:00:00Z", in: zone, count: 1)
                == ["2026-03-29T03:00:00+02:00"])
    }

    @Test("version 1 has times of 32 bits and no rule")
    func versionOne() throws {
        let zone = try Zone(
            name: "t",
            file: ZoneBytes(version: 1, types: [0, 3600], changes: [(1000, 1), (2000, 0)], rule: "UTC0").bytes
        )
        #expect([999, 1000, 1999, 2000, 9_000_000_000].map(zone.offset) == [0, 3600, 3600, 0, 0])
    }

    @Test("no rule: nothing changes after the table")
    func noRule() throws {
        let zone = try Zone(
            name: "t", file: ZoneBytes(version: 2, types: [0, 3600], changes: [(1000, 1)], rule: "").bytes)
        #expect(zone.offset(at: CivilDate.end - 1) == 3600)
    }

    @Test("days of the year, counted from 1 without leap days and from 0 with them")
    func dayNumbers() throws {
        // J60 is 1 March always; 59 is 1 March, or 29 February.
        let julian = try Zone(
            name: "t", file: ZoneBytes(version: 2, types: [0], rule: "AAA0BBB,J60/0,J300/0").bytes)
        let counted = try Zone(
            name: "t", file: ZoneBytes(version: 2, types: [0], rule: "AAA0BBB,59/0,J300/0").bytes)
        let times = [
            "2027-02-28T23:59:59Z", "2027-03-01T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z",
        ]
        #expect(try Self.offsets(julian, times) == [0, 3600, 0, 3600])
        #expect(try Self.offsets(counted, times) == [0, 3600, 3600, 3600])
    }

    @Test("summer time all year, as RFC 8536 writes it")
    func alwaysSummer() throws {
        let zone = try Zone(
            name: "t", file: ZoneBytes(version: 3, types: [-14_400], rule: "XXX3EDT4,0/0,J365/23").bytes)
        let times = [
            "2026-01-01T03:59:59Z", "2026-01-01T04:00:00Z", "2026-07-01T00:00:00Z", "2028-12-31T23:30:00Z",
        ]
        #expect(try Self.offsets(zone, times) == [-14_400, -14_400, -14_400, -14_400])
    }

    @Test("changes before and far after midnight, names in brackets, minutes and seconds")
    func oddRules() throws {
        // Nuuk: the day before the last Sunday in March, 22:00.
        let nuuk = try Zone(
            name: "t",
            file: ZoneBytes(version: 3, types: [-7200], rule: "<-02>2<-01>,M3.5.0/-2,M10.5.0/-1").bytes)
        #expect(try Self.offsets(nuuk, ["2026-03-28T23:59:59Z", "2026-03-29T00:00:00Z"]) == [-7200, -3600])
        // Gaza, once: 50 hours after Thursday.
        let gaza = try Zone(
            name: "t",
            file: ZoneBytes(version: 3, types: [7200], rule: "EET-2EEST,M3.4.4/50,M10.4.4/50").bytes)
        #expect(try Self.offsets(gaza, ["2026-03-27T23:59:59Z", "2026-03-28T00:00:00Z"]) == [7200, 10_800])
        let exact = try Zone(name: "t", file: ZoneBytes(version: 2, types: [1172], rule: "AMT-0:19:32").bytes)
        #expect(exact.offset(at: 0) == 1172)
    }

    @Test(
        "what is wrong with a file is said",
        arguments: [
            (ZoneBytes(types: [0], rule: "CET-1CEST"), "the footer is no rule: 'CET-1CEST'"),
            (ZoneBytes(types: [0], rule: "C-1"), "the footer is no rule: 'C-1'"),
            (ZoneBytes(types: [0], rule: "CET-25"), "the footer is no rule: 'CET-25'"),
            (
                ZoneBytes(types: [0], rule: "CET-1CEST,M13.5.0,M10.5.0"),
                "the footer is no rule: 'CET-1CEST,M13.5.0,M10.5.0'"
            ),
            (
                ZoneBytes(types: [0], rule: "CET-1CEST,M3.5.0,M10.5.0/168"),
                "the footer is no rule: 'CET-1CEST,M3.5.0,M10.5.0/168'"
            ),
            (ZoneBytes(types: []), "it has no type, or too many"),
            (ZoneBytes(types: [93_600]), "an offset is too long"),
            (ZoneBytes(types: [.min]), "an offset is too long"),
            (ZoneBytes(types: [0], changes: [(1000, 1)]), "a change leads to a type that is not there"),
            (ZoneBytes(types: [0], changes: [(2000, 0), (1000, 0)]), "its changes are not in order"),
            (ZoneBytes(types: [0], leapSeconds: 1), "it counts leap seconds; the clocks of computers do not"),
        ])
    func wrong(file: ZoneBytes, problem: String) {
        #expect(complaint { try Zone(name: "A/B", file: file.bytes) } == "zone 'A/B': \(problem)")
    }

    @Test("no TZif file at all, an empty one, one that is too long")
    func noFile() {
        #expect(complaint { try Zone(name: "t", file: []) } == "zone 't': not a TZif file")
        #expect(complaint { try Zone(name: "t", file: Array("<html>".utf8)) } == "zone 't': not a TZif file")
        let long = [UInt8](repeating: 0x54, count: Zone.largestFile + 1)
        #expect(complaint { try Zone(name: "t", file: long) } == "zone 't': the file is too long")
    }

    @Test("a file cut off anywhere is an error")
    func cutOff() throws {
        let bytes = try [UInt8](Data(contentsOf: folderOfTests.appendingPathComponent("zones/Europe/Berlin")))
        for length in 0..<bytes.count - 1 {
            #expect(throws: ScheduleError.self) { try Zone(name: "t", file: Array(bytes.prefix(length))) }
        }
    }

    /// An answer or an error, never a trap; and what was read can be asked and searched.
    @Test(
        "bytes changed by chance, ten thousand times",
        arguments: [
            ("Pacific/Apia", 4000), ("Asia/Kolkata", 4000), ("America/Nuuk", 1000), ("Europe/Berlin", 1000),
        ])
    func garbage(name: String, rounds: Int) throws {
        let sound = try [UInt8](Data(contentsOf: folderOfTests.appendingPathComponent("zones/\(name)")))
        let expressions = try ["30 2 * * *", "*/7 * * * *"].map { try CronExpression($0) }
        var generator = Seeded(UInt64(sound.count))
        var read = 0
        for round in 0..<rounds {
            var bytes = sound
            for _ in 0...Int.random(in: 0...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                // Headers and the end decide most.
                let near = Bool.random(using: &generator) ? place : min(place % 44, bytes.count - 1)
                bytes[near] =
                    Bool.random(using: &generator) ? .random(in: 0...255, using: &generator) : bytes[near] ^ 1
            }
            guard let zone = try? Zone(name: "t", file: bytes) else { continue }
            read += 1
            guard round % 5 == 0 else { continue }
            for _ in 0..<3 {
                let moment = Int.random(in: 0..<CivilDate.end, using: &generator)
                _ = zone.offset(at: moment)
                for expression in expressions {
                    if let next = expression.next(after: moment, in: zone) { #expect(next > moment) }
                }
            }
        }
        // Neither all nor none: the changes reach the part that decides.
        #expect(read > rounds / 20)
        #expect(read < rounds)
    }
}
