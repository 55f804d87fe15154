package import Basics

/// What is known of a task beyond any node's life: its definition, and how far it has come.
///
/// It is written by compare-and-set only. A run of a job is claimed in it before it begins: of several that would run the
/// same, one writes.
package struct TaskRow: Hashable, Sendable {
    package var stamp: RowStamp
    /// Of the coordinator under which it was written, where nodes keep it, or of one before it where that was higher.
    package var epoch: UInt64 = 0
    package var definition: TaskDefinition
    /// The schedule with its beginning fixed, for the whole cluster; empty where there is none.
    package var started: String
    package var isPaused: Bool
    package var isCompleted: Bool
    /// All that was remembered is forgotten, and nothing but the stamp counts: older rows, which nodes that were away still
    /// have, are none any more.
    package var isForgotten = false
    /// Up to which moment of the schedule everything is decided, in milliseconds since 1970 UTC.
    package var handled: Int64
    /// The run begun last.
    package var run: TaskRun?

    package init(
        stamp: RowStamp, definition: TaskDefinition, started: String = "", isPaused: Bool = false,
        isCompleted: Bool = false, handled: Int64 = 0, run: TaskRun? = nil
    ) {
        self.stamp = stamp
        self.definition = definition
        self.started = started
        self.isPaused = isPaused
        self.isCompleted = isCompleted
        self.handled = handled
        self.run = run
    }

    package var name: String { definition.name }

    /// It says that nobody is to have the task.
    package var rests: Bool { isPaused || isCompleted }

    /// It is worth keeping when this process ends.
    package var isLasting: Bool { rests || isForgotten }

    /// Bytes of the longest encoding.
    package static let longest = 4096

    /// For digests of many rows: order does not matter to their sum.
    var digest: UInt64 {
        var hash = Fnv1a()
        hash.add(name)
        hash.add(stamp.version)
        hash.add(stamp.nonce.high)
        hash.add(stamp.nonce.low)
        return hash.value
    }
}

/// One run of a job: which, and what became of it.
package struct TaskRun: Hashable, Sendable {
    package enum Status: UInt8, Sendable {
        case begun = 1
        case succeeded = 2
        /// To be tried again.
        case failed = 3
        /// Given up: every attempt has failed.
        case dead = 4
        /// Its node is gone, and nobody knows what became of it; it is not tried again.
        case lost = 5
    }

    /// For which moment, in milliseconds since 1970 UTC.
    package var moment: Int64
    /// Which schedule asks for it; 0 where somebody did by hand.
    package var schedule: UInt64
    /// Counts from 1.
    package var attempt: UInt32
    package var status: Status
    package var node: String
    /// Which start of the node.
    package var instance: UInt64
    /// The fencing token under which it runs.
    package var token: UInt64

    package init(
        moment: Int64, schedule: UInt64, attempt: UInt32, status: Status, node: String, instance: UInt64,
        token: UInt64
    ) {
        self.moment = moment
        self.schedule = schedule
        self.attempt = attempt
        self.status = status
        self.node = node
        self.instance = instance
        self.token = token
    }
}
