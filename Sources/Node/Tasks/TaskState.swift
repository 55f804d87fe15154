import Basics
import CGuest
import Synchronization
import Tasks
import Threads

/// What a host may ask about a task that it offers at any moment, from any thread, and what it has registered.
final class TaskState: Sendable {
    let name: String
    let kind: TaskDefinition.Kind
    /// 0 when it is not this node's.
    private let token = Atomic<UInt64>(0)
    /// Whether every node runs it for itself, and trusts itself in that.
    private let isEverywhere = Atomic<Bool>(false)
    private let trust: TaskTrust
    let host: Monitor<Host>

    /// What the host does. A start that returns a text has failed. What it does to stop, and a run, end when `done` is
    /// called, from any thread; with a text the run has failed.
    struct Callbacks: Sendable {
        var start: (@Sendable (UInt64) -> String?)?
        var stop: (@Sendable (UInt64, _ done: @escaping @Sendable () -> Void) -> Void)?
        var run: (@Sendable (TaskRunInfo, _ done: @escaping @Sendable (String?) -> Void) -> Void)?
    }

    struct Host {
        var callbacks: Callbacks
        /// Nothing of it is left on this node.
        var isGone = false
        /// Why the node answers no more, once it does not.
        var ending: Failure?
    }

    init(name: String, kind: TaskDefinition.Kind, callbacks: Callbacks, trust: TaskTrust) {
        self.name = name
        self.kind = kind
        self.trust = trust
        host = Monitor(Host(callbacks: callbacks))
    }

    func set(token newToken: UInt64?, isEverywhere: Bool) {
        self.isEverywhere.store(isEverywhere, ordering: .releasing)
        token.store(newToken ?? 0, ordering: .releasing)
    }

    /// What the host has registered; nil where nothing of the task is left, and `user` may be gone.
    var live: Callbacks? { host.with { $0.isGone || $0.ending != nil ? nil : $0.callbacks } }

    /// The token under which this node has the task, if that may be believed right now.
    var heldToken: UInt64? {
        let held = token.load(ordering: .acquiring)
        guard held != 0, isEverywhere.load(ordering: .acquiring) || guest_boottime_ns() < trust.end else {
            return nil
        }
        return held
    }
}

/// Until when this node trusts itself in all that it has: one number, since it changes all the time.
final class TaskTrust: Sendable {
    /// Nanoseconds of CLOCK_BOOTTIME.
    private let until = Atomic<Int64>(0)

    var end: Int64 { until.load(ordering: .acquiring) }

    func set(_ instant: Instant) { until.store(max(0, instant.nanoseconds), ordering: .releasing) }
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
