import Synchronization

/// Log lines for the host. The library prints nothing: without a registered callback they are not even made.
final class Log: Sendable {
    private let most = Atomic<Int32>(0)
    private let queue: EventQueue

    init(_ queue: EventQueue) { self.queue = queue }

    func setMost(_ level: LogLevel?) { most.store(level?.rawValue ?? 0, ordering: .relaxed) }

    func write(_ level: LogLevel, _ text: @autoclosure () -> String) {
        guard level.rawValue <= most.load(ordering: .relaxed) else { return }
        queue.deliver(level, text())
    }
}
