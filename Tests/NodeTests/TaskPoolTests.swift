import Basics
import Testing
import Threads

@testable import Node

/// The threads of a node that run what hosts do for tasks: real ones.
@Suite struct TaskPoolTests {
    /// What the work of a test has done, and what it waits for.
    private struct Seen {
        var begun: [String] = []
        var ended: [String] = []
        var isOpen = false
    }

    /// Only a test that fails waits for so long.
    private static var patience: Instant { Clock.now + .seconds(60) }

    private func holding(_ seen: Monitor<Seen>, _ name: String) -> @Sendable () -> Void {
        {
            seen.change { $0.begun.append(name) }
            _ = seen.wait(until: nil) { $0.isOpen ? true : nil }
            seen.change { $0.ended.append(name) }
        }
    }

    private func passing(_ seen: Monitor<Seen>, _ name: String) -> @Sendable () -> Void {
        {
            seen.change {
                $0.begun.append(name)
                $0.ended.append(name)
            }
        }
    }

    private func wait(_ seen: Monitor<Seen>, _ what: Comment, until body: (Seen) -> Bool) throws {
        try #require(seen.wait(until: Self.patience) { body($0) ? true : nil } != nil, what)
    }

    /// Each piece of work comes at about the moment when the last thread has waited for long enough.
    @Test func whatComesWhenAThreadGivesUpIsRun() throws {
        let pool = TaskPool(idleTime: .microseconds(30))
        let count = Monitor(0)
        var generator = SeededGenerator(seed: 1)
        for number in 1...20_000 {
            #expect(pool.run("\(number)", isRun: false) { count.change { $0 += 1 } })
            let isDone = count.wait(until: Self.patience) { $0 == number ? true : nil }
            try #require(isDone != nil, "work \(number) was lost")
            let pause = Clock.now + .microseconds(Int64(generator.below(80)))
            while Clock.now < pause {}
        }
        pool.end()
    }

    @Test func runsThatHangLeaveTheirThreadsToWhatBeginsAndStops() throws {
        let pool = TaskPool()
        let seen = Monitor(Seen())
        for number in 0..<4 * TaskPool.mostRuns {
            #expect(pool.run("run \(number)", isRun: true, holding(seen, "run")))
        }
        try wait(seen, "the first runs begin") { $0.begun.count == TaskPool.mostRuns }
        for number in 0..<100 {
            #expect(pool.run("stop \(number)", isRun: false, passing(seen, "stop")))
        }
        try wait(seen, "whatever stops is told") { $0.ended.count == 100 }
        #expect(
            seen.with { $0.begun.count { $0 == "run" } } == TaskPool.mostRuns, "no run took their threads")
        #expect(pool.jam == TaskPool.Jam(task: "run \(TaskPool.mostRuns)", isRun: true, ended: 0))
        seen.change { $0.isOpen = true }
        try wait(seen, "all run") { $0.ended.count == 100 + 4 * TaskPool.mostRuns }
        #expect(pool.jam == nil)
        pool.end()
    }

    /// Behind runs of other tasks, once its own has ended.
    @Test func whatStopsGoesBeforeRunsThatWait() throws {
        let pool = TaskPool()
        let seen = Monitor(Seen())
        for number in 0..<TaskPool.mostRuns {
            #expect(pool.run("\(number)", isRun: true, holding(seen, "held")))
        }
        try wait(seen, "the first runs begin") { $0.begun.count == TaskPool.mostRuns }
        for number in 0..<TaskPool.mostThreads {
            #expect(pool.run("waiting \(number)", isRun: true, passing(seen, "waiting")))
        }
        #expect(pool.run("0", isRun: false, passing(seen, "stop of what is held")))
        #expect(pool.run("free", isRun: false, passing(seen, "stop")))
        try wait(seen, "a stop needs no run to end") { $0.ended == ["stop"] }
        seen.change { $0.isOpen = true }
        try wait(seen, "all run") { $0.ended.count == TaskPool.mostRuns + TaskPool.mostThreads + 2 }
        pool.end()
    }

    @Test func whatBelongsToOneTaskRunsInOrder() throws {
        let pool = TaskPool()
        let seen = Monitor(Seen())
        for number in 0..<200 {
            #expect(pool.run("t", isRun: number % 3 == 0, passing(seen, "\(number)")))
            #expect(pool.run("u", isRun: false) {})
        }
        try wait(seen, "all run") { $0.ended.count == 200 }
        #expect(seen.with { $0.begun } == (0..<200).map { "\($0)" })
        pool.end()
    }

    @Test func whatHasNotBegunIsDroppedAtTheEnd() throws {
        let pool = TaskPool()
        let seen = Monitor(Seen())
        #expect(pool.run("t", isRun: false, holding(seen, "first")))
        #expect(pool.run("t", isRun: false, passing(seen, "second")))
        try wait(seen, "the first begins") { $0.begun == ["first"] }
        let opener = WorkerThread.start("opener") {
            seen.change { $0.isOpen = true }
        }
        pool.end()
        opener?.join()
        #expect(seen.with { $0.ended.first } == "first", "what runs is waited for")
        #expect(pool.run("t", isRun: false, passing(seen, "late")), "nobody asks for it again")
        #expect(seen.with { !$0.begun.contains("late") })
    }
}
