import Basics
import Testing

@testable import Tasks

/// What comes to its end while it is being stopped.
@Suite struct StoppingTests {
    private let now = Instant.distantPast + .seconds(1000)

    /// A node that has the task under token 7, and was told to stop it.
    private func stopping(_ kind: TaskDefinition.Kind) -> Worker {
        var worker = Worker(
            settings: WorkerSettings(id: "a", isLeased: false, trust: .zero, renewEvery: .seconds(1)))
        let definition = TaskDefinition(name: "x", kind: kind, schedule: kind == .job ? "in 1s" : "")
        _ = worker.offer(definition, isSingleton: true, now: now)
        _ = worker.connected(now: now)
        _ = worker.received(.welcome(epoch: 1, wantsRows: false), now: now)
        _ = worker.received(.assign(definition, token: 7), now: now)
        _ = worker.hostStarted("x", 7, failure: nil, now: now)
        let actions = worker.received(.stop(name: "x", token: 7), now: now)
        #expect(actions.contains(.stop(name: "x", token: 7)))
        return worker
    }

    /// It completes with its last row, by which the coordinator stops it too.
    @Test func aJobThatCompletesHasStopped() {
        var worker = stopping(.job)
        let actions = worker.hostCompleted("x", 7, now: now)
        #expect(actions.contains(.send(.report(TaskReport(name: "x", token: 7, .completed)))))
        #expect(worker.offers["x"]?.phase == .idle)
    }

    @Test func ofATaskTheStopCallbackIsWaitedFor() {
        var worker = stopping(.task)
        #expect(
            !worker.hostCompleted("x", 7, now: now).contains { if case .send = $0 { true } else { false } })
        #expect(worker.offers["x"]?.phase != .idle)
        let actions = worker.hostStopped("x", 7, now: now)
        #expect(actions.contains(.send(.report(TaskReport(name: "x", token: 7, .completed)))))
    }
}
