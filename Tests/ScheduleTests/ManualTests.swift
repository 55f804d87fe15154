import Foundation
import Testing

@testable import Schedule

@Suite("What docs/schedules.md says")
struct ManualTests {
    /// The rows of the table whose head begins with these cells, as texts without their backquotes.
    private static func rows(under head: String) throws -> [[String]] {
        let path = folderOfTests.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/schedules.md")
        let lines = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n")
        let begin = try #require(lines.firstIndex { $0.hasPrefix(head) })
        return lines[(begin + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
    }

    @Test("the examples are sound", arguments: ["| when | runs |", "| text | runs |"])
    func examples(head: String) throws {
        let rows = try Self.rows(under: head)
        #expect(rows.count >= 4)
        for row in rows { #expect(throws: Never.self) { try ScheduleSpec(row[0]) } }
    }

    @Test("so are the options")
    func options() throws {
        let rows = try Self.rows(under: "| option | meaning |")
        #expect(rows.count == 6)
        for row in rows { #expect(throws: Never.self) { try ScheduleSpec("every 5s \(row[0])") } }
    }

    @Test("the errors read as shown")
    func errors() throws {
        let rows = try Self.rows(under: "| text | error |")
        #expect(rows.count >= 8)
        for row in rows { #expect(complaint { try ScheduleSpec(row[0]) } == row[1]) }
    }

    @Test("the id is the one shown")
    func id() throws {
        let occurrence = try #require(
            schedule("@daily").next(after: try milliseconds("2026-11-30T08:00:00Z")))
        #expect(occurrence.id == "1796083200000-d2f2c66ccf7daf8d")
    }
}
