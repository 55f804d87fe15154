package import Basics

/// What a node that offers tasks and the coordinator say to each other, on one standing stream.
package enum TaskMail: Hashable, Sendable {
    // The node says.
    /// The first word on a stream; offers, holdings and `ready` follow.
    case hello(weight: UInt32, labels: [String], rowsDigest: UInt64)
    case offers([TaskDefinition])
    case holdings([TaskHolding])
    /// All has been said that was to say at first.
    case ready
    case withdraw(String)
    case report(TaskReport)
    /// "May I go on trusting myself?", answered by `renewed` with the same number.
    case renew(UInt64)
    case order(TaskOrder)
    case read(id: UInt64, name: String)
    /// Writes the row if `expected` stands there; nil: no row.
    case write(id: UInt64, expected: RowStamp?, row: TaskRow)
    /// The rows of the `keep` of this number are kept.
    case kept(UInt64)

    // The coordinator says.
    case welcome(epoch: UInt64, wantsRows: Bool)
    case assign(TaskDefinition, token: UInt64)
    case stop(name: String, token: UInt64)
    case renewed(UInt64)
    /// To be kept for whoever coordinates next; answered by `kept`.
    case keep(number: UInt64, rows: [TaskRow], removed: [String])
    /// What all tasks are doing. `isWhole`: what is not in it is no more.
    case table([TaskStatus], removed: [String], isWhole: Bool)
    case answer(id: UInt64, TaskAnswer, text: String)
    case found(id: UInt64, row: TaskRow?)
    case written(id: UInt64, TaskWrite)

    // Both say.
    case rows([TaskRow], isLast: Bool)
}

/// A task that a node has, as it tells a coordinator that may not know.
package struct TaskHolding: Hashable, Sendable {
    package var name: String
    package var token: UInt64
    package var isStopping: Bool
    /// Under which it runs, where the node itself offers it otherwise.
    package var definition: TaskDefinition?

    package init(
        name: String, token: UInt64, isStopping: Bool = false, definition: TaskDefinition? = nil
    ) {
        self.name = name
        self.token = token
        self.isStopping = isStopping
        self.definition = definition
    }
}

/// What became of an assignment.
package struct TaskReport: Hashable, Sendable {
    package enum News: UInt8, Sendable {
        case running = 1
        case stopped = 2
        /// It could not go on here; another node is to try.
        case failed = 3
        /// There is nothing left to do, ever.
        case completed = 4
        /// A run has begun; `moment` and `attempt` say which.
        case began = 5
    }

    package var name: String
    package var token: UInt64
    package var news: News
    package var detail: String
    package var moment: Int64
    package var attempt: UInt32

    package init(
        name: String, token: UInt64, _ news: News, detail: String = "", moment: Int64 = 0, attempt: UInt32 = 0
    ) {
        self.name = name
        self.token = token
        self.news = news
        self.detail = detail
        self.moment = moment
        self.attempt = attempt
    }

    /// Bytes of the longest detail.
    package static let longestDetail = 256
}

/// What somebody asks for by hand, from any node.
package struct TaskOrder: Hashable, Sendable {
    package enum Verb: UInt8, Sendable {
        case pause = 1
        case resume = 2
        /// To `target`; to whichever other node the resolver names where that is empty.
        case move = 3
        /// Runs a job now, outside its schedule.
        case run = 4
        /// Removes what is remembered of a task that nobody offers.
        case forget = 5
    }

    package var id: UInt64
    package var verb: Verb
    package var name: String
    package var target: String

    package init(id: UInt64, _ verb: Verb, name: String, target: String = "") {
        self.id = id
        self.verb = verb
        self.name = name
        self.target = target
    }
}

package enum TaskAnswer: UInt8, Sendable {
    case done = 1
    /// Nobody offers such a task.
    case unknownTask = 2
    /// The node named does not offer the task, or no other node does.
    case noCandidate = 3
    /// It is not known whether it was done, or could not be now: to be asked again.
    case tryAgain = 4
    /// Only a job can do that.
    case noJob = 5
    /// Somebody offers the task.
    case offered = 6
}

package enum TaskWrite: UInt8, Sendable {
    case applied = 1
    /// Something else stands there.
    case conflict = 2
    /// Nothing was written.
    case failed = 3
    /// Nobody knows.
    case unknown = 4
}

/// A task as people see it.
package struct TaskStatus: Hashable, Sendable {
    package enum State: UInt8, Sendable {
        /// Nobody has it.
        case offered = 1
        /// A node was told to begin.
        case assigned = 2
        case running = 3
        case stopping = 4
        case paused = 5
        /// There is nothing left to do.
        case completed = 6

        package var word: String {
            switch self {
            case .offered: "offered"
            case .assigned: "assigned"
            case .running: "running"
            case .stopping: "stopping"
            case .paused: "paused"
            case .completed: "completed"
            }
        }
    }

    package var name: String
    package var kind: TaskDefinition.Kind
    package var state: State
    /// The node that has it; empty: none.
    package var owner: String
    package var token: UInt64
    package var schedule: String
    /// How many nodes offer it.
    package var offers: UInt32
    /// Why nobody has it, where somebody should.
    package var detail: String

    package init(
        name: String, kind: TaskDefinition.Kind, state: State, owner: String = "", token: UInt64 = 0,
        schedule: String = "", offers: UInt32 = 0, detail: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.state = state
        self.owner = owner
        self.token = token
        self.schedule = schedule
        self.offers = offers
        self.detail = detail
    }
}
