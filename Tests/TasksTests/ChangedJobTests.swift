import Basics
import Schedule
import Testing

@testable import Tasks

/// A job that is offered otherwise than before: what has run does not run again, and nothing is forgotten without a word.
@Suite struct ChangedJobTests {
    private let start = JobPlay.start
    private typealias Change = @Sendable (inout TaskDefinition) -> Void

    /// What the owner under the former definition left behind: the moment `start` + 2 s was its last.
    private func left(
        _ schedule: String, _ status: TaskRun.Status, delivery: TaskDefinition.Delivery = .atLeastOnce,
        attempt: UInt32 = 1
    ) throws -> TaskRow {
        let definition = JobPlay.definition(schedule, delivery: delivery)
        let spec = try ScheduleSpec(schedule).started(at: start)
        return TaskRow(
            stamp: RowStamp(version: 8, nonce: Nonce(high: 1, low: 1)), definition: definition,
            started: spec.description, handled: start + 2000,
            run: TaskRun(
                moment: start + 2000, schedule: try Schedule(spec).fingerprint, attempt: attempt,
                status: status, node: "a", instance: 9, token: 3))
    }

    /// The clock of the node that offered the new one was behind: `offeredAt` is before what has run.
    private static let changes: [(String, Change)] = [
        ("every 1s", { $0.grace = .seconds(20) }),
        ("every 1s", { $0.placement.weight = 2 }),
        ("every 1s misfire=all", { _ in }),
        ("every 1s misfire=once", { $0.attempts = 9 }),
        // Moments in common, and a change back: whatever the occurrences are called.
        ("every 2s", { _ in }),
        ("every 1s until=2028-01-01T00:00Z", { $0.offeredAt -= 60_000 }),
    ]

    @Test(arguments: Self.changes.indices, [TaskDefinition.Delivery.atLeastOnce, .atMostOnce])
    func noMomentRunsAgain(_ place: Int, _ delivery: TaskDefinition.Delivery) throws {
        var definition = JobPlay.definition(Self.changes[place].0, delivery: delivery)
        Self.changes[place].1(&definition)
        var play = try JobPlay(
            definition, row: left("every 1s", .succeeded, delivery: delivery), node: "b", at: start + 2500)
        #expect(play.begun.isEmpty)
        for _ in 0..<3 {
            play.wait(1000)
            play.finish()
        }
        let moments = play.begun.map(\.moment)
        #expect(!moments.isEmpty && moments.allSatisfy { $0 > start + 2000 })
        #expect(Set(moments).count == moments.count && play.news.isEmpty)
    }

