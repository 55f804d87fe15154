package import Basics
package import Tasks

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
    package var resolver: ResolverSettings.Kind
    /// How long things go wrong, and how long nothing does then.
    package var trouble = Interval.seconds(60)
    package var calm = Interval.seconds(40)
    /// Whether nothing happens but that hosts are cut off, the coordinator's mostly.
    package var isCutOnly = false
    package var broken: TaskBreak?

    /// One by chance.
    package init(seed: UInt64, broken: TaskBreak? = nil) {
        var generator = SeededGenerator(seed: seed ^ 0x7A5)
        let all: [Authority] = [.members, .store, .majority]
        authority = broken?.authority ?? all[generator.below(all.count)]
        nodes = 2 + generator.below(4)
        tasks = 1 + generator.below(6)
        jobs = 1 + generator.below(4)
        resolver = ResolverSettings.Kind.allCases[generator.below(ResolverSettings.Kind.allCases.count)]
        let isAboutCuts = broken == .loneWord || broken == .levelEpochs
        isCutOnly = isAboutCuts || broken == nil && authority == .majority && generator.below(3) == 0
        self.broken = broken
    }

    /// Many tasks of which none fails, under the members' view: for counting how many move. See `TaskMovement`.
    init(moving resolver: ResolverSettings.Kind, broken: TaskBreak?) {
        (authority, nodes, tasks, jobs) = (.members, 5, 200, 0)
        self.resolver = broken == .dealAnew ? .host : resolver
        self.broken = broken
        (trouble, calm) = (.zero, .zero)
    }

    var resolving: ResolverSettings {
        ResolverSettings(
            kind: resolver, nodes: resolver == .nodes ? (0..<nodes).map { "n\($0)" } : [],
            movesPerMinute: 1000)
    }
}

/// A rule that can be switched off, to show that the checks notice.
package enum TaskBreak: String, CaseIterable, Sendable {
    case noTrust = "no-trust"
    case noWait = "no-wait"
    case noClaim = "no-claim"
    case noCopies = "no-copies"
    case loneWord = "lone-word"
    case levelEpochs = "level-epochs"
    case noHoldings = "no-holdings"
    case earlyStop = "early-stop"
    case lostPause = "lost-pause"
    case lostEnd = "lost-end"
    case noForgetting = "no-forgetting"
    case oldDefinition = "old-definition"
    case dealAnew = "deal-anew"

    package var words: String {
        switch self {
        case .noTrust: "a node that hears nothing of the coordinator stops what it has; it goes on"
        case .noWait: "a new coordinator waits until nobody trusts the former one; it begins at once"
        case .noClaim: "a run is claimed before it begins; it begins without"
        case .noCopies: "other nodes keep what the coordinator knows; none does"
        case .loneWord:
            "a coordinator that has lost nodes says nothing is written before it is confirmed; it does"
        case .levelEpochs: "what a later coordinator has written counts; what was written more often does"
        case .noHoldings: "a node tells a new coordinator what it has; it does not"
        case .earlyStop: "a host that has not stopped begins nothing; it says that it has, and goes on"
        case .lostPause: "that a task is paused is written down; it is not"
        case .lostEnd: "that a task is completed is written down; it is not"
        case .noForgetting: "what is forgotten stands nowhere any more; it does"
        case .oldDefinition: "of definitions that differ the newer one counts; it is told to be older"
        case .dealAnew: "tasks stay where they are; all are dealt anew at each look"
        }
    }

    var authority: TaskScenario.Authority {
        switch self {
        case .noTrust, .noWait, .noClaim, .lostPause, .lostEnd, .noForgetting: .store
        case .noCopies, .loneWord, .levelEpochs: .majority
        case .noHoldings, .earlyStop, .oldDefinition, .dealAnew: .members
        }
    }
}
