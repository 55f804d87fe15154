import Basics
import Options
import Testing

@testable import Node

/// What waits for a host, and how it is told that it waits.
@Suite struct EventQueueTests {
    private func event(_ queue: EventQueue, _ kind: EventKind = .memberChanged) {
        queue.push(kind, member: "", role: "", value: 0, detail: "")
    }

    private func next(_ queue: EventQueue) throws -> (kind: EventKind, number: UInt64, value: UInt64) {
        let delivery = queue.nextDelivery(until: Clock.now, heedsWakeup: false)
        queue.hasRun()
        guard case .event(let event) = try #require(delivery) else { throw Unexpected() }
        return (event.kind, event.number, event.value)
    }

    private struct Unexpected: Error {}

    /// Who is told that the node has left is told nothing of it afterwards.
    @Test func nothingComesBehindTheLast() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: true))
        queue.wantEvents(true)
        var observed: [EventKind] = []
        queue.observer = { observed.append($0.kind) }
        event(queue, .left)
        queue.close(.closed)
        event(queue, .isolated)
        #expect(observed == [.left])
        #expect(queue.counts.pushed == 1)
        #expect(try next(queue).kind == .left)
        #expect(queue.nextDelivery(until: Clock.now, heedsWakeup: false) == nil)
        #expect(try queue.pull(until: Clock.now)?.kind == .left)
        #expect(throws: Failure.self) { try queue.pull(until: Clock.now) }
    }
}