    /// Both have it: neither stop nor news has come through.
    @Test func whatAnotherDefinitionClaimsMeanwhileIsItsOwn() throws {
        var former = try left("every 1s", .begun, delivery: .atMostOnce)
        former.run?.token = 9
        var definition = former.definition
        definition.grace = .seconds(5)
        var row = former
        row.handled = start + 1000
        row.run?.status = .succeeded
        row.run?.moment = start + 1000
        var play = try JobPlay(definition, row: row, node: "b", at: start + 1500)
        play.intruder = former
        play.outcomes = [.conflict]
        play.wait(500)
        #expect(play.begun.isEmpty && play.news == [.vetoed])
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [start + 3000])
    }

    // MARK: a run that was begun

    @Test(arguments: [TaskRun.Status.begun, .failed])
    func underTheSameScheduleItIsTriedAgain(_ status: TaskRun.Status) throws {
        var definition = JobPlay.definition("every 1h")
        definition.placement.weight = 2
        let row = try left("every 1h", status)
        let play = try JobPlay(definition, row: row, node: "b", at: start + 60_000)
        #expect(play.begun.map(\.attempt) == [2] && play.begun.map(\.moment) == [start + 2000])
        #expect(play.begun.map(\.schedule) == [row.run?.schedule] && play.news.isEmpty)
    }

    @Test func underTheSameScheduleAttemptsAreCountedOn() throws {
        var definition = JobPlay.definition("every 1h")
        definition.placement.weight = 2
        let play = try JobPlay(
            definition, row: left("every 1h", .failed, attempt: 3), node: "b", at: start + 60_000)
        #expect(play.begun.isEmpty && play.news == [.dead])
    }

    /// Whether the promise was given before the change or is given now.
    @Test(arguments: [
        (TaskDefinition.Delivery.atMostOnce, TaskDefinition.Delivery.atMostOnce),
        (.atMostOnce, .atLeastOnce), (.atLeastOnce, .atMostOnce),
    ])
    func atMostOnceItIsLost(_ former: TaskDefinition.Delivery, _ delivery: TaskDefinition.Delivery) throws {
        var definition = JobPlay.definition("every 1h", delivery: delivery)
        definition.grace = .seconds(5)
        let play = try JobPlay(
            definition, row: left("every 1h", .begun, delivery: former), node: "b", at: start + 60_000)
        #expect(play.begun.isEmpty && play.news == [.lost])
    }

    @Test(arguments: [
        (TaskRun.Status.begun, TaskNews.Kind.lost, TaskRun.Status.lost), (.failed, .dead, .dead),
    ])
    func underAnotherScheduleItIsGivenUpAndSaid(
        _ status: TaskRun.Status, _ news: TaskNews.Kind, _ after: TaskRun.Status
    ) throws {
        for delivery in [TaskDefinition.Delivery.atLeastOnce, .atMostOnce] {
            var definition = JobPlay.definition("every 1m", delivery: delivery)
            definition.offeredAt = start + 10_000
            var play = try JobPlay(
                definition, row: left("every 1s", status, delivery: delivery), node: "b", at: start + 10_000)
            #expect(play.begun.isEmpty && play.news == [news])
            play.runNow()
            #expect(play.begun.map(\.attempt) == [1] && play.news == [news])
        }
    }

    @Test func whatHasComeToItsEndIsNoTrouble() throws {
        for status in [TaskRun.Status.succeeded, .dead, .lost] {
            let play = try JobPlay(
                JobPlay.definition("every 1m"), row: left("every 1s", status), node: "b", at: start + 2500)
            #expect(play.news.isEmpty)
        }
    }

    // MARK: how far it has come

    @Test func underTheSameScheduleWhatWasMissedIsMadeUpFor() throws {
        let schedule = "every 1s misfire=all"
        var definition = JobPlay.definition(schedule)
        definition.grace = .zero
        definition.offeredAt = start + 4500
        var play = try JobPlay(definition, row: left(schedule, .succeeded), node: "b", at: start + 5500)
        play.finish()
        play.finish()
        #expect(play.begun.map(\.moment) == [3000, 4000, 5000].map { start + $0 })
    }

    @Test func underTheSameScheduleTheBeginningStays() throws {
        let schedule = "every 1s repeat=3"
        var definition = JobPlay.definition(schedule)
        definition.placement.weight = 2
        definition.offeredAt = start + 2500
        var play = try JobPlay(definition, row: left(schedule, .succeeded), node: "b", at: start + 2500)
        for _ in 0..<5 {
            play.wait(1000)
            play.finish()
        }
        #expect(play.begun.map(\.moment) == [start + 3000] && play.ends == [.completed])
    }

    @Test func whatWasCompletedAndIsOfferedOtherwiseBeginsAnew() throws {
        let schedule = "every 1s repeat=1"
        var row = try left(schedule, .succeeded)
        row.isCompleted = true
        var definition = JobPlay.definition(schedule)
        definition.placement.weight = 2
        definition.offeredAt = start + 60_000
        var play = try JobPlay(definition, row: row, node: "b", at: start + 60_000)
        for _ in 0..<3 {
            play.finish()
            play.wait(1000)
        }
        #expect(play.begun.map(\.moment) == [60_000, 61_000].map { start + $0 })
        #expect(play.ends == [.completed] && play.news.isEmpty)
    }

    /// The former owner had gone on when it was offered.
    @Test(arguments: ["in 500ms", "every 1h from=+500ms", "every 1s repeat=1"])
    func whatSpeaksOfItsBeginningLosesNoneOfIt(_ schedule: String) throws {
        var play = try JobPlay(
            JobPlay.definition(schedule), row: left("every 10s", .succeeded), node: "b", at: start + 2010)
        play.wait(1500)
        #expect(play.begun.count == 1 && play.news.isEmpty)
    }

    // MARK: nothing left

    @Test(arguments: ["at 2027-01-15T07:00:00Z", "every 1s from=2027-01-15T06:00Z until=2027-01-15T07:00Z"])
    func whatWasOverBeforeItWasOfferedIsSaid(_ schedule: String) throws {
        let play = try JobPlay(JobPlay.definition(schedule))
        #expect(play.ends == [.completed] && play.begun.isEmpty && play.news == [.skipped])
    }

    @Test func whatHasRunIsNotSaidToBeLeftOut() throws {
        let schedule = "at 2027-01-15T08:00:02Z"
        let row = try left(schedule, .succeeded)
        for isChanged in [true, false] {
            var definition = row.definition
            if isChanged { definition.placement.weight = 2 }
            let play = try JobPlay(definition, row: row, node: "b", at: start + 60_000)
            #expect(play.ends == [.completed] && play.begun.isEmpty && play.news.isEmpty)
        }
    }

    @Test(arguments: [("every 1h repeat=3", true), ("every 2h repeat=3", false)])
    func whatIsPausedAndResumedGoesOnUnderOtherOptions(_ schedule: String, _ goesOn: Bool) throws {
        var office = Office(nodes: ["a"])
        office.come("a", offers: [JobPlay.definition("every 1h repeat=3")])
        office.wait(.milliseconds(100))
        #expect(office.order(.pause, "j", from: "a") == .done)
        let paused = try #require(office.coordinator.rows["j"])
        var row = paused
        row.started = "every 1h repeat=3 from=2026-01-01T00:00:00Z"
        row.stamp.version += 1
        office.hear(.write(id: 5, expected: paused.stamp, row: row), from: "a")
        #expect(office.coordinator.rows["j"]?.started == row.started)
        var other = JobPlay.definition(schedule)
        (other.attempts, other.offeredAt) = (7, other.offeredAt + 1)
        office.hear(.offers([other]), from: "a")
        #expect(office.order(.resume, "j", from: "a") == .done)
        #expect(office.coordinator.rows["j"]?.definition.attempts == 7)
        #expect(office.coordinator.rows["j"]?.started == (goesOn ? row.started : ""))
    }

    /// As the coordinator writes it down.
    @Test func whatWasPausedBeforeItsFirstRunLosesNothing() throws {
        let definition = JobPlay.definition("every 1h from=+0s misfire=all")
        var office = Office(nodes: ["a"])
        office.come("a", offers: [definition])
        office.wait(.milliseconds(100))
        #expect(
            office.order(.pause, "j", from: "a") == .done && office.order(.resume, "j", from: "a") == .done)
        let row = try #require(office.coordinator.rows["j"])
        let play = try JobPlay(definition, row: row, at: start + 60_000)
        #expect(play.begun.count == 1 && play.news.isEmpty)
    }
}
