import Threads
import Transport
import Wire

/// The limits of messages, for the C face and its texts.
package enum MessageLimit {
    package static let topicBytes = UserMessage.topicBytes
    package static let broadcastBytes = UserMessage.broadcastBytes
    package static let sentBytes = UserMessage.sentBytes

    static func check(_ topic: String, _ data: [UInt8], limit: Int) throws(Failure) {
        guard UserMessage.isTopic(topic) else {
            throw Failure(
                .invalid,
                "a topic has at most \(topicBytes) bytes of UTF-8 (NFC) without control characters")
        }
        guard data.count <= limit else {
            throw Failure(.tooBig, "the data has \(data.count) bytes; at most \(limit) are allowed")
        }
    }
}

extension Node {
    /// Tells all other members' hosts something: best effort, at most once each.
    package func broadcast(topic: String, data: [UInt8]) throws(Failure) {
        try check()
        try MessageLimit.check(topic, data, limit: MessageLimit.broadcastBytes)
        let isAccepted = try onLoop { $0.broadcast(topic: topic, data: data) }
        guard !isAccepted else { return }
        try check()
        throw .tooManyBroadcasts
    }

    /// Tells one member's host something, and waits until it waits for that host.
    package func send(_ data: [UInt8], topic: String, to member: String, timeoutMs: Int32) throws(Failure) {
        try check()
        try MessageLimit.check(topic, data, limit: MessageLimit.sentBytes)
        let deadline = Clock.deadline(afterMs: timeoutMs)
        let outcome = Monitor<Outcome?>(nil)
        let runtime = runtime
        SharedLoop.loop.execute {
            runtime.send(topic, data, to: member, until: deadline) { failure in
                outcome.change { $0 = failure.map { .failed($0) } ?? .taken }
            }
        }
        // It ends by itself when the time is up, and when the node ends.
        let result = try waitRunningCallbacks(outcome, until: nil) { $0 }
        if case .failed(let failure) = result { throw failure }
    }

    private enum Outcome: Sendable {
        case taken
        case failed(Failure)
    }

    package func onMessage(_ handler: (@Sendable (NodeMessage) -> Void)?) throws(Failure) {
        try check()
        if handler != nil { try dispatcher.begin() } else { queue.wantMessages(false) }
        dispatcher.register(.messages) {
            dispatcher.handlers.with { handlers in
                defer { handlers.onMessage = handler }
                return handlers.onMessage != nil
            }
        }
        if handler != nil { queue.wantMessages(true) }
    }
}

extension Runtime {
    func broadcast(topic: String, data: [UInt8]) -> Bool {
        var isAccepted = false
        step {
            let result = $0.broadcast(topic: topic, data: data, now: $1)
            isAccepted = result.isAccepted
            return result.actions
        }
        return isAccepted
    }
}
