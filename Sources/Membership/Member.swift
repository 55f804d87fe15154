package import Basics
package import Wire

/// One entry of the view: what is known about another member, and since when.
package struct Member: Sendable {
    package internal(set) var identity: Identity
    package internal(set) var incarnation: UInt64
    package internal(set) var status: Status
    package internal(set) var attributes: Attributes
    /// Who reported the present status, and on what grounds.
    package internal(set) var accuser: String
    package internal(set) var evidence: Evidence
    /// When the status was entered, by this node's clock.
    package internal(set) var since: Instant
    /// When it last proved that its process runs.
    package internal(set) var heard: Instant
    /// The sending of the first probe that was not answered since `heard`: it stopped before this plus a round trip.
    package internal(set) var silentSince: Instant?

    package internal(set) var roundTrip = RoundTrip()

    /// Whether this node only ever heard that it is dead or has left. Such memories are not handed on, or a cluster
    /// would never forget: each would learn them anew from another.
    var isHearsay: Bool
    /// When the suspicion (or the patience with an unresponsive member) ends.
    var deadline: Instant?
    package internal(set) var confirmers: [String] = []
    /// Probes in a row that showed another digest.
    var mismatches = 0
    /// Probes in a row to which not even its kernel answered, while it is unresponsive.
    var silences = 0

    init(record: MemberRecord, attributes: Attributes, now: Instant) {
        identity = record.identity
        incarnation = record.incarnation
        status = record.status
        self.attributes = attributes
        accuser = record.accuser
        evidence = record.evidence
        since = now
        heard = now
        isHearsay = !record.status.isPresent
    }

    package var id: String { identity.id }
    package var address: Address { attributes.address }
    package var isPresent: Bool { status.isPresent }
    /// Whether it can be asked to look at others.
    var isReachable: Bool { status == .alive }

    /// The entry as gossip tells it.
    var record: MemberRecord {
        MemberRecord(
            identity: identity, incarnation: incarnation, status: status, attributes: attributes,
            accuser: accuser, evidence: evidence)
    }

    /// The entry's part of the view's digest.
    var digest: UInt64 {
        guard isPresent else { return 0 }
        return Member.digest(identity, incarnation, status, attributes.version)
    }

    static func digest(_ identity: Identity, _ incarnation: UInt64, _ status: Status, _ version: UInt64)
        -> UInt64
    {
        var hash = Fnv1a()
        hash.add(identity.id)
        hash.add(identity.generation)
        hash.add(identity.nonce)
        hash.add(incarnation)
        hash.add(status.rawValue)
        hash.add(version)
        return hash.value
    }
}
