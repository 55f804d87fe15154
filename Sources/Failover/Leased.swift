package import Basics
import Wire

/// Under a lease the register decides who leads, and tells this node by `granted` and `lost`. What is left to the members
/// is the line, and what their hosts ask for.
extension Failover {
    /// The lease is this node's.
    package mutating func granted(role: String, token: UInt64, now: Instant) -> [RoleEvent] {
        guard let index = index(role), case .standby = seats[index].phase else { return take() }
        begin(index, token, now: now)
        return take()
    }

    /// The lease is this node's no more.
    package mutating func lost(role: String, why: Demotion) -> [RoleEvent] {
        guard let index = index(role), case .primary = seats[index].phase else { return take() }
        let token = seats[index].record.token
        becomeStandby(index)
        events.append(.demoted(role: role, token: token, isAwaited: true, why: why))
        return take()
    }

    /// Somebody asked the register for another primary.
    package mutating func handOver(role: String, to instance: UInt64, now: Instant) -> [RoleEvent] {
        guard let index = index(role), case .primary = seats[index].phase else { return take() }
        seats[index].record.target = instance
        yield(index, then: .last, why: .handedOver, now: now)
        return take()
    }

    /// The start of the member to which the role is being given, 0 where that is whoever comes next; nil where it is not
    /// being given back.
    package func givesTo(_ role: String) -> UInt64? {
        guard let seat = seat(role), case .yielding = seat.phase else { return nil }
        return seat.record.target
    }

    /// What was being given back is off this node's hands.
    package mutating func released(role: String) {
        guard let index = index(role), case .yielding(_, let afterwards) = seats[index].phase else { return }
        finishYielding(index, afterwards)
    }

    /// All that could be promoted, in order, this node included.
    package func line(of role: String, among rivals: [Rival]) -> [(id: String, instance: UInt64)] {
        guard let own = seat(role) else { return [] }
        var places = rivals.filter { isEligible($0) }
            .map { (place: Place($0.seat, id: $0.id), instance: $0.instance) }
        if couldLead(role) { places.append((Place(own.record, id: id), instance)) }
        return places.sorted { $0.place < $1.place }.map { ($0.place.id, $0.instance) }
    }

    /// Whether this node has its place in the line and is ready.
    package func couldLead(_ role: String) -> Bool {
        guard let seat = seat(role), !seat.record.isUnready else { return false }
        if case .taking = seat.phase { return false }
        return true
    }

    /// What the register says of the pause.
    package mutating func found(role: String, isPaused: Bool) -> [RoleEvent] {
        guard let index = index(role), seats[index].record.isPaused != isPaused else { return take() }
        seats[index].record.pauses = isPaused ? 1 : 0
        tellPause(index)
        return take()
    }

    /// Whether the rival says that the lease is its own, and nobody has heard of a later one.
    func isLeaseholder(_ rival: Rival, above highest: UInt64) -> Bool {
        rival.seat.state != .standby && rival.status.isPresent && rival.seat.token >= highest
    }

    /// All seats of a role must be under one authority: a lease binds only those who ask for it.
    mutating func hearAuthorities(_ index: Int, _ rivals: [Rival]) {
        for rival in rivals where rival.seat.authority != settings.authority {
            guard seats[index].strangers.insert(rival.instance).inserted else { continue }
            events.append(
                .authorityDiffers(role: seats[index].role, other: rival.id, authority: rival.seat.authority))
        }
        if seats[index].strangers.count > 2 * rivals.count + 16 { seats[index].strangers = [] }
    }
}
