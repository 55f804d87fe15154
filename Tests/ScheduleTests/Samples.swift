import Foundation

@testable import Schedule

/// Seconds since 1970 UTC of a time with an offset.
func at(_ text: String) throws -> Int { Int(try milliseconds(text) / 1000) }

func milliseconds(_ text: String) throws -> Int64 { try ScheduleTime(text, for: "test").moment(in: .utc) }

/// A moment as a clock in UTC shows it.
func utcText(_ second: Int?) -> String { second.map { "\(ScheduleTime.utc(Int64($0) * 1000))" } ?? "never" }

func complaint(_ body: () throws -> some Any) -> String {
    do {
        _ = try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

let folderOfTests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

/// A zone checked in beside the tests.
func sampleZone(_ name: String) throws -> Zone {
    try Zone(
        name: name, file: [UInt8](Data(contentsOf: folderOfTests.appendingPathComponent("zones/\(name)"))))
}

/// The runs of a cron expression after a moment, as a clock in UTC shows them.
func runs(_ text: String, after: String, in zone: Zone = .utc, count: Int = 3) throws -> [String] {
    let expression = try CronExpression(text)
    var moment = try at(after)
    var runs: [String] = []
    while runs.count < count, let next = expression.next(after: moment, in: zone) {
        runs.append(utcText(next))
        moment = next
    }
    return runs
}

/// As a clock in the zone shows them, with the offset.
func localRuns(_ text: String, after: String, in zone: Zone, count: Int) throws -> [String] {
    let expression = try CronExpression(text)
    var moment = try at(after)
    var runs: [String] = []
    while runs.count < count, let next = expression.next(after: moment, in: zone) {
        let offset = zone.offset(at: next)
        let minutes = abs(offset) / 60
        let sign = offset < 0 ? "-" : "+"
        runs.append(
            "\(ScheduleTime.local(Int64(next + offset) * 1000))\(sign)\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
        )
        moment = next
    }
    return runs
}

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

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
