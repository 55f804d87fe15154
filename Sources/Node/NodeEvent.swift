import Tasks

/// Kinds of events, with the numbers of the C face's `cluster_event_kind`.
package enum EventKind: UInt32, Sendable {
    case memberJoined = 1
    case memberChanged = 2
    case memberSuspect = 3
    case memberUnresponsive = 4
    case memberRecovered = 5
    case memberLeft = 6
    case memberDead = 7
    case promoted = 16
    case demoted = 17
    case primaryChanged = 18
    case positionChanged = 19
    case rolePaused = 20
    case demoteLate = 21
    case authority = 22
    case duplicate = 32
    case left = 33
    case isolated = 34
    case minority = 35
    case lost = 48
    case task = 64

    /// The word used in JSON and logs.
    package var word: String {
        switch self {
        case .memberJoined: "member-joined"
        case .memberChanged: "member-changed"
        case .memberSuspect: "member-suspect"
        case .memberUnresponsive: "member-unresponsive"
        case .memberRecovered: "member-recovered"
        case .memberLeft: "member-left"
        case .memberDead: "member-dead"
        case .promoted: "promoted"
        case .demoted: "demoted"
        case .primaryChanged: "primary-changed"
        case .positionChanged: "position-changed"
        case .rolePaused: "role-paused"
        case .demoteLate: "demote-late"
        case .authority: "authority"
        case .duplicate: "duplicate"
        case .isolated: "isolated"
        case .minority: "minority"
        case .left: "left"
        case .lost: "lost"
        case .task: "task"
        }
    }
}

/// One thing that happened, as hosts are told of it.
package struct NodeEvent: Sendable {
    /// Grows by one from event to event of a node, from 1.
    package var number: UInt64
    /// Wall clock in milliseconds since 1970 when it happened; for reports, never compared.
    package var epochMs: Int64
    package var kind: EventKind
    /// The id of the member concerned, or "".
    package var member: String
    /// The role concerned, or "".
    package var role: String
    /// A token, a position or a count, as the kind says.
    package var value: UInt64
    /// For people: the evidence, the reason.
    package var detail: String
    /// Why a member is held to be what it is, where somebody else says so.
    package var grounds: Grounds?

    /// What happened to a task, in a word; `role` is its name.
    package var news: String? { kind == .task ? TaskNews.Kind(rawValue: value)?.word : nil }
}

package enum LogLevel: Int32, Sendable, Comparable {
    case error = 1
    case warning = 2
    case info = 3
    case debug = 4
    case trace = 5

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
