package import Basics
package import Wire

/// The line of each role; and who leads it, under the authority `members`: the live members' view decides. Under a lease
/// the register decides (`Leased.swift`).
///
/// Every node computes the same line from the seats that the members publish, so no election takes place: the
/// first in the line promotes itself when there is no primary. A primary is never displaced by an arrival. Two
/// primaries (after a partition, or a sleep) settle at the first message: the higher token stays.
package struct Failover: Sendable {
    package let settings: FailoverSettings
    package let id: String
    /// The nonce of this node's start.
    let instance: UInt64
    var seats: [Seat] = []
    var events: [RoleEvent] = []
    private var generator: SeededGenerator
    private let started: Instant
    /// Seconds of the wall clock at `started`: the one use of it, to keep tokens growing over a loss of all memory.
    private let wallSeconds: UInt64

    package init(
        id: String, instance: UInt64, settings: FailoverSettings, seed: UInt64, wallSeconds: UInt64,
        now: Instant
    ) {
        self.id = id
        self.instance = instance
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        started = now
        self.wallSeconds = wallSeconds
    }

    // MARK: what others may read

    package var roles: [String] { seats.map(\.role) }

    /// The seats as this node publishes them, in the order of roles.
    package var records: [SeatRecord] { seats.compactMap(\.published) }

    /// The token held in the role, or nil.
    package func token(of role: String) -> UInt64? {
        guard let seat = seat(role), case .primary = seat.phase else { return nil }
        return seat.record.token
    }

    package func highestToken(of role: String) -> UInt64 { seat(role)?.record.highestToken ?? 0 }

    /// 0 for the primary, 1 for the next, nil before the place is known.
    package func position(of role: String) -> UInt32? { seat(role)?.rank }

    package func primary(of role: String) -> String? { seat(role)?.primary }

    package func overlaps(of role: String) -> UInt64 { seat(role)?.overlaps ?? 0 }

    /// The rank of another member, as this node computes it; nil where this node has no seat itself.
    package func rank(of other: String, in role: String, among rivals: [Rival]) -> UInt32? {
        guard let seat = seat(role), let rival = rivals.first(where: { $0.id == other }) else { return nil }
        if seat.primary == other { return 0 }
        var ahead = standbys(rivals, before: turn(of: rival))
        if case .standby = seat.phase, turn(of: seat) < turn(of: rival) { ahead += 1 }
        return UInt32(clamping: ahead + 1)
    }

    /// Whether any seat is held or being given back.
    package var isActing: Bool {
        seats.contains {
            switch $0.phase {
            case .primary, .yielding: true
            case .taking, .standby: false
            }
        }
    }

    /// The primaries that this node should watch closely: those it would replace.
    package var watched: [String] {
        seats.compactMap { $0.rank == 1 && $0.primary != id ? $0.primary : nil }
    }

    func seat(_ role: String) -> Seat? { seats.first { $0.role == role } }

    func index(_ role: String) -> Int? { seats.firstIndex { $0.role == role } }

    // MARK: inputs

    /// Takes a seat. A second one in the same role is the same one.
    package mutating func open(role: String, savedToken: UInt64, now: Instant) {
        guard index(role) == nil else { return }
        let record = SeatRecord(
            role: role, authority: settings.authority, position: settings.position,
            highestToken: savedToken <= SeatRecord.highestToken ? savedToken : 0)
        let seat = Seat(
            role: role, phase: .taking, record: record, graceEnds: now + settings.grace,
            isReady: settings.isReady)
        seats.insert(seat, at: seats.firstIndex { $0.role > role } ?? seats.count)
    }

    /// Gives the seat up; as primary after the host has stopped.
    package mutating func close(role: String, now: Instant) -> [RoleEvent] {
        guard let index = index(role) else { return take() }
        switch seats[index].phase {
        case .primary: yield(index, then: .closed, why: .closed, now: now)
        case .yielding(let until, _): seats[index].phase = .yielding(until: until, then: .closed)
        case .taking, .standby: seats.remove(at: index)
        }
        return take()
    }

    package enum StepDown: Sendable { case begun, notPrimary, noCandidate }

    /// Hands the role to the next in the line and goes behind all others.
    package mutating func stepDown(
        role: String, rivals: [Rival], now: Instant
    ) -> (result: StepDown, events: [RoleEvent]) {
        guard let index = index(role), case .primary = seats[index].phase else {
            return (.notPrimary, take())
        }
        guard let next = firstInLine(rivals) else { return (.noCandidate, take()) }
        seats[index].record.target = next.instance
        yield(index, then: .last, why: .steppedDown, now: now)
        return (.begun, take())
    }

    /// The host has stopped acting.
    package mutating func hostStopped(role: String, now: Instant) {
        guard !settings.isLeased, let index = index(role),
            case .yielding(_, let afterwards) = seats[index].phase
        else { return }
        finishYielding(index, afterwards)
    }

    /// Looks at the role anew.
    package mutating func evaluate(role: String, in situation: Situation, now: Instant) -> [RoleEvent] {
        guard var index = index(role) else { return take() }
        let rivals = situation.rivals
        hearTokens(index, situation)
        hearAuthorities(index, rivals)
        if !settings.isLeased { hearPauses(index, rivals) }
        let isUnready = !seats[index].isReady || seats[index].rest.lasts(at: now)
        if seats[index].record.isUnready, !isUnready { seats[index].fitSince = now }
        seats[index].record.isUnready = isUnready
        if case .yielding(let until, let afterwards) = seats[index].phase, until <= now {
            finishYielding(index, afterwards)
            guard let stillThere = self.index(role) else { return take() }
            index = stillThere
        }
        if case .taking = seats[index].phase, situation.isSettled || seats[index].graceEnds <= now {
            goToTheBack(index, rivals)
            seats[index].phase = .standby
            pauseAsAsked(index)
        }
        if seats[index].record.hasYielded { goToTheBack(index, rivals) }
        // Where somebody was named by hand, one that is unresponsive is not waited for.
        let isPaused = seats[index].record.isPaused && nominee(index, rivals) == nil
        let incumbents = rivals.filter {
            settings.isLeased
                ? isLeaseholder($0, above: seats[index].record.highestToken)
                : isIncumbent($0, isPaused: isPaused, now: now)
        }
        if !incumbents.isEmpty { seats[index].hasSeenPrimary = true }
        switch seats[index].phase {
        case .primary:
            if !settings.isLeased { meetPrimaries(index, incumbents, now: now) }
            considerYielding(index, situation, now: now)
        case .standby:
            if incumbents.isEmpty { placeHeldWish(index, now: now) } else { follow(index) }
            noteNaming(index, rivals, now: now)
            if !settings.isLeased, incumbents.isEmpty, situation.mayLead {
                considerPromotion(index, situation, now: now)
            }
        case .taking, .yielding: break
        }
        rank(index, incumbents, situation)
        judgeWish(index, rivals, now: now)
        return take()
    }

    /// When `evaluate` must be called for the role even if nothing is heard.
    package func nextDeadline(role: String, rivals: [Rival], now: Instant) -> Instant {
        guard let seat = seat(role) else { return .distantFuture }
        var moments: [Instant] = []
        switch seat.phase {
        case .taking, .standby:
            moments += [seat.graceEnds, seat.waitsForNominee?.until ?? .distantFuture]
            let hearings = [seat.fitSince, seat.namedSince, seat.wish?.heldSince].compactMap(\.self)
            moments += hearings.map { $0 + settings.hearing }
        case .yielding(let until, _): moments.append(until)
        case .primary: break
        }
        moments.append(seat.rest.until)
        if let wish = seat.wish { moments.append(wish.until) }
        for rival in rivals where rival.seat.state != .standby && rival.status == .unresponsive {
            if let silent = rival.silentSince { moments.append(silent + settings.unresponsiveAfter) }
        }
        // A moment that has passed has been looked at; only news can change what follows from it.
        return moments.filter { $0 > now }.min() ?? .distantFuture
    }

    // MARK: rules

    /// Whether the rival holds the role as far as this node can tell. One that does not answer for too long has
    /// lost it, unless the role is paused: by then its own trust has run out as well.
    private func isIncumbent(_ rival: Rival, isPaused: Bool, now: Instant) -> Bool {
        guard rival.seat.state != .standby, rival.status.isPresent else { return false }
        guard !isPaused, rival.status == .unresponsive, let silent = rival.silentSince else { return true }
        return now < silent + settings.unresponsiveAfter
    }

    /// Whether the rival could be promoted. A suspect is waited for: it is dead or cleared within seconds.
    func isEligible(_ rival: Rival) -> Bool {
        rival.status < .unresponsive && !rival.seat.isUnready && rival.seat.state == .standby
    }

    private func turn(of rival: Rival) -> Turn {
        Turn(waits: !isEligible(rival), place: Place(rival.seat, id: rival.id))
    }

    private func turn(of seat: Seat) -> Turn {
        Turn(waits: seat.record.isUnready, place: Place(seat.record, id: id))
    }

    private func standbys(_ rivals: [Rival], before turn: Turn) -> Int {
        rivals.count { $0.seat.state == .standby && self.turn(of: $0) < turn }
    }

    private func firstInLine(_ rivals: [Rival]) -> Rival? {
        rivals.filter { isEligible($0) }.min { Place($0.seat, id: $0.id) < Place($1.seat, id: $1.id) }
    }

    /// Takes a number above all others. Whoever stepped down keeps it, so that its place does not depend on who has
    /// heard already that another was promoted.
    private mutating func goToTheBack(_ index: Int, _ rivals: [Rival]) {
        let highest = rivals.map(\.seat.number).max() ?? 0
        guard seats[index].record.number <= highest || seats[index].record.number == 0 else { return }
        seats[index].record.number = highest == .max ? .max : highest + 1
    }

    private mutating func hearTokens(_ index: Int, _ situation: Situation) {
        var highest = max(seats[index].record.highestToken, situation.highestToken)
        for rival in situation.rivals { highest = max(highest, rival.seat.token, rival.seat.highestToken) }
        guard highest > seats[index].record.highestToken else { return }
        seats[index].record.highestToken = highest
        // Somebody was promoted since, or is heard of for the first time.
        if case .taking = seats[index].phase {
            seats[index].wish?.token = highest
            return
        }
        if seats[index].wish?.heldSince != nil { seats[index].wish?.token = highest }
        seats[index].record.target = 0
    }

    /// Another leads.
    private mutating func follow(_ index: Int) {
        seats[index].waitsForNominee = nil
        guard seats[index].record.hasYielded else { return }
        seats[index].record.hasYielded = false
        seats[index].record.target = 0
        if let wish = seats[index].wish, wish.heldSince != nil { place(wish, index) }
    }

    private mutating func considerPromotion(_ index: Int, _ situation: Situation, now: Instant) {
        let seat = seats[index]
        let rivals = situation.rivals
        guard !seat.record.isUnready, situation.presentCount >= settings.quorum else { return }
        let nominee = nominee(index, rivals)
        if let nominee, nominee.instance == instance {
            guard !nominee.isAsked || wouldHaveHeard(since: seat.namedSince, rivals, now) else { return }
            return promote(index, now: now)
        }
        guard wouldHaveHeard(since: seat.fitSince, rivals, now) else { return }
        guard !seat.record.isPaused, !awaits(nominee, index, now: now) else { return }
        let isExpectedNumber = settings.expect > 0 && rivals.count + 1 >= settings.expect
        guard seat.hasSeenPrimary || seat.graceEnds <= now || isExpectedNumber else { return }
        let own = Place(seat.record, id: id)
        guard !rivals.contains(where: { isEligible($0) && Place($0.seat, id: $0.id) < own }) else { return }
        promote(index, now: now)
    }

    /// Whether a promotion of before would have been heard of by now. Others' deaths change the line for all alike; but
    /// between whom the line had first and who has just become fit, or is named by somebody who does not lead, only such
    /// a pause tells whether that one has begun.
    private func wouldHaveHeard(since: Instant?, _ rivals: [Rival], _ now: Instant) -> Bool {
        guard let since, rivals.contains(where: { isEligible($0) }) else { return true }
        return since + settings.hearing <= now
    }

    private mutating func promote(_ index: Int, now: Instant) {
        guard let token = newToken(above: seats[index].record.highestToken, now: now) else {
            if !seats[index].isOutOfTokens { events.append(.outOfTokens(role: seats[index].role)) }
            seats[index].isOutOfTokens = true
            return
        }
        begin(index, token, now: now)
    }

    mutating func begin(_ index: Int, _ token: UInt64, now: Instant) {
        seats[index].phase = .primary
        seats[index].hasSeenPrimary = true
        seats[index].record.state = .primary
        seats[index].record.hasYielded = false
        seats[index].record.token = token
        seats[index].record.highestToken = token
        seats[index].record.target = 0
        seats[index].waitsForNominee = nil
        seats[index].rest.begun(now: now)
        events.append(.promoted(role: seats[index].role, token: token))
    }

    /// Grows along every chain of primaries that heard of each other; the wall clock keeps it growing where all
    /// memory was lost, the low random bits keep two that never met apart. Nil at the end of the range, where only a
    /// member gone mad leads: better nobody acts than two under one token.
    private mutating func newToken(above highest: UInt64, now: Instant) -> UInt64? {
        let seconds = max(0, (now - started).milliseconds / 1000)
        let high = max(highest >> 16, wallSeconds &+ UInt64(seconds)) &+ 1
        let token = high << 16 | UInt64(generator.below(1 << 16))
        if high < 1 << 37 { return token }
        return highest < SeatRecord.highestToken ? highest + 1 : nil
    }

    /// Two primaries have met: the higher token stays; the other stops and stands in the line again.
    private mutating func meetPrimaries(_ index: Int, _ incumbents: [Rival], now: Instant) {
        let own = seats[index].record
        for other in incumbents where other.seat.state == .primary {
            if seats[index].overlappedToken != other.seat.token {
                seats[index].overlappedToken = other.seat.token
                seats[index].overlaps += 1
                events.append(.overlap(role: own.role, other: other.id, token: other.seat.token))
            }
            let isTie = other.seat.token == own.token
            let otherWins =
                isTie ? Place(other.seat, id: other.id) < Place(own, id: id) : other.seat.token > own.token
            if otherWins {
                demote(index, rivals: incumbents)
                return
            }
            guard isTie else { continue }
            guard let token = newToken(above: own.highestToken, now: now) else { return }
            seats[index].record.token = token
            seats[index].record.highestToken = token
            events.append(.promoted(role: own.role, token: token))
            return
        }
    }

    /// At once, without waiting for the host: another primary acts already.
    private mutating func demote(_ index: Int, rivals: [Rival]) {
        let token = seats[index].record.token
        becomeStandby(index)
        events.append(.demoted(role: seats[index].role, token: token, isAwaited: false, why: .overlap))
    }

    mutating func becomeStandby(_ index: Int) {
        seats[index].phase = .standby
        seats[index].record.state = .standby
        seats[index].record.token = 0
    }

    mutating func yield(_ index: Int, then afterwards: Seat.Afterwards, why: Demotion, now: Instant) {
        // The lease has its own patience with the host.
        let until = settings.isLeased ? .distantFuture : now + settings.demoteTimeout
        seats[index].phase = .yielding(until: until, then: afterwards)
        seats[index].record.state = .yielding
        events.append(
            .demoted(role: seats[index].role, token: seats[index].record.token, isAwaited: true, why: why))
    }

    mutating func finishYielding(_ index: Int, _ afterwards: Seat.Afterwards) {
        switch afterwards {
        case .closed: seats.remove(at: index)
        case .inPlace:
            becomeStandby(index)
            if seats[index].wish == nil { seats[index].record.target = 0 }
        case .last:
            becomeStandby(index)
            seats[index].record.hasYielded = true
        }
    }

    /// Whether a primary gives the role back by itself, and to whom.
    private mutating func considerYielding(_ index: Int, _ situation: Situation, now: Instant) {
        guard case .primary = seats[index].phase else { return }
        if situation.presentCount < settings.quorum {
            return yield(index, then: .inPlace, why: .noQuorum, now: now)
        }
        if let nominee = nominee(index, situation.rivals)?.instance,
            situation.rivals.contains(where: { $0.instance == nominee && isEligible($0) })
        {
            seats[index].record.target = nominee
            return yield(index, then: .last, why: .handedOver, now: now)
        }
        let record = seats[index].record
        guard record.isUnready, !record.isPaused, situation.rivals.contains(where: { isEligible($0) })
        else { return }
        yield(index, then: .inPlace, why: .unready, now: now)
    }

    /// Works out who leads and the own place behind it, and tells the host what changed.
    private mutating func rank(_ index: Int, _ incumbents: [Rival], _ situation: Situation) {
        var seat = seats[index]
        let leader = incumbents.max { ($0.seat.token, $1.id) < ($1.seat.token, $0.id) }
        var primary = leader?.id
        var token = leader?.seat.token ?? 0
        if let holder = situation.holder, holder.token > token, holder.id != id {
            (primary, token) = holder
        }
        var rank: UInt32?
        switch seat.phase {
        case .primary, .yielding:
            primary = id
            token = seat.record.token
            rank = 0
        case .standby:
            rank = UInt32(clamping: standbys(situation.rivals, before: turn(of: seat)) + 1)
        case .taking:
            break
        }
        if primary != seat.primary || token != seat.primaryToken {
            seat.primary = primary
            seat.primaryToken = token
            events.append(.primaryChanged(role: seat.role, primary: primary, token: token))
        }
        if rank != seat.rank {
            seat.rank = rank
            if let rank { events.append(.positionChanged(role: seat.role, position: rank)) }
        }
        seats[index] = seat
    }

    mutating func take() -> [RoleEvent] {
        defer { events = [] }
        return events
    }
}
