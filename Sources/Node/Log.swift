import Synchronization
import Threads

/// Log lines for the host. The library prints nothing: without a registered callback they are not even made, but for
/// those of before a host had the chance to register one.
final class Log: Sendable {
    private let most = Atomic<Int32>(0)
    private let queue: EventQueue
    /// Lines of before the first callback; nil once there has been one.
    private let early = Monitor<[(level: LogLevel, text: String)]?>([])

    private static let mostEarly = 64
    /// The rest is for warnings.
    private static let mostEarlyNews = 32

    init(_ queue: EventQueue) { self.queue = queue }

    func setMost(_ level: LogLevel?) { most.store(level?.rawValue ?? 0, ordering: .relaxed) }

    func write(_ level: LogLevel, _ text: @autoclosure () -> String) {
        guard level.rawValue <= most.load(ordering: .relaxed) else {
            if level <= .info { keep(level, text) }
            return
        }
        queue.deliver(level, text())
    }

    private func keep(_ level: LogLevel, _ text: () -> String) {
        early.with { lines in
            let most = level == .info ? Log.mostEarlyNews : Log.mostEarly
            guard let count = lines?.count, count < most else { return }
            lines?.append((level, text()))
        }
    }

    /// Tells the first callback what it could not have heard.
    func tellEarly(upTo most: LogLevel) {
        let lines = early.with { lines in
            defer { lines = nil }
            return lines ?? []
        }
        for line in lines where line.level.rawValue <= most.rawValue { queue.deliver(line.level, line.text) }
    }
}
