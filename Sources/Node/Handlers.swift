import Glibc

/// The callbacks that a host has registered on a node, and which thread runs one just now.
struct Handlers {
    var onEvent: (@Sendable (NodeEvent) -> Void)?
    var onMessage: (@Sendable (NodeMessage) -> Void)?
    var onLog: (@Sendable (LogLevel, String) -> Void)?
    /// The thread inside a callback, or about to run one.
    var runner: pthread_t?

    var isRunHere: Bool { runner.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
}
