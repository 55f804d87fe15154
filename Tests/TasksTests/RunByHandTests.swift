import Basics
import Schedule
import Testing

@testable import Tasks

/// A job that somebody wants to run now.
@Suite struct RunByHandTests {
    private let time = JobTime(now: .distantPast + .seconds(1000), wall: 1_800_000_000_000)

    /// Its next moment is far away.
    private func waiting() throws -> JobRun {
        let definition = TaskDefinition(
            name: "x", kind: .job, schedule: "every 1h from=2399-01-01T00:00Z", offeredAt: time.wall)
        var job = JobRun(
            definition, try ScheduleSpec(definition.schedule), zone: nil, token: 7, node: "a", instance: 1,
            seed: 1)
        #expect(job.begin() == [.read])
        #expect(job.found(nil, isKnown: true, time).isEmpty)
        return job
    }

    private func claimed(_ actions: [JobAction]) -> TaskRun? {
        guard case .write(_, let row)? = actions.last else { return nil }
        return row.run
    }

    @Test func itRunsOutsideTheSchedule() throws {
        var job = try waiting()
        #expect(claimed(job.runNow(time))?.schedule == 0)
        #expect(job.written(.applied, time).contains { if case .run = $0 { true } else { false } })
    }

    @Test func behindARunThatIsUnderWay() throws {
        var job = try waiting()
        _ = job.runNow(time)
        _ = job.written(.applied, time)
        #expect(job.runNow(time).isEmpty)
        #expect(claimed(job.finished(failure: nil, time))?.status == .succeeded)
        var later = time
        later.wall += 1
        #expect(claimed(job.written(.applied, later))?.moment == later.wall)
    }

    @Test func notWhereItIsBeingStopped() throws {
        var job = try waiting()
        _ = job.runNow(time)
        _ = job.written(.applied, time)
        #expect(job.stop().isEmpty)
        #expect(
            job.runNow(time).contains { if case .news(let news) = $0 { news.kind == .vetoed } else { false } }
        )
        _ = job.finished(failure: nil, time)
        #expect(job.written(.applied, time) == [.stopped])
    }

    // MARK: whoever asked was told that it would run

    private let daily = "every 1h from=2027-01-15T09:00:00Z"

    @Test func asOftenAsItWasAskedFor() throws {
        var play = try JobPlay(JobPlay.definition(daily))
        for _ in 0..<3 { play.runNow() }
        for _ in 0..<3 { play.finish() }
        #expect(play.begun.map(\.schedule) == [0, 0, 0])
        // In one and the same millisecond, and each is an occurrence of its own.
        #expect(Set(play.begun.map(\.moment)).count == 3 && play.news.isEmpty)
    }

    @Test func aStopBeforeItIsSaid() throws {
        var play = try JobPlay(JobPlay.definition(daily))
        play.runNow()
        play.runNow()
        play.stop()
        play.finish()
        #expect(play.begun.count == 1 && play.ends == [.stopped] && play.news == [.vetoed])
    }

    @Test func aFailureBeforeItIsSaid() throws {
        var play = try JobPlay(JobPlay.definition(daily))
        play.runNow()
        play.runNow()
        play.finish("no")
        #expect(play.begun.count == 1 && play.ends.count == 1 && play.news == [.vetoed])
    }

    @Test func aRunThatWasNotBegunIsSaidOrBegins() throws {
        for isStopping in [true, false] {
            var play = try JobPlay(JobPlay.definition(daily))
            play.runNow()
            if isStopping { play.stop() }
            play.refuse()
            play.wait(1000)
            #expect(play.begun.map(\.schedule) == (isStopping ? [0] : [0, 0]))
            #expect(play.news == (isStopping ? [.vetoed] : []))
        }
    }

    @Test func itIsSaidToHangOnce() throws {
        var play = try JobPlay(JobPlay.definition("every 1s"))
        play.wait(3_599_000)
        #expect(play.begun.count == 1 && play.news.isEmpty)
        play.wait(1000)
        #expect(play.news == [.waiting])
        play.wait(7_200_000)
        #expect(play.begun.count == 1 && play.news == [.waiting])
    }
}
