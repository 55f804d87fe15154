import Options
import Testing

@testable import Node

/// What a thread of the host that comes late finds of a node that another thread has closed.
@Suite struct ClosingTests {
    private func node(_ more: (String, String)...) throws -> Node {
        var options = Options()
        for (key, text) in [("cluster", "closing"), ("bind", "127.0.0.1"), ("multicast", "false")] + more {
            try options.set(key, text)
        }
        return try Node.join(options)
    }

    private func event(_ queue: EventQueue) {
        queue.push(.left, member: "", role: "", value: 0, detail: "")
    }

    /// A registration that had asked whether the node is open before it was closed.
    @Test func noThreadIsStartedForWhatIsClosed() throws {
        let node = try node()
        let seat = try node.openSeat(role: "late")
        try node.close()
        #expect(throws: Failure.self) { try node.dispatcher.begin() }
        #expect(throws: Failure.self) { try node.trustWatch.watch(seat.state) }
    }

    /// Neither what waited nor what comes later: the host has freed what its callbacks use.
    @Test func nothingIsHandedOutAfterTheEnd() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: false))
        queue.wantEvents(true)
        queue.wantMessages(true)
        event(queue)
        queue.close(.closed)
        queue.end()
        event(queue)
        queue.wantEvents(true)
        queue.deliver(.warning, "the state cannot be written")
        queue.deliver(.work {})
        #expect(
            queue.deliver(NodeMessage(sender: "", topic: "", data: [], isBroadcast: false)) == .unwanted)
        #expect(queue.nextDelivery(until: nil, heedsWakeup: false) == nil)
    }

    /// The first callback for events is told what happened before it, but not after the end.
    @Test func thePastIsNotToldAfterTheEnd() throws {
        let queue = try #require(EventQueue(limit: 8, hasDispatcher: true))
        event(queue)
        queue.close(.closed)
        queue.end()
        queue.wantEvents(true)
        #expect(queue.nextDelivery(until: nil, heedsWakeup: false) == nil)
    }

    /// The time of a call that leaves is up when another thread has closed the node.
    @Test func whatIsClosedStaysClosed() throws {
        let node = try node()
        try node.close()
        try node.onLoop { $0.shut(isGoodbye: true, as: .left) }
        #expect(node.published.with { $0.standing } == .closed)
    }
}
