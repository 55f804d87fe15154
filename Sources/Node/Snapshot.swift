import Basics
import Membership
import Wire

/// The members as reports tell of them.
extension Runtime {
    /// Those that are present, this node included, sorted by id.
    package func snapshot() -> [MemberInfo] {
        let others = Array(engine.membership.view.present)
        // The places are sorted, not what lies there, which is large.
        var places: [(id: String, place: Int?)] = others.indices.map { (others[$0].id, $0) }
        places.append((engine.membership.me.id, nil))
        places.sort { $0.id < $1.id }
        return places.map { $0.place.map { info(others[$0]) } ?? ownInfo }
    }

    private var ownInfo: MemberInfo {
        let membership = engine.membership
        var own = info(
            identity: membership.me, incarnation: membership.incarnation, attributes: membership.attributes,
            state: .alive, since: startedAt, isSelf: true)
        own.company = membership.company
        return own
    }

    private func info(_ member: Member) -> MemberInfo {
        var info = info(
            identity: member.identity, incarnation: member.incarnation, attributes: member.attributes,
            state: MemberState(member.status), since: member.since, isSelf: false)
        info.accuser = member.accuser
        info.evidence = member.evidence.words
        if member.status != .alive {
            info.confirmers = member.confirmers.filter { $0 != member.accuser }.sorted()
            info.heardEpochMs = epochMs(member.heard)
        }
        return info
    }

    /// The wall clock at a moment, for reports only.
    private func epochMs(_ moment: Instant) -> Int64 {
        Int64(startedWallMicroseconds / 1000) + (moment - startedAt).milliseconds
    }

    private func info(
        identity: Identity, incarnation: UInt64, attributes: Attributes, state: MemberState, since: Instant,
        isSelf: Bool
    ) -> MemberInfo {
        MemberInfo(
            id: identity.id, name: attributes.name.isEmpty ? identity.id : attributes.name,
            generation: identity.generation, nonce: identity.nonce, incarnation: incarnation,
            host: attributes.address.host, port: attributes.address.port, state: state, isSelf: isSelf,
            sinceEpochMs: epochMs(since), since: since, accuser: "", evidence: "", tags: attributes.tags,
            seats: attributes.seats.map { seat in
                SeatInfo(
                    role: seat.role, isPrimary: seat.state != .standby,
                    configuredPosition: seat.position == 0 ? nil : seat.position,
                    position: engine.position(of: identity.id, in: seat),
                    isReady: !seat.isUnready, isPaused: seat.isPaused,
                    token: seat.token == 0 ? nil : seat.token)
            })
    }
}
