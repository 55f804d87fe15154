import Basics
import CGuest
import Synchronization
import Tasks
import Threads

/// What a host may ask about a task that it offers at any moment, from any thread, and what it has registered.
final class TaskState: Sendable {
    let name: String
    let kind: TaskDefinition.Kind
    /// Nanoseconds of CLOCK_BOOTTIME until which the task may be acted on; 0 when it is not this node's.
    private let trustedUntil = Atomic<Int64>(0)
    private let token = Atomic<UInt64>(0)
    let host: Monitor<Host>

    /// What the host does. A start that returns a text has failed, and so has a run.
    struct Callbacks: Sendable {
        var start: (@Sendable (UInt64) -> String?)?
        var stop: (@Sendable (UInt64) -> Void)?
        var run: (@Sendable (TaskRunInfo) -> String?)?
    }

    struct Host {
        var callbacks: Callbacks
        /// Nothing of it is left on this node.
        var isGone = false
        /// Why the node answers no more, once it does not.
        var ending: Failure?
    }

    init(name: String, kind: TaskDefinition.Kind, callbacks: Callbacks) {
        self.name = name
        self.kind = kind
        host = Monitor(Host(callbacks: callbacks))
    }

    func set(token newToken: UInt64?, trustedUntil until: Instant) {
        token.store(newToken ?? 0, ordering: .releasing)
        trustedUntil.store(newToken == nil ? 0 : max(0, until.nanoseconds), ordering: .releasing)
    }

    /// The token under which this node has the task, if that may be believed right now.
    var heldToken: UInt64? {
        let held = token.load(ordering: .acquiring)
        guard held != 0, guest_boottime_ns() < trustedUntil.load(ordering: .acquiring) else { return nil }
        return held
    }
}

/// One run of a job, as the host is told of it.
package struct TaskRunInfo: Sendable {
    package var name: String
    /// What nodes claim, together with the name: the same for every attempt.
    package var occurrence: String
    /// For when it was meant, in milliseconds since 1970 UTC.
    package var moment: Int64
    /// Counts from 1.
    package var attempt: UInt32
    package var token: UInt64
}
