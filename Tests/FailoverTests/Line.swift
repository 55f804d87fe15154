import Basics
import Failover
import Wire

/// One node's failover among rivals that the test makes up, in seconds that the test says.
struct Line {
    var failover: Failover
    var rivals: [Rival] = []
    var now = Line.at(0)
    var mayLead = true
    /// The members present, if others than those with seats.
    var presentCount: Int?
    /// Who holds the lease, as the register shows.
    var holder: (id: String, token: UInt64)?

    init(
        id: String = "n1", position: UInt32 = 0, expect: Int = 0, wallSeconds: UInt64 = 1000, quorum: Int = 0,
        isReady: Bool = true, authority: SeatRecord.Authority = .members
    ) {
        var settings = FailoverSettings()
        settings.authority = authority
        settings.position = position
        settings.expect = expect
        settings.quorum = quorum
        settings.isReady = isReady
        failover = Failover(
            id: id, instance: Line.instance(id), settings: settings, seed: 1, wallSeconds: wallSeconds,
            now: now)
        failover.open(role: "r", savedToken: 0, now: now)
    }

    /// The start of a member, made of its id.
    static func instance(_ id: String) -> UInt64 { id.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) } }

    static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9) + 77) }

    mutating func look(at seconds: Double) -> [RoleEvent] {
        now = Line.at(seconds)
        return failover.evaluate(
            role: "r", in: situation, now: now)
    }

    private var situation: Failover.Situation {
        Failover.Situation(rivals: rivals, presentCount: presentCount, holder: holder, mayLead: mayLead)
    }

    mutating func promote(_ id: String, for seconds: Double = 10) -> Failover.Promotion {
        let isPresent = rivals.contains { $0.id == id } || id == failover.id
        return failover.promote(
            role: "r", target: id, isPresent: isPresent, in: situation,
            until: now + .milliseconds(Int64(seconds * 1000)), now: now
        ).result
    }

    mutating func meet(
        _ id: String, _ state: SeatRecord.State = .standby, status: Status = .alive, position: UInt32 = 0,
        number: UInt32 = 1, token: UInt64 = 0, silentSince: Instant? = nil, hasYielded: Bool = false,
        isUnready: Bool = false, highestToken: UInt64 = 0, target: String? = nil, pauses: UInt32 = 0,
        authority: SeatRecord.Authority? = nil
    ) {
        rivals.removeAll { $0.id == id }
        let seat = SeatRecord(
            role: "r", authority: authority ?? failover.settings.authority, state: state, position: position,
            number: number, isUnready: isUnready,
            hasYielded: hasYielded, token: token, highestToken: max(token, highestToken),
            target: target.map { Line.instance($0) } ?? 0, pauses: pauses)
        rivals.append(
            Rival(
                id: id, instance: Line.instance(id), status: status, silentSince: silentSince, seat: seat))
        rivals.sort { $0.id < $1.id }
    }

    mutating func lose(_ id: String) { rivals.removeAll { $0.id == id } }

    var token: UInt64? { failover.token(of: "r") }
    var rank: UInt32? { failover.position(of: "r") }
    var primary: String? { failover.primary(of: "r") }
    var record: SeatRecord? { failover.records.first }
}

extension [RoleEvent] {
    var promotions: Int { filter { if case .promoted = $0 { true } else { false } }.count }
    var overlaps: Int { filter { if case .overlap = $0 { true } else { false } }.count }
    var demotionReasons: [Demotion] {
        compactMap { if case .demoted(_, _, _, let why) = $0 { why } else { nil } }
    }
    var wishes: [Bool] {
        compactMap { if case .wishEnded(_, let isFulfilled) = $0 { isFulfilled } else { nil } }
    }
    var demotions: [Bool] {
        compactMap { if case .demoted(_, _, let isAwaited, _) = $0 { isAwaited } else { nil } }
    }
}
