package import Basics

/// A piece of work by its name: what the nodes that offer it say of it.
package struct TaskDefinition: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// Begins and stops when it is told to, and may complete.
        case task = 1
        /// Runs at the moments of a schedule.
        case job = 2
        /// Like a task, and is begun again where it fails.
        case daemon = 3
    }

    /// What is promised of one run that a schedule asks for.
    package enum Delivery: UInt8, Sendable {
        /// A run whose node dies is tried again, with a higher attempt.
        case atLeastOnce = 1
        /// Whoever cannot be sure that nobody has begun it does not begin it.
        case atMostOnce = 2
    }

    package var name: String
    package var kind: Kind
    /// Of a job, as a person wrote it; empty otherwise.
    package var schedule: String
    package var delivery: Delivery
    /// How often one run is tried at the most, from 1.
    package var attempts: UInt32
    /// How late a run may begin and still be on time.
    package var grace: Interval
    /// How long the host may take to stop before the work is held to be stuck.
    package var stopTimeout: Interval
    package var placement: Placement
    /// When it was offered, in milliseconds since 1970 UTC by the offering node's clock: of two that differ the later
    /// one counts.
    package var offeredAt: Int64

    package init(
        name: String, kind: Kind, schedule: String = "", delivery: Delivery = .atLeastOnce,
        attempts: UInt32 = 3,
        grace: Interval = .seconds(10), stopTimeout: Interval = .seconds(20),
        placement: Placement = Placement(),
        offeredAt: Int64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.schedule = schedule
        self.delivery = delivery
        self.attempts = attempts
        self.grace = grace
        self.stopTimeout = stopTimeout
        self.placement = placement
        self.offeredAt = offeredAt
    }

    /// Whether both say the same, whenever they were offered.
    package func isSame(as other: TaskDefinition) -> Bool {
        var other = other
        other.offeredAt = offeredAt
        return self == other
    }

    /// Bytes of the longest name.
    package static let longestName = 64
    package static let longestSchedule = 512
    package static let mostAttempts: UInt32 = 1000
    package static let longestGrace = Interval.seconds(86_400)
    package static let longestStop = Interval.seconds(3600)
}

/// Where a task may run, and where it would rather.
package struct Placement: Hashable, Sendable {
    /// Labels that a node must have, sorted.
    package var requires: [String]
    /// Labels that a node had better have, sorted.
    package var prefers: [String]
    /// Tasks of the same word stay on different nodes where there are enough; empty: none.
    package var apart: String
    /// Tasks of the same word stay on one node where one can run them all; empty: none.
    package var together: String
    /// How much it counts, from 1.
    package var weight: UInt32

    package init(
        requires: [String] = [], prefers: [String] = [], apart: String = "", together: String = "",
        weight: UInt32 = 1
    ) {
        self.requires = requires
        self.prefers = prefers
        self.apart = apart
        self.together = together
        self.weight = weight
    }

    /// The most labels of a node, and of each list of a task.
    package static let mostLabels = 16
    /// Bytes of the longest label or word.
    package static let longestLabel = 64
    package static let heaviest: UInt32 = 1000
}
