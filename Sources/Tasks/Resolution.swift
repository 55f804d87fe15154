package import Basics

/// What a resolver says.
package struct Resolution: Hashable, Sendable {
    /// For each task, in the order in which they were given: the node that should have it now. A task whose node stays
    /// keeps it; nil: nobody can have it now.
    package var owners: [Int?]
    /// Why some tasks have no node, or not yet the one they should have; none twice.
    package var notes: [ResolverNote]
    /// Why a task has no node, by its place.
    package var reasons: [Int: ResolverNote]
    /// When to resolve again although nothing was heard: a grace time ends, or more tasks may move.
    package var nextLook: Instant

    /// More notes than this are left out: who reads a hundred has read enough.
    package static let mostNotes = 100
}

/// Something that a person may want to know of a resolution. Equal where it says the same, so that it can be said once and
/// counted.
package enum ResolverNote: Hashable, Sendable {
    case noNodes
    case nobodyOffers(task: String)
    case nobodyHasLabels(task: String, labels: [String])
    case waitingForNodes(wanted: Int, present: Int)
    case wentOnWithFewer(wanted: Int, present: Int)
    case nobodyOfListIsHere
    case nobodyOfListCan(task: String)
    case movesLimited(perMinute: Int)
    case hostDidNotAnswer
    case hostAnswered(owners: Int, tasks: Int)
    case hostChoseNoNode(task: String, place: Int)
    case hostChoseIncapable(task: String, node: String)
    case hostChoseNobody

    package var text: String {
        switch self {
        case .noNodes: "no node is there to take tasks"
        case .nobodyOffers(let task): "no node that is there can take task '\(task)' now"
        case .nobodyHasLabels(let task, let labels):
            "no node that offers task '\(task)' has all the labels that it requires: "
                + labels.joined(separator: ", ")
        case .waitingForNodes(let wanted, let present):
            "\(present) of \(wanted) task servers are there"
        case .wentOnWithFewer(let wanted, let present):
            "the grace time is over: tasks are given to the \(present) nodes that are there of \(wanted)"
        case .nobodyOfListIsHere: "none of the nodes that are listed for tasks is there"
        case .nobodyOfListCan(let task):
            "none of the nodes that are listed for tasks and are there can take task '\(task)' now"
        case .movesLimited(let perMinute):
            "more tasks should move to better places than the \(perMinute) that may in a minute"
        case .hostDidNotAnswer: "the host's resolver did not answer"
        case .hostAnswered(let owners, let tasks):
            "the host's resolver answered for \(owners) tasks where there are \(tasks)"
        case .hostChoseNoNode(let task, let place):
            "the host's resolver gave task '\(task)' to node number \(place), which is none"
        case .hostChoseNobody: "the host's resolver gave it to no node"
        case .hostChoseIncapable(let task, let node):
            "the host's resolver gave task '\(task)' to node '\(node)', which cannot take it now"
        }
    }
}
