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
}
