import Basics
import Testing

@testable import Tasks

/// What every node that offers it runs for itself: where it fails, nobody but the node brings it back.
@Suite struct OwnTaskTests {
    private let start = Office.beginning

    private func made(_ kind: TaskDefinition.Kind) -> Worker {
        var worker = Worker(
            settings: WorkerSettings(id: "a", isLeased: true, trust: .seconds(4), renewEvery: .seconds(1)))
        let definition = TaskDefinition(name: "t", kind: kind, schedule: kind == .job ? "every 1s" : "")
        #expect(worker.offer(definition, isSingleton: false, now: start) == [.start(definition, token: 1)])
        return worker
    }

    private func isStart(_ action: WorkerAction) -> Bool {
        if case .start = action { true } else { false }
    }

    /// Fails each time at once; how long it rests after each.
    private func pauses(_ worker: inout Worker, _ count: Int, hasBegun: Bool, lasts: Interval = .zero)
        -> [Int64]
    {
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<count {
            guard let token = worker.offers["t"]?.token else { break }
            if hasBegun {
                _ = worker.hostStarted("t", token, failure: nil, now: now)
                now = now + lasts
                _ = worker.hostFailed("t", token, "no", now: now)
            } else {
                _ = worker.hostStarted("t", token, failure: "no", now: now)
            }
            guard worker.offers["t"]?.phase == .idle else { break }
            let end = (1...70_000).lazy.map { now + .milliseconds(Int64($0)) }
                .first { worker.nextDeadline <= $0 && worker.tick(now: $0).contains(where: isStart) }
            guard let end else { break }
            pauses.append((end - now).milliseconds)
            now = end
        }
        return pauses
    }

    @Test(arguments: [TaskDefinition.Kind.task, .daemon])
    func whatFailsBeginsAgainLaterEachTime(_ kind: TaskDefinition.Kind) {
        for hasBegun in [true, false] {
            var worker = made(kind)
            #expect(pauses(&worker, 8, hasBegun: hasBegun) == [1, 2, 4, 8, 16, 32, 60, 60].map { 1000 * $0 })
        }
    }

    @Test func whatHadGoneWellFailsForTheFirstTime() {
        var worker = made(.daemon)
        #expect(pauses(&worker, 3, hasBegun: true, lasts: .seconds(61)) == [1000, 1000, 1000])
    }

    /// Its attempts are counted; the moments in between are not to wait for it.
    @Test func aJobWhoseRunsFailIsTriedSoon() {
        var worker = made(.job)
        #expect(pauses(&worker, 9, hasBegun: true) == [Int64](repeating: 1000, count: 9))
    }

    @Test func whatIsWithdrawnMeanwhileDoesNotBegin() {
        var worker = made(.daemon)
        _ = worker.hostStarted("t", 1, failure: "no", now: start)
        #expect(worker.withdraw("t", now: start) == [.withdrawn("t")])
        #expect(worker.tick(now: start + .seconds(90)).isEmpty)
    }

    @Test func whatIsOfferedMeanwhileBeginsAtOnceAndOnce() {
        var worker = made(.daemon)
        _ = worker.hostStarted("t", 1, failure: "no", now: start)
        let other = TaskDefinition(name: "t", kind: .daemon, attempts: 9)
        #expect(worker.offer(other, isSingleton: false, now: start).contains(where: isStart))
        #expect(!worker.tick(now: start + .seconds(59)).contains(where: isStart))
        // From now on the coordinator gives it.
        _ = worker.hostStarted("t", worker.offers["t"]?.token ?? 0, failure: "no", now: start)
        _ = worker.offer(other, isSingleton: true, now: start)
        #expect(!worker.tick(now: start + .seconds(59)).contains(where: isStart))
    }

    @Test func whatCompletedOrStoppedDoesNotRest() {
        var worker = made(.task)
        _ = worker.hostStarted("t", 1, failure: nil, now: start)
        _ = worker.hostCompleted("t", 1, now: start)
        #expect(!worker.tick(now: start + .seconds(59)).contains(where: isStart))
    }
}
