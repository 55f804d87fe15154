package import Basics
package import Wire

/// One entry of the view: what is known about another member, and since when.
///
/// Small, for there is one for each member in the process of each: what seldom changes is shared, and what there is
/// to say about a member in trouble lies elsewhere.
package struct Member: Sendable {
    private(set) var profile: Profile
    package internal(set) var incarnation: UInt64
    /// When the status was entered, by this node's clock.
    package internal(set) var since: Instant
    /// When it last proved that its process runs.
    package internal(set) var heard: Instant
    package internal(set) var roundTrip = RoundTrip()
    private var condition = Condition.well
    package internal(set) var status: Status
    /// On what grounds the status was reported.
    package internal(set) var evidence: Evidence
    /// Whether this node only ever heard that it is dead or has left. Such memories are not handed on, or a cluster
    /// would never forget: each would learn them anew from another.
    var isHearsay: Bool

    private enum Condition: Sendable {
        case well
        indirect case ill(Trouble)
    }

    private struct Trouble: Equatable, Sendable {
        var accuser = ""
        var silentSince: Instant?
        var deadline: Instant?
        var confirmers: [String] = []
        var silences = 0
        var silentTo: [String] = []
    }

    /// The record of a member that has described itself; a bare verdict makes no entry.
    init(_ record: MemberRecord, now: Instant) {
        profile = record.profile
        incarnation = record.incarnation
        status = record.status
        evidence = record.evidence
        since = now
        heard = now
        isHearsay = !record.status.isPresent
        accuser = record.accuser
    }

    package var id: String { profile.identity.id }
    package var identity: Identity { profile.identity }
    package var seats: [SeatRecord] { profile.seats }
    package var attributes: Attributes { profile.attributes ?? Attributes(address: .loopback(port: 0)) }
    /// Its point on the ring of hashed ids.
    var point: UInt64 { profile.point }
    /// The upper half of it. Hardly ever are there two members with the same.
    var pointStart: UInt32 { Member.start(of: point) }
    static func start(of point: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: point >> 32) }
    package var address: Address { attributes.address }
    /// Of the attributes.
    var version: UInt64 { profile.attributes?.version ?? 0 }
    package var isPresent: Bool { status.isPresent }
    /// Whether it can be asked to look at others.
    var isReachable: Bool { status == .alive }

    // MARK: in trouble

    private var trouble: Trouble {
        get { if case .ill(let trouble) = condition { trouble } else { Trouble() } }
        set { condition = newValue == Trouble() ? .well : .ill(newValue) }
    }

    private var isWell: Bool { if case .well = condition { true } else { false } }

    /// Who reported the present status; empty: the member itself.
    package internal(set) var accuser: String {
        get { trouble.accuser }
        set { if !isWell || !newValue.isEmpty { trouble.accuser = newValue } }
    }

    /// The sending of the first probe that was not answered since `heard`: it stopped before this plus a round trip.
    package internal(set) var silentSince: Instant? {
        get { trouble.silentSince }
        set { if !isWell || newValue != nil { trouble.silentSince = newValue } }
    }

    /// When the suspicion (or the patience with an unresponsive member) ends.
    var deadline: Instant? {
        get { trouble.deadline }
        set { if !isWell || newValue != nil { trouble.deadline = newValue } }
    }

    /// Who else saw what the accuser saw.
    package internal(set) var confirmers: [String] {
        get { trouble.confirmers }
        set { if !isWell || !newValue.isEmpty { trouble.confirmers = newValue } }
    }

    /// Probes in a row to which not even its kernel answered, while it is unresponsive.
    var silences: Int {
        get { trouble.silences }
        set { if !isWell || newValue != 0 { trouble.silences = newValue } }
    }

    /// Who says that not even its kernel answers, since it last answered here.
    var silentTo: [String] {
        get { trouble.silentTo }
        set { if !isWell || !newValue.isEmpty { trouble.silentTo = newValue } }
    }

    /// Its kernel has answered, or itself.
    mutating func forgetSilence() {
        silences = 0
        silentTo = []
    }

    // MARK: as others see it

    /// Takes on what a newer report says that the member says of itself.
    mutating func describe(as profile: Profile) {
        if profile.attributes != nil, profile.identity == identity { self.profile = profile }
    }

    /// The entry as gossip tells it.
    var record: MemberRecord {
        MemberRecord(
            profile, incarnation: incarnation, status: status, accuser: accuser, evidence: evidence)
    }

    /// The entry's part of the view's digest.
    var digest: UInt64 {
        guard isPresent else { return 0 }
        return Member.digest(profile, incarnation, status)
    }

    /// What a member that stands like this adds to the digest of a view.
    static func digest(_ profile: Profile, _ incarnation: UInt64, _ status: Status) -> UInt64 {
        var hash = profile.digestStart
        hash.add(incarnation)
        hash.add(status.rawValue)
        hash.add(profile.attributes?.version ?? 0)
        return hash.value
    }
}
