package import Basics

/// What a history of tasks stands on and how much goes wrong in it.
package struct TaskScenario: Sendable {
    package enum Authority: Sendable {
        /// The members' view decides, and the nodes keep the rows.
        case members
        /// A lease decides, and a store keeps the rows.
        case store
        /// A lease decides, and the nodes keep the rows.
        case majority
    }

    package var authority: Authority
    package var nodes: Int
    package var tasks: Int
    package var jobs: Int
    /// How long things go wrong, and how long nothing does then.
    package var trouble = Interval.seconds(60)
    package var calm = Interval.seconds(40)
    package var broken: TaskBreak?

    /// One by chance.
    package init(seed: UInt64, broken: TaskBreak? = nil) {
        var generator = SeededGenerator(seed: seed ^ 0x7A5)
        let all: [Authority] = [.members, .store, .majority]
        authority = broken?.authority ?? all[generator.below(all.count)]
        nodes = 2 + generator.below(4)
        tasks = 1 + generator.below(6)
        jobs = 1 + generator.below(4)
        self.broken = broken
    }
}

/// A rule that can be switched off, to show that the checks notice.
package enum TaskBreak: String, CaseIterable, Sendable {
    case noTrust = "no-trust"
    case noWait = "no-wait"
    case noClaim = "no-claim"
    case noCopies = "no-copies"

    package var words: String {
        switch self {
        case .noTrust: "a node that hears nothing of the coordinator stops what it has; it goes on"
        case .noWait: "a new coordinator waits until nobody trusts the former one; it begins at once"
        case .noClaim: "a run is claimed before it begins; it begins without"
        case .noCopies: "other nodes keep what the coordinator knows; none does"
        }
    }

    var authority: TaskScenario.Authority {
        switch self {
        case .noTrust, .noWait, .noClaim: .store
        case .noCopies: .majority
        }
    }
}
