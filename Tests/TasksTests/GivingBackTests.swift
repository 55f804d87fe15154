import Basics
import Schedule
import Testing

@testable import Tasks

/// A claim under which no run has begun is taken back, whatever others write into the row meanwhile; and what they have
/// written stays.
@Suite struct GivingBackTests {
    private let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z", delivery: .atMostOnce)
    private let moment = JobPlay.start + 3_600_000

    /// It has claimed its first run, of which nothing was written before.
    private func claimed() throws -> JobPlay {
        var play = try JobPlay(definition)
        play.wait(3_600_000)
        #expect(play.begun.map(\.moment) == [moment] && play.row?.run?.status == .begun)
        return play
    }

    private func pause(_ row: inout TaskRow?, _ isPaused: Bool = true) {
        row?.isPaused = isPaused
        row?.stamp.version += 1
    }

    private func expectRun(_ play: JobPlay) throws {
        var row = play.row
        pause(&row, false)
        let next = try JobPlay(definition, row: row, node: "b", at: play.wall + 100)
        #expect(next.begun.map(\.moment) == [moment] && next.begun.map(\.attempt) == [1] && next.news.isEmpty)
    }

    @Test func aPauseOverTheClaimStaysAndTheRunIsGivenBack() throws {
        var play = try claimed()
        pause(&play.row)
        play.stop()
        play.refuse()
        #expect(play.ends == [.stopped])
        #expect(play.row?.isPaused == true && play.row?.run == nil)
        try expectRun(play)
    }

    @Test(arguments: [TaskWrite.failed, .unknown])
    func itIsTriedUntilItIsKnown(_ trouble: TaskWrite) throws {
        for isWritten in [true, false] {
            var play = try claimed()
            play.isUnknownWritten = isWritten
            play.outcomes = [trouble, trouble]
            play.stop()
            play.refuse()
            play.wait(5000)
            #expect(play.ends == [.stopped] && play.row?.run == nil)
            try expectRun(play)
        }
    }

    /// Nobody stops it: it begins a while later, here.
    @Test func whoIsNotStoppedTriesItHereAgain() throws {
        var play = try claimed()
        play.refuse()
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [moment, moment] && play.begun.map(\.attempt) == [1, 1])
        #expect(play.news.isEmpty)
    }

    /// Who paused it was told that nothing begins, whatever this node has heard.
    @Test func whoFindsThatItIsPausedWaitsForTheEndOfThat() throws {
        var play = try claimed()
        pause(&play.row)
        play.refuse()
        play.wait(1000)
        #expect(play.begun.count == 1 && play.row?.isPaused == true)
        play.row?.isPaused = false
        play.row?.stamp.version += 1
        play.wait(5000)
        #expect(play.begun.map(\.moment).prefix(2) == [moment, moment])
        #expect(play.news.isEmpty)
    }

    @Test func aClaimOfWhichNobodyKnewIsTakenBackWithoutUndoingAPause() throws {
        var before = TaskRow(
            stamp: RowStamp(version: 8, nonce: Nonce(high: 1, low: 1)), definition: definition,
            started: definition.schedule, handled: JobPlay.start)
        before.run = TaskRun(
            moment: JobPlay.start, schedule: 77, attempt: 1, status: .succeeded, node: "b", instance: 9,
            token: 3)
        var play = try JobPlay(definition, row: before)
        play.outcomes = [.unknown]
        play.isReadable = false
        play.wait(3_600_000)
        #expect(play.row?.run?.status == .begun && play.begun.isEmpty)
        pause(&play.row)
        play.stop()
        play.isReadable = true
        play.wait(1000)
        #expect(play.ends == [.stopped] && play.begun.isEmpty)
        #expect(play.row?.isPaused == true && play.row?.run == before.run)
        try expectRun(play)
    }

    @Test func whatAnotherHasClaimedByThenIsLeftAlone() throws {
        var play = try claimed()
        play.row?.run?.node = "b"
        play.row?.run?.attempt = 2
        play.row?.stamp.version += 1
        let theirs = play.row
        play.stop()
        play.refuse()
        #expect(play.ends == [.stopped] && play.row == theirs)
    }
}
