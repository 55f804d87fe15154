import Basics
import Schedule
import Testing

@testable import Tasks

/// The runs of a job on the node that has it.
@Suite struct JobRunTests {
    private let start = JobPlay.start

    /// What the node before left behind.
    private func left(
        _ definition: TaskDefinition, _ status: TaskRun.Status, attempt: UInt32 = 1, handled: Int64? = nil
    ) -> TaskRow {
        TaskRow(
            stamp: RowStamp(version: 8, nonce: Nonce(high: 1, low: 1)), definition: definition,
            started: definition.schedule, handled: handled ?? start + 1000,
            run: TaskRun(
                moment: start + 1000, schedule: 77, attempt: attempt, status: status, node: "dead",
                instance: 9,
                token: 3))
    }

    // MARK: claims

    @Test func aRunIsClaimedBeforeItBegins() throws {
        var play = try JobPlay(JobPlay.definition("every 1s"))
        play.wait(0)
        play.finish()
        play.begun = []
        play.isSlow = true
        play.wait(1000)
        #expect(play.begun.isEmpty, "its claim is not answered")
        play.answer()
        #expect(play.begun.map(\.moment) == [start + 1000])
        #expect(play.row?.run == play.begun.first && play.row?.handled == start + 1000)
        #expect(
            play.begun.first?.attempt == 1 && play.begun.first?.token == 7 && play.begun.first?.node == "a")
    }

    @Test(arguments: [TaskDefinition.Delivery.atLeastOnce, .atMostOnce])
    func whoFindsAnothersClaimDoesNotRun(_ delivery: TaskDefinition.Delivery) throws {
        let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z", delivery: delivery)
        var play = try JobPlay(definition)
        var theirs = left(definition, .begun)
        theirs.run?.node = "b"
        theirs.run?.token = 9
        play.intruder = theirs
        play.outcomes = [.conflict]
        play.wait(1000)
        #expect(play.begun.isEmpty && play.news == [.vetoed])
        // The next one is its own.
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [start + 2000])
    }

    /// A claim of the former owner that lands late: a store was slow, or a coordinator was cut off. It never begins what
    /// it has claimed.
    @Test(arguments: [TaskDefinition.Delivery.atLeastOnce, .atMostOnce])
    func theClaimOfAFormerOwnerIsTakenOver(_ delivery: TaskDefinition.Delivery) throws {
        let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z", delivery: delivery)
        var play = try JobPlay(definition, node: "b", token: 9)
        play.intruder = left(definition, .begun)
        play.outcomes = [.conflict]
        play.wait(1000)
        if delivery == .atLeastOnce {
            #expect(play.begun.map(\.moment) == [start + 1000] && play.begun.map(\.attempt) == [2])
            #expect(play.news.isEmpty)
            play.finish()
        } else {
            #expect(play.begun.isEmpty && play.news == [.lost])
        }
        play.wait(1000)
        #expect(play.begun.last?.moment == start + 2000 && play.begun.last?.attempt == 1)
    }

    @Test func whoIsToStopDoesNotTakeItOver() throws {
        for isPaused in [true, false] {
            let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z")
            var play = try JobPlay(definition, node: "b", token: 9)
            play.isSlow = true
            play.wait(1000)
            var theirs = left(definition, .begun)
            theirs.isPaused = isPaused
            play.intruder = theirs
            play.outcomes = [.conflict]
            play.stop()
            #expect(play.ends.isEmpty, "what became of its claim is not known yet")
            play.answer()
            #expect(play.begun.isEmpty && play.ends == [.stopped] && play.news.isEmpty)
        }
    }

    @Test func aConflictOverSomethingElseIsTriedAgain() throws {
        let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z")
        var play = try JobPlay(definition)
        var resumed = left(definition, .succeeded, handled: start)
        resumed.run = nil
        play.intruder = resumed
        play.outcomes = [.conflict]
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [start + 1000] && play.news.isEmpty)
        #expect(play.row?.stamp.version == 9, "it is written over what others wrote")
    }

    @Test func aConflictOverAPauseBeginsNothing() throws {
        let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z")
        var play = try JobPlay(definition)
        var paused = left(definition, .succeeded, handled: start)
        paused.run = nil
        paused.isPaused = true
        play.intruder = paused
        play.outcomes = [.conflict]
        play.wait(20_000)
        #expect(play.begun.isEmpty && play.row == paused)
        play.stop()
        #expect(play.ends == [.stopped])
    }

    @Test(arguments: [true, false])
    func anUnknownOutcomeIsReadBack(_ isWritten: Bool) throws {
        var play = try JobPlay(
            JobPlay.definition("every 1s from=2027-01-15T08:00:01Z", delivery: .atMostOnce))
        play.isUnknownWritten = isWritten
        play.outcomes = [.unknown]
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [start + 1000])
        #expect(play.writes == (isWritten ? 1 : 2))
    }

    @Test func whatCannotBeReadBackDoesNotBegin() throws {
        var play = try JobPlay(
            JobPlay.definition("every 1h from=2027-01-15T08:00:01Z", delivery: .atMostOnce))
        play.outcomes = [.unknown]
        play.isReadable = false
        play.wait(3000)
        #expect(play.begun.isEmpty)
        play.isReadable = true
        play.wait(5000)
        #expect(play.begun.count == 1)
    }

    @Test func nothingRunsBeforeTheRowWasRead() throws {
        let definition = JobPlay.definition("every 1s")
        var play = try JobPlay(definition, isReadable: false)
        play.wait(2000)
        #expect(play.begun.isEmpty && play.writes == 0)
    }

    @Test func aRegisterThatRefusesIsAskedAgainWithinTheGrace() throws {
        var play = try JobPlay(JobPlay.definition("every 1h from=2027-01-15T08:00:01Z"))
        play.outcomes = [.failed, .failed, .failed]
        play.wait(5000)
        #expect(play.begun.map(\.moment) == [start + 1000] && play.writes == 4)
        var late = try JobPlay(JobPlay.definition("every 1h from=2027-01-15T08:00:01Z"))
        late.outcomes = [TaskWrite](repeating: .failed, count: 100)
        late.wait(60_000)
        late.outcomes = []
        late.wait(60_000)
        #expect(late.begun.isEmpty && late.news == [.skipped])
    }

    // MARK: what a dead node left behind

    @Test func atMostOnceABegunRunOfADeadNodeIsLost() throws {
        let definition = JobPlay.definition("every 1s", delivery: .atMostOnce, attempts: 5)
        var play = try JobPlay(definition, row: left(definition, .begun), node: "b", at: start + 1500)
        #expect(play.news == [.lost] && play.begun.isEmpty)
        play.wait(500)
        #expect(play.begun.map(\.moment) == [start + 2000])
    }

    @Test func atMostOnceAFailureIsFinal() throws {
        var play = try JobPlay(
            JobPlay.definition("every 1s", delivery: .atMostOnce, attempts: 5), at: start)
        play.wait(0)
        play.finish("no")
        #expect(play.news == [.dead] && play.row?.run?.status == .dead && play.ends.isEmpty)
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [start, start + 1000])
    }

    @Test(arguments: [TaskRun.Status.begun, .failed])
    func atLeastOnceTheNextNodeTriesItAgain(_ status: TaskRun.Status) throws {
        let definition = JobPlay.definition("every 1h")
        let play = try JobPlay(definition, row: left(definition, status), node: "b", at: start + 60_000)
        #expect(play.begun.map(\.attempt) == [2] && play.begun.map(\.moment) == [start + 1000])
        #expect(play.begun.map(\.schedule) == [77], "it is the same occurrence")
        #expect(play.row?.run?.node == "b" && play.row?.run?.status == .begun)
    }

    @Test(arguments: [TaskRun.Status.begun, .failed])
    func afterSoManyAttemptsItIsADeadLetter(_ status: TaskRun.Status) throws {
        let definition = JobPlay.definition("every 1h", attempts: 2)
        let play = try JobPlay(
            definition, row: left(definition, status, attempt: 2), node: "b", at: start + 60_000)
        #expect(play.begun.isEmpty && play.news == [.dead])
    }

    @Test(arguments: [TaskRun.Status.succeeded, .dead, .lost])
    func whatIsOverIsNotTriedAgain(_ status: TaskRun.Status) throws {
        for delivery in [TaskDefinition.Delivery.atLeastOnce, .atMostOnce] {
            let definition = JobPlay.definition("every 1h", delivery: delivery)
            let play = try JobPlay(definition, row: left(definition, status), node: "b", at: start + 60_000)
            #expect(play.begun.isEmpty && play.news.isEmpty)
        }
    }

    @Test func aFailureGoesToAnotherNodeUntilAttemptsAreUsedUp() throws {
        let definition = JobPlay.definition("every 1h", attempts: 3)
        var row: TaskRow?
        for (attempt, node) in [(UInt32(1), "a"), (2, "b"), (3, "c")] {
            var play = try JobPlay(definition, row: row, node: node, token: 6 + UInt64(attempt))
            play.wait(0)
            #expect(play.begun.map(\.attempt) == [attempt])
            play.finish("no")
            let isLast = attempt == 3
            #expect(play.row?.run?.status == (isLast ? .dead : .failed))
            #expect(play.ends.count == (isLast ? 0 : 1) && play.news == (isLast ? [.dead] : []))
            row = play.row
        }
    }

    // MARK: misfires

    @Test(arguments: [
        ("skip", [Int64](), [TaskNews.Kind.skipped]), ("once", [100], [.skipped]),
        ("all", [1, 2, 3], []),
    ])
    func whatWasMissedOnTheWayIsRunAsAsked(_ policy: String, _ moments: [Int64], _ news: [TaskNews.Kind])
        throws
    {
        var definition = JobPlay.definition("every 1s from=2027-01-15T08:00:00Z misfire=\(policy)")
        definition.grace = .milliseconds(100)
        // A hundred seconds, less half of one, nobody had it.
        var play = try JobPlay(
            definition, row: left(definition, .succeeded, handled: start), node: "b", at: start + 100_500)
        for _ in 1..<max(moments.count, 1) { play.finish() }
        #expect(play.begun.map(\.moment) == moments.map { start + 1000 * $0 })
        #expect(play.news == news)
    }

    @Test func whatIsLateWithinTheGraceIsNoMisfire() throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T08:00:00Z")
        for (late, count) in [(Int64(9_900), 1), (10_200, 0)] {
            let play = try JobPlay(
                definition, row: left(definition, .succeeded, handled: start), at: start + 3_600_000 + late)
            #expect(play.begun.count == count)
        }
    }

    // MARK: progress

    @Test(arguments: ["every 1s repeat=3", "in 1s", "every 1s from=+1s repeat=3"])
    func whatSpeaksOfItsBeginningIsFixedOnceForAll(_ text: String) throws {
        let definition = JobPlay.definition(text)
        var first = try JobPlay(definition)
        first.wait(1000)
        let started = first.row?.started ?? ""
        #expect(try ScheduleSpec(started) == (try ScheduleSpec(text)).started(at: start))
        // The same job, said by a node an hour later, begins no second time.
        var later = definition
        later.offeredAt += 3_600_000
        var row = first.row
        row?.run?.status = .succeeded
        let second = try JobPlay(later, row: row, node: "b", at: start + 3_600_000)
        #expect(second.row?.started == started && second.begun.isEmpty)
    }

    @Test func repeatedRunsAreCountedAcrossNodesAndComplete() throws {
        let definition = JobPlay.definition("every 1s repeat=3")
        var moments: [Int64] = []
        var row: TaskRow?
        var wall = start
        for node in ["a", "b", "c", "d"] {
            var play = try JobPlay(definition, row: row, node: node, at: wall)
            play.wait(node == "a" ? 0 : 1000)
            moments += play.begun.map(\.moment)
            play.finish()
            #expect(play.ends == (node == "d" ? [.completed] : []))
            (row, wall) = (play.row, play.wall)
        }
        #expect(moments == (0...3).map { start + 1000 * $0 })
        #expect(row?.isCompleted == true)
        var after = try JobPlay(definition, row: row, node: "e", at: wall + 60_000)
        after.wait(60_000)
        #expect(after.begun.isEmpty && after.ends == [.completed])
    }

    @Test func aNewScheduleBeginsAnew() throws {
        var definition = JobPlay.definition("every 1h")
        let row = left(JobPlay.definition("every 1s repeat=1"), .begun)
        definition.offeredAt = start + 7_200_000
        let play = try JobPlay(definition, row: row, at: start + 7_200_000)
        #expect(play.begun.map(\.attempt) == [1] && play.begun.map(\.moment) == [start + 7_200_000])
        #expect(play.row?.definition == definition && play.row?.isCompleted == false)
    }

    // MARK: stopping

    @Test func aStopWhileClaimingTakesTheClaimBack() throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z")
        let before = left(definition, .succeeded, handled: start)
        var play = try JobPlay(definition, row: before)
        play.isSlow = true
        play.wait(3_600_000)
        play.stop()
        #expect(play.ends.isEmpty)
        play.answer()
        #expect(play.begun.isEmpty && play.ends == [.stopped])
        #expect(play.row?.run == before.run && play.row?.handled == before.handled)
        // Whoever comes next runs it.
        let next = try JobPlay(definition, row: play.row, node: "b", at: play.wall + 100)
        #expect(next.begun.map(\.moment) == [start + 3_600_000] && next.begun.map(\.attempt) == [1])
    }

    /// Not even one that is to run at most once is lost by it.
    @Test func aRunThatDidNotBeginIsGivenBack() throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z", delivery: .atMostOnce)
        let before = left(definition, .succeeded, handled: start)
        var play = try JobPlay(definition, row: before)
        play.wait(3_600_000)
        #expect(play.begun.count == 1)
        play.refuse()
        #expect(play.row?.run == before.run && play.row?.handled == before.handled && play.ends.isEmpty)
        let next = try JobPlay(definition, row: play.row, node: "b", at: play.wall + 100)
        #expect(next.begun.map(\.moment) == [start + 3_600_000] && next.news.isEmpty)
    }

    @Test func aStopWaitsForTheRunUnderWay() throws {
        var play = try JobPlay(JobPlay.definition("every 1s"))
        play.wait(0)
        play.stop()
        #expect(play.ends.isEmpty)
        play.finish()
        #expect(play.ends == [.stopped] && play.row?.run?.status == .succeeded)
        play.wait(10_000)
        #expect(play.begun.count == 1)
    }

    @Test func aStopWhileWaitingIsAtOnce() throws {
        var play = try JobPlay(JobPlay.definition("every 1h from=2027-01-15T09:00:00Z"))
        play.stop()
        #expect(play.ends == [.stopped])
        play.runNow()
        #expect(play.news == [.vetoed] && play.begun.isEmpty)
    }

    // MARK: what is settled before anything runs

    /// Its node may die before the first run, and be the only one that knows when it began.
    @Test(arguments: ["in 10m", "every 1h from=+10m", "every 10m from=+10m repeat=3"])
    func whatSpeaksOfItsBeginningIsWrittenDownBeforeItRuns(_ schedule: String) throws {
        let first = try JobPlay(JobPlay.definition(schedule))
        #expect(first.begun.isEmpty && first.row?.started.isEmpty == false && first.row?.run == nil)
        var later = JobPlay.definition(schedule)
        later.offeredAt += 540_000
        var next = try JobPlay(later, row: first.row, node: "b", token: 8, at: start + 570_000)
        next.wait(29_999)
        #expect(next.begun.isEmpty)
        next.wait(1)
        #expect(next.begun.map(\.moment) == [start + 600_000])
    }

    @Test(arguments: [TaskWrite.failed, .conflict, .unknown])
    func itIsWrittenDownInTheEnd(_ trouble: TaskWrite) throws {
        let definition = JobPlay.definition("in 10m")
        var play = try JobPlay(definition, isReadable: false)
        play.isUnknownWritten = false
        play.outcomes = [trouble]
        play.isReadable = true
        play.wait(1000)
        #expect(play.row?.started.isEmpty == false && play.begun.isEmpty)
        play.wait(599_000)
        #expect(play.begun.map(\.moment) == [start + 600_000])
    }

    /// Whoever has the job next, a minute or a month later, tells of it no more.
    @Test(arguments: [
        (TaskDefinition.Delivery.atMostOnce, UInt32(3), TaskNews.Kind.lost, TaskRun.Status.lost),
        (.atLeastOnce, 1, .dead, .dead),
    ])
    func whatIsGivenUpIsToldOnce(
        _ delivery: TaskDefinition.Delivery, _ attempts: UInt32, _ news: TaskNews.Kind,
        _ status: TaskRun.Status
    ) throws {
        var definition = JobPlay.definition(
            "every 1h from=2027-01-15T09:00:00Z", delivery: delivery, attempts: attempts)
        let first = try JobPlay(definition, row: left(definition, .begun, handled: start + 1000))
        #expect(first.news == [news] && first.row?.run?.status == status)
        definition.attempts = 5
        var next = try JobPlay(definition, row: first.row, node: "b", token: 8)
        next.wait(1000)
        #expect(next.news.isEmpty && next.begun.isEmpty)
    }

    /// What reads well and cannot be written is tried less and less often, and told when it stands.
    @Test func whatCannotBeWrittenIsTriedSeldomAndToldOnce() throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z", delivery: .atMostOnce)
        var play = try JobPlay(
            definition, row: left(definition, .begun, handled: start + 1000), isReadable: false)
        play.outcomes = Array(repeating: .failed, count: 14)
        play.isReadable = true
        play.wait(30_000)
        #expect(play.news.isEmpty && play.writes < 15)
        play.wait(60_000)
        #expect(play.news == [.lost] && play.row?.run?.status == .lost)
    }

    /// The outcome was not known, and the row says that it is so.
    @Test func whatWasWrittenAfterAllIsTold() throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z", delivery: .atMostOnce)
        for isWritten in [true, false] {
            var play = try JobPlay(
                definition, row: left(definition, .begun, handled: start + 1000), isReadable: false)
            play.isUnknownWritten = isWritten
            play.outcomes = [.unknown]
            play.isReadable = true
            play.wait(1000)
            #expect(play.news == [.lost])
        }
    }

    /// Its former node had written it down before.
    @Test func whatHasSucceededMeanwhileIsNotTriedAgain() throws {
        let former = JobPlay.definition("every 1h from=+0s repeat=3")
        var row = left(former, .begun)
        row.started = try ScheduleSpec(former.schedule).started(at: start).description
        row.run?.schedule = try Schedule(ScheduleSpec(row.started), zone: nil).fingerprint
        var play = try JobPlay(JobPlay.definition("every 1h from=+0s repeat=5"), row: row, isReadable: false)
        var done = row
        done.run?.status = .succeeded
        done.stamp.version += 1
        play.intruder = done
        play.isReadable = true
        play.wait(1000)
        #expect(!play.begun.contains { $0.attempt > 1 })
    }

    @Test func whatWasPausedOverAClaimThatNobodyKnewOfDoesNotBegin() throws {
        let definition = JobPlay.definition("every 1s from=2027-01-15T08:00:01Z", delivery: .atMostOnce)
        var play = try JobPlay(definition)
        play.isSlow = true
        play.wait(1000)
        play.outcomes = [.unknown]
        play.isReadable = false
        play.answer()
        play.row?.isPaused = true
        play.row?.stamp.version += 1
        play.isReadable = true
        play.wait(20_000)
        #expect(play.begun.isEmpty && play.row?.run == nil && play.row?.isPaused == true)
    }

    // MARK: by hand

    @Test(arguments: [TaskWrite.failed, .conflict, .unknown])
    func aRunByHandIsNotForgottenOverTroubleWithTheRegister(_ trouble: TaskWrite) throws {
        let definition = JobPlay.definition("every 1h from=2027-01-15T09:00:00Z")
        var play = try JobPlay(definition, row: left(definition, .succeeded, handled: start))
        if trouble == .conflict {
            play.intruder = play.row
            play.intruder?.handled += 1
            play.intruder?.stamp.version += 1
        }
        play.isUnknownWritten = false
        play.outcomes = [trouble]
        play.runNow()
        play.wait(1000)
        #expect(play.begun.map(\.schedule) == [0])
    }

    // MARK: clocks

    @Test func aClockThatJumpsBackRunsNothingTwice() throws {
        var play = try JobPlay(JobPlay.definition("every 1s from=2027-01-15T08:00:00Z"))
        for _ in 0..<5 {
            play.wait(1000)
            play.finish()
        }
        let before = play.begun.map(\.moment)
        play.wall -= 3000
        for _ in 0..<5 {
            play.wait(1000)
            play.finish()
        }
        let moments = play.begun.map(\.moment)
        #expect(Set(moments).count == moments.count && moments == moments.sorted())
        #expect(moments.count > before.count)
    }

    @Test func aClockThatJumpsForwardSkipsWhatItPassed() throws {
        var play = try JobPlay(JobPlay.definition("every 1m from=2027-01-15T08:01:00Z"))
        play.wall += 3_600_000 + 30_000
        play.wait(100_000)
        #expect(play.begun.map(\.moment).allSatisfy { $0 > start + 3_600_000 } && play.begun.count == 1)
        #expect(play.news == [.skipped])
    }
}
