package import Basics
import Wire

/// What this node's host asked for: that another, or this node itself, be promoted.
struct Wish: Sendable {
    var target: UInt64
    var until: Instant
    /// The highest token when it was made: whoever is promoted under a higher one has answered it.
    var token: UInt64
    /// Since when it waits, unsaid, for the successor to begin whom this node has made way for: what such a node says
    /// counts as the former primary's word.
    var heldSince: Instant?
}

/// Who is named to be promoted next.
struct Nominee {
    /// The start of the member.
    var instance: UInt64
    /// By somebody who asks for it, not by the primary that gives the role back.
    var isAsked: Bool
}

/// A hand-over to a chosen member.
///
/// Whoever wants it says so in its own seat: it names the start of the member as the one to be promoted next. That is
/// true only as long as nobody has been promoted since, which the highest token beside it tells. The primary sees it,
/// gives the role back and names the same in its own seat, so that whoever sees that it has stopped sees in the same
/// record who is next.
extension Failover {
    package enum Promotion: Sendable {
        case begun, alreadyPrimary, noSeat, noMember, noCandidate(NoCandidate)
    }

    /// Why a member cannot be promoted.
    package enum NoCandidate: Sendable { case noSeat, unready, unresponsive, noQuorum }

    /// Asks for the promotion of a member; until when it stands. `wishEnded` follows where it has begun.
    package mutating func promote(
        role: String, target id: String, isPresent: Bool, in situation: Situation, until: Instant,
        now: Instant
    ) -> (result: Promotion, events: [RoleEvent]) {
        guard let index = index(role) else { return (.noSeat, take()) }
        let instance: UInt64
        if id == self.id {
            guard !seats[index].record.isUnready else { return (.noCandidate(.unready), take()) }
            if case .primary = seats[index].phase { return (.alreadyPrimary, take()) }
            instance = self.instance
        } else {
            guard isPresent else { return (.noMember, take()) }
            guard let rival = situation.rivals.first(where: { $0.id == id }) else {
                return (.noCandidate(.noSeat), take())
            }
            if seats[index].primary == id, rival.seat.state == .primary { return (.alreadyPrimary, take()) }
            guard !rival.seat.isUnready else { return (.noCandidate(.unready), take()) }
            guard rival.status < .unresponsive else { return (.noCandidate(.unresponsive), take()) }
            instance = rival.instance
        }
        guard situation.presentCount >= settings.quorum else { return (.noCandidate(.noQuorum), take()) }
        endWish(index, isFulfilled: false)
        let wish = Wish(target: instance, until: until, token: seats[index].record.highestToken)
        if seats[index].record.hasYielded, !settings.isLeased {
            seats[index].wish = wish
            seats[index].wish?.heldSince = now
        } else {
            place(wish, index)
        }
        return (.begun, take())
    }

    /// Says it in the own seat.
    mutating func place(_ wish: Wish, _ index: Int) {
        seats[index].wish = wish
        seats[index].wish?.heldSince = nil
        seats[index].record.target = wish.target
    }

    /// The successor has had its time to begin. From now on this seat asks like any other.
    mutating func placeHeldWish(_ index: Int, now: Instant) {
        guard let wish = seats[index].wish, let since = wish.heldSince, since + settings.hearing <= now else {
            return
        }
        seats[index].record.hasYielded = false
        place(wish, index)
    }

    /// Who is to be promoted next, as far as it could begin. What the former primary says comes first.
    func nominee(_ index: Int, _ rivals: [Rival]) -> Nominee? {
        let own = seats[index].record
        let since = own.state == .standby ? own.highestToken : own.token
        var best: Nominee?
        for record in [own] + rivals.map(\.seat) where record.target != 0 && record.highestToken >= since {
            guard canBegin(record.target, rivals) else { continue }
            let found = Nominee(
                instance: record.target, isAsked: !record.hasYielded && record.state != .yielding)
            guard let known = best else {
                best = found
                continue
            }
            if found.isAsked != known.isAsked ? known.isAsked : found.instance < known.instance {
                best = found
            }
        }
        return best
    }

    private func canBegin(_ target: UInt64, _ rivals: [Rival]) -> Bool {
        target == instance || rivals.contains { $0.instance == target && isEligible($0) }
    }

    mutating func noteNaming(_ index: Int, _ rivals: [Rival], now: Instant) {
        let isAsked = nominee(index, rivals).map { $0.instance == instance && $0.isAsked } ?? false
        seats[index].namedSince = isAsked ? seats[index].namedSince ?? now : nil
    }

    /// Whether the line waits for the nominee: each has its time to begin, from when it may.
    mutating func awaits(_ nominee: Nominee?, _ index: Int, now: Instant) -> Bool {
        guard let nominee else {
            seats[index].waitsForNominee = nil
            return false
        }
        if seats[index].waitsForNominee?.instance != nominee.instance {
            let patience = settings.unresponsiveAfter + (nominee.isAsked ? settings.hearing : .zero)
            seats[index].waitsForNominee = (nominee.instance, now + patience)
        }
        return seats[index].waitsForNominee.map { now < $0.until } ?? false
    }

    /// Ends the wish when it has been answered in one way or another, or its time is up.
    mutating func judgeWish(_ index: Int, _ rivals: [Rival], now: Instant) {
        let seat = seats[index]
        guard let wish = seat.wish else { return }
        let leader = seat.primary == id ? instance : rivals.first { $0.id == seat.primary }?.instance
        if let leader, leader == wish.target {
            endWish(index, isFulfilled: true)
        } else if wish.until <= now || (leader != nil && seat.primaryToken > wish.token) {
            endWish(index, isFulfilled: false)
        }
    }

    private mutating func endWish(_ index: Int, isFulfilled: Bool) {
        guard seats[index].wish != nil else { return }
        seats[index].wish = nil
        // Who gives the role back, or has, goes on saying to whom.
        let record = seats[index].record
        if record.state == .standby, !record.hasYielded { seats[index].record.target = 0 }
        events.append(.wishEnded(role: seats[index].role, isFulfilled: isFulfilled))
    }
}
