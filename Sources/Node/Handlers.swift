import Glibc

/// The callbacks that a host has registered on a node, and which thread runs one just now.
struct Handlers {
    var onEvent: (@Sendable (NodeEvent) -> Void)?
    var onMessage: (@Sendable (NodeMessage) -> Void)?
    var onLog: (@Sendable (LogLevel, String) -> Void)?
    /// The thread inside a callback, or about to run one.
    var runner: pthread_t?
    /// What that one was registered as; nil for what belongs to a task.
    var running: Registration?

    /// Counts the changes of registrations, and how many there had been when the callback that runs was about to be.
    var changes: UInt64 = 0
    var entered: UInt64 = 0

    var isRunHere: Bool { runner.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
}

/// What a host registers a callback for.
enum Registration: Equatable {
    case events
    case messages
    case log
    case promotion(of: ObjectIdentifier)
    case demotion(of: ObjectIdentifier)
    case warning(of: ObjectIdentifier)
}
