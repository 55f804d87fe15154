package import Basics

package struct WorkerSettings: Sendable {
    package var id: String
    /// Whether a lease decides who coordinates.
    package var isLeased: Bool
    /// How long this node trusts itself by one word of the coordinator.
    package var trust: Interval
    package var renewEvery: Interval
    package var weight: UInt32
    package var labels: [String]

    package init(
        id: String, isLeased: Bool, trust: Interval, renewEvery: Interval, weight: UInt32 = 1,
        labels: [String] = []
    ) {
        self.id = id
        self.isLeased = isLeased
        self.trust = trust
        self.renewEvery = renewEvery
        self.weight = weight
        self.labels = labels
    }
}

package enum WorkerAction: Hashable, Sendable {
    /// To the coordinator.
    case send(TaskMail)
    /// This one coordinates no more.
    case hangUp
    /// The host is to begin; `hostStarted` answers.
    case start(TaskDefinition, token: UInt64)
    /// The host is to stop; `hostStopped` answers.
    case stop(name: String, token: UInt64)
    /// A job is to run now.
    case runNow(String)
    /// Nothing of the offer is left.
    case withdrawn(String)
    case news(TaskNews)
    // What the coordinator answered.
    case answered(UInt64, TaskAnswer, String)
    case found(UInt64, TaskRow?)
    case written(UInt64, TaskWrite)
}

extension TaskMail {
    /// Definitions in one mail.
    static let offersInOne = 128
}
