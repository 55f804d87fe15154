package import Basics
package import Membership
package import Wire

/// How a member stands, with the numbers of the C face's `cluster_member_state`.
package enum MemberState: UInt32, Sendable {
    case alive = 1
    case suspect = 2
    case unresponsive = 3
    case left = 4
    case dead = 5

    init(_ status: Status) {
        switch status {
        case .alive: self = .alive
        case .suspect: self = .suspect
        case .unresponsive: self = .unresponsive
        case .left: self = .left
        case .dead: self = .dead
        }
    }

    package var word: String {
        switch self {
        case .alive: "alive"
        case .suspect: "suspect"
        case .unresponsive: "unresponsive"
        case .left: "left"
        case .dead: "dead"
        }
    }
}

/// A member's seat in one role, as it publishes it.
package struct SeatInfo: Sendable, Equatable {
    package var role: String
    package var isPrimary: Bool
    /// The configured position; nil: none.
    package var configuredPosition: UInt32?
    /// The rank in the line as the member that took this snapshot computes it; nil where it has no seat
    /// itself.
    package var position: UInt32?
    /// Whether it could be promoted as far as its own host is concerned.
    package var isReady: Bool
    /// Whether the role is paused, as far as that member has heard.
    package var isPaused: Bool
    package var token: UInt64?
}

/// One member in a snapshot of the view.
package struct MemberInfo: Sendable, Equatable {
    package var id: String
    package var name: String
    package var generation: UInt64
    package var nonce: UInt64
    package var incarnation: UInt64
    package var host: String
    package var port: UInt16
    package var state: MemberState
    package var isSelf: Bool
    /// Wall clock in milliseconds since 1970 when the state was entered; for reports, never compared.
    package var sinceEpochMs: Int64
    /// The same by the clock that intervals are measured with.
    package var since: Instant
    package var accuser: String
    package var evidence: String
    /// The others that saw the same, sorted.
    package var confirmers: [String] = []
    /// When this node last had a proof that the process runs, where the member is not alive; else nil: it changes
    /// with every probe.
    package var heardEpochMs: Int64?
    /// Sorted by key.
    package var tags: [Attributes.Tag]
    package var seats: [SeatInfo]
    /// How much of the cluster this node sees; nil in the others' entries.
    package var company: Company?

    /// Milliseconds in the state by now: a snapshot is handed out again while nothing changes.
    package var sinceMs: Int64 { max(0, (Clock.now - since).milliseconds) }
}

extension Evidence {
    /// What is told to people; "" where there is nothing to tell.
    package var words: String {
        switch self {
        case .none: ""
        case .silence: "no answer to direct and indirect probes"
        case .kernelOnly: "its kernel accepts connections, its process does not answer"
        case .connectionRefused: "connections are refused: the process is gone"
        case .suspicionExpired: "the suspicion was not refuted in time"
        case .superseded: "a younger start of the same id took its place"
        case .farewell: "it said farewell"
        case .duplicate: "an older live instance holds this id"
        }
    }
}
