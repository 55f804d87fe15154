package import Basics

/// How a member stands, in rising precedence: of two reports about the same start and incarnation of a member
/// the later case wins.
public enum Status: UInt8, Comparable, Sendable {
    case alive = 1
    /// Silent; nobody knows yet why.
    case suspect = 2
    /// Its kernel answers, its process does not: starved or stopped.
    case unresponsive = 3
    case dead = 4
    case left = 5

    public static func < (left: Status, right: Status) -> Bool { left.rawValue < right.rawValue }

    public var isPresent: Bool { self <= .unresponsive }
}

/// Why a status was given: what the accuser saw.
public enum Evidence: UInt8, Sendable {
    case none = 0
    /// No answer to direct and indirect probes.
    case silence = 1
    /// A connection was accepted, the process behind it did not answer.
    case kernelOnly = 2
    /// The standing link closed and new connections were refused: the host lives, the process does not.
    case connectionRefused = 3
    /// A suspicion was not refuted in time.
    case suspicionExpired = 4
    /// A younger start of the same id took its place.
    case superseded = 5
    /// It said that it leaves.
    case farewell = 6
    /// Another live instance holds this id; this one was refused.
    case duplicate = 7
}

/// What the others are told about a member besides how it stands. Only the member itself writes these.
package struct Attributes: Hashable, Sendable {
    package var address: Address
    /// For people; empty means the id.
    package var name: String
    /// Sorted by key.
    package var tags: [Tag]
    /// Sorted by role.
    package var seats: [SeatRecord]
    /// Counts the changes of these attributes within one start.
    package var version: UInt64

    package init(
        address: Address, name: String = "", tags: [Tag] = [], seats: [SeatRecord] = [], version: UInt64 = 0
    ) {
        self.address = address
        self.name = name
        self.tags = tags
        self.seats = seats
        self.version = version
    }

    /// The keys of the tags that are new, gone or of another version than before, sorted.
    package func changedTags(since before: Attributes) -> [String] {
        let now = Set(tags)
        let then = Set(before.tags)
        return Set(now.symmetricDifference(then).map(\.key)).sorted()
    }

    package struct Tag: Hashable, Sendable {
        package var key: String
        package var value: String
        /// The version of the attributes that came with it: tells which tags changed, and when in the order of all
        /// changes. 0: never said.
        package var version: UInt64

        package init(key: String, value: String, version: UInt64 = 0) {
            self.key = key
            self.value = value
            self.version = version
        }
    }
}

/// One report about one member: gossip, anti-entropy and verdicts all carry these.
package struct MemberRecord: Hashable, Sendable {
    package var profile: Profile
    /// Raised by the member alone, to refute what is said about it (SWIM, section 4.2).
    package var incarnation: UInt64
    package var status: Status
    /// The id of the member that saw the evidence; empty when a member speaks for itself.
    package var accuser: String
    package var evidence: Evidence

    package init(
        _ profile: Profile, incarnation: UInt64, status: Status, accuser: String = "",
        evidence: Evidence = .none
    ) {
        self.profile = profile
        self.incarnation = incarnation
        self.status = status
        self.accuser = accuser
        self.evidence = evidence
    }

    package init(
        identity: Identity, incarnation: UInt64, status: Status, attributes: Attributes? = nil,
        accuser: String = "", evidence: Evidence = .none
    ) {
        self.init(
            Profile(identity, attributes), incarnation: incarnation, status: status, accuser: accuser,
            evidence: evidence)
    }

    package var identity: Identity {
        get { profile.identity }
        set { profile = Profile(newValue, profile.attributes) }
    }

    /// Nil in a bare verdict.
    package var attributes: Attributes? {
        get { profile.attributes }
        set { profile = Profile(profile.identity, newValue) }
    }
}

/// What a member may say about itself: small enough that its record always fits one datagram.
package enum RecordLimit {
    /// Bytes of the encoded record that a member may write of itself.
    package static let encodedBytes = 1100
    /// Bytes of the longest encoded record that is read: one of the former with a verdict, which names its accuser.
    package static let longestRead = 1200
    /// Up to so many bytes no record grows too large: 16 seats grow by 50 each, all else by 22.
    static let surelySmall = 270
    /// Incarnations and versions that are read stay below: a number that does not end by itself.
    package static let numbersEnd: UInt64 = 1 << 62
    package static let tags = 32
    package static let tagKeyBytes = 64
    package static let tagValueBytes = 512
    package static let seats = 16
    package static let nameBytes = 64
}
