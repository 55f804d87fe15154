import Basics
import Glibc
import Options
import Testing

@testable import Node

/// What waits for a host, and how it is told that it waits.
@Suite struct EventQueueTests {
    private func event(_ queue: EventQueue, _ kind: EventKind = .memberChanged) {
        queue.push(kind, member: "", role: "", value: 0, detail: "")
    }

    private func isReadable(_ queue: EventQueue) -> Bool {
        var entry = pollfd(fd: queue.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 1
    }

    /// A callback for the log or for a role takes no events: they still wait for who pulls them.
    @Test func eventsShowBesideOtherCallbacksOfADispatcher() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: true))
        queue.monitor.with { $0.hasCallbacks = true }
        event(queue)
        #expect(isReadable(queue))
        _ = try queue.pull(until: Clock.now)
        #expect(!isReadable(queue))
        event(queue)
        #expect(isReadable(queue))
    }

    /// The callback takes them; the copies that nobody pulls keep no loop of the host awake.
    @Test func eventsOfACallbackDoNotShow() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: true))
        event(queue)
        queue.monitor.with { $0.hasCallbacks = true }
        queue.wantEvents(true)
        event(queue)
        #expect(!isReadable(queue))
    }

    /// A host that dispatches by itself and never pulls would be woken for ever.
    @Test func eventsDoNotShowToWhoOnlyDispatches() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: false))
        queue.monitor.with { $0.hasCallbacks = true }
        event(queue)
        #expect(!isReadable(queue))
        _ = try queue.pull(until: Clock.now)
        event(queue)
        #expect(isReadable(queue))
    }

    /// The past that the first callback is told has what was dropped of it, too.
    @Test func whatWasLostBeforeTheFirstCallbackIsTold() throws {
        let queue = try #require(EventQueue(limit: 2, hasDispatcher: true))
        for _ in 0..<5 { event(queue) }
        queue.wantEvents(true)
        let (kind, number, count) = try next(queue)
        #expect((kind, number, count) == (.lost, 3, 3))
        #expect(try next(queue).number == 4)
        #expect(try next(queue).number == 5)
        event(queue)
        #expect(try next(queue).number == 6)
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
