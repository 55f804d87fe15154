import Basics
import Failover
import Wire

/// One node's failover among rivals that the test makes up, in seconds that the test says.
struct Line {
    var failover: Failover
    var rivals: [Rival] = []
    var now = Line.at(0)
    var mayLead = true

    init(id: String = "n1", position: UInt32 = 0, expect: Int = 0, wallSeconds: UInt64 = 1000) {
        var settings = FailoverSettings()
        settings.position = position
        settings.expect = expect
        failover = Failover(id: id, settings: settings, seed: 1, wallSeconds: wallSeconds, now: now)
        failover.open(role: "r", savedToken: 0, now: now)
    }

    static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9) + 77) }

    mutating func look(at seconds: Double) -> [RoleEvent] {
        now = Line.at(seconds)
        return failover.evaluate(
            role: "r", in: Failover.Situation(rivals: rivals, mayLead: mayLead), now: now)
    }

    mutating func meet(
        _ id: String, _ state: SeatRecord.State = .standby, status: Status = .alive, position: UInt32 = 0,
        number: UInt32 = 1, token: UInt64 = 0, silentSince: Instant? = nil, hasYielded: Bool = false,
        isUnready: Bool = false
    ) {
        rivals.removeAll { $0.id == id }
        let seat = SeatRecord(
            role: "r", state: state, position: position, number: number, isUnready: isUnready,
            hasYielded: hasYielded, token: token)
        rivals.append(Rival(id: id, status: status, silentSince: silentSince, seat: seat))
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
    var demotions: [Bool] {
        compactMap { if case .demoted(_, _, let isAwaited) = $0 { isAwaited } else { nil } }
    }
}
