import Basics
package import Wire

/// This node's candidacy in one role: a state machine over what the others say about theirs.
struct Seat: Sendable {
    let role: String
    var phase: Phase
    var record: SeatRecord
    /// Until when nobody is promoted at a cold start.
    var graceEnds: Instant
    /// Whether a primary was ever seen: the start is not cold then.
    var hasSeenPrimary = false
    var primary: String?
    /// The token under which it holds the role.
    var primaryToken: UInt64 = 0
    var rank: UInt32?
    /// How often this node met another primary while it was one.
    var overlaps: UInt64 = 0
    /// Whether it could not be promoted because no higher token is left.
    var isOutOfTokens = false
    /// The token of the other primary met last: each is counted once.
    var overlappedToken: UInt64 = 0
    /// Whether the host says that it is fit to lead.
    var isReady: Bool
    /// The other reason to be passed over: it declined, and rests.
    var rest = Rest()
    /// Whom this node's host wants promoted.
    var wish: Wish?
    /// Who is named to be next and waited for, while nobody leads, and until when.
    var waitsForNominee: (instance: UInt64, until: Instant)?
    /// Since when the host can lead again.
    var fitSince: Instant?
    /// Since when somebody who does not lead names this node as the next.
    var namedSince: Instant?
    /// What this node's host wants of the pause, until the others' seats are known.
    var wantsPause: Bool?
    /// The starts of members that have seats under another authority and were told of.
    var strangers: Set<UInt64> = []
    /// The last state of the pause that the host was told of.
    var wasPaused = false

    init(role: String, phase: Phase, record: SeatRecord, graceEnds: Instant, isReady: Bool) {
        self.role = role
        self.phase = phase
        self.record = record
        self.graceEnds = graceEnds
        self.isReady = isReady
    }

    enum Phase: Sendable {
        /// The place in the line is not chosen yet: the others' seats are not known.
        case taking
        case standby
        case primary
        /// The host is being told to stop.
        case yielding(until: Instant, then: Afterwards)
    }

    /// What becomes of a seat whose host has stopped.
    enum Afterwards: Sendable {
        case closed
        /// It goes behind all others.
        case last
        /// It keeps its place.
        case inPlace
    }

    /// What this node says of the seat; nothing before the place is chosen.
    var published: SeatRecord? {
        if case .taking = phase { return nil }
        return record
    }
}

/// Something that happened to a role, as the host is told of it.
package enum RoleEvent: Sendable, Equatable {
    /// This node holds the role now.
    case promoted(role: String, token: UInt64)
    /// This node must stop acting. `hostStopped` is awaited where `isAwaited`.
    case demoted(role: String, token: UInt64, isAwaited: Bool, why: Demotion)
    /// Another leads, or the same one under another token. Nil: nobody.
    case primaryChanged(role: String, primary: String?, token: UInt64)
    case positionChanged(role: String, position: UInt32)
    /// This node would be promoted, had it a token above the highest heard.
    case outOfTokens(role: String)
    /// Nobody is promoted by itself any more, or again.
    case paused(role: String, isPaused: Bool)
    /// What this node's host asked for by `promote` has come, or cannot come any more.
    case wishEnded(role: String, isFulfilled: Bool)
    /// A member's seat in the role is under another authority: no promise holds.
    case authorityDiffers(role: String, other: String, authority: SeatRecord.Authority)
    /// Who renews the lease is no member that this node sees.
    case holderUnseen(role: String, holder: String)
    /// The register has lost what it had acknowledged: it shows this epoch, after the other was heard of.
    case storeForgot(role: String, floor: UInt64, found: UInt64?)
    /// Two primaries met. The one with the higher token stays.
    case overlap(role: String, other: String, token: UInt64)
}

/// Why a seat is primary no longer.
package enum Demotion: Sendable {
    case steppedDown, handedOver, closed, unready, declined, noQuorum, overlap
    /// The lease was not renewed in time, is another's, or the register has lost it.
    case leaseExpired, leaseTaken, storeForgot
}
