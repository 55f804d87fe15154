import Basics
import Schedule
import Testing
import Wire

@testable import Tasks

@Suite struct RowTests {
    @Test func theLongestRowFits() throws {
        let bytes = MailSamples.longestRow.encoded()
        #expect(bytes.count <= TaskRow.longest)
        #expect(try TaskRow(decoding: bytes[...]) == MailSamples.longestRow)
        #expect(throws: WireError.tooLong) {
            // A field that nobody knows, and a byte too many.
            try TaskRow(decoding: (bytes + [0xfa, 1] + paddedTo(TaskRow.longest + 1 - bytes.count - 2))[...])
        }
    }

    @Test(arguments: [
        MailSamples.smallRow, MailSamples.longestRow,
        TaskRow(
            stamp: MailSamples.stamp, definition: MailSamples.small, started: "every 1s", handled: 7,
            run: TaskRun(
                moment: 0, schedule: 0, attempt: 1, status: .begun, node: "n", instance: 0, token: 0)),
    ])
    func itIsReadAsItWasWritten(_ row: TaskRow) throws {
        #expect(try TaskRow(decoding: row.encoded()[...]) == row)
    }

    @Test(arguments: [TaskRun.Status.begun, .succeeded, .failed, .dead, .lost])
    func everyStatusOfARunIsKept(_ status: TaskRun.Status) throws {
        var row = MailSamples.longestRow
        row.run?.status = status
        #expect(try TaskRow(decoding: row.encoded()[...]).run?.status == status)
    }

    /// To fix its beginning makes a schedule longer; the row must hold that as well.
    @Test func theLongestStartedScheduleFits() throws {
        var generator = SeededGenerator(seed: 3)
        var longest = 0
        for _ in 0..<400 {
            let minutes = (0..<60).filter { _ in generator.below(3) > 0 }.map(String.init)
            let hours = (0..<24).filter { _ in generator.below(3) > 0 }.map(String.init)
            let text =
                "\(minutes.joined(separator: ",")) \(hours.joined(separator: ",")) * * * repeat=10000 "
                + "zone=America/Argentina/ComodRivadavia until=2399-01-01T00:00:00.123Z misfire=once"
            guard let spec = try? ScheduleSpec(text) else { continue }
            let started = spec.started(at: 1_800_000_000_123).description
            longest = max(longest, started.utf8.count)
            #expect(try ScheduleSpec(started).description == started)
        }
        #expect((300...TaskDefinition.longestSchedule).contains(longest))
    }

    /// Digests tell rows apart by name and stamp, and do not ask for their order.
    @Test func digestsTellRowsApart() {
        let row = MailSamples.longestRow
        var others = [row, row, row, row]
        others[0].stamp.version -= 1
        others[1].stamp.nonce.high -= 1
        others[2].stamp.nonce.low += 1
        others[3].definition.name = "other"
        #expect(Set((others + [row]).map(\.digest)).count == 5)
    }

    private func paddedTo(_ count: Int) -> [UInt8] {
        // Length in two bytes.
        let inner = count - 2
        return [UInt8(inner & 0x7f) | 0x80, UInt8(inner >> 7)] + [UInt8](repeating: 0, count: inner)
    }
}
