package import Basics
package import Failover
package import Lease
package import Membership
package import Wire

/// One member of a cluster, whole and without effects: membership and failover joined, so that the node and the
/// simulator drive the very same thing.
///
/// Every input returns the actions that are to be performed, in their order. `nextDeadline` says when `tick`
/// wants to be called next.
package struct Engine: Sendable {
    package private(set) var membership: Membership
    package internal(set) var failover: Failover
    /// Nil where the members' view decides who leads.
    var leases: Leases?
    /// Roles in which somebody's promotion was asked for and is not any more; the lease has not heard of it.
    var failedWishes: Set<String> = []
    private var actions: [EngineAction] = []
    private var seenChanges: UInt64 = 0
    private var couldLead = true
    private var hadQuorum = false
    private var wasEstablished = false
    var roleDeadline = Instant.distantFuture
    package private(set) var isLeaving = false
    /// Whether something runs here that rests on what this node believes, beside the roles it holds.
    package var hasWork = false
    /// Until when this node may believe that it still holds what it holds.
    private var trustedUntil = Instant.distantPast

    package init(
        identity: Identity, attributes: Attributes, membership: MembershipSettings,
        failover: FailoverSettings, lease: (settings: LeaseSettings, seed: Nonce)? = nil,
        seed: UInt64, wallSeconds: UInt64, now: Instant
    ) {
        leases = lease.map { Leases(settings: $0.settings, seed: $0.seed) }
        self.membership = Membership(
            identity: identity, attributes: attributes, settings: membership, seed: seed, now: now)
        self.failover = Failover(
            id: identity.id, instance: identity.nonce, settings: failover, seed: seed ^ 0x5EA7,
            wallSeconds: wallSeconds, now: now)
    }

    // MARK: what others may read

    package var nextDeadline: Instant {
        guard membership.standing == .member || membership.standing == .leaving else { return .distantFuture }
        var deadline = min(membership.nextDeadline, roleDeadline)
        if let leases {
            deadline = min(deadline, leases.nextDeadline)
        } else if failover.isActing || hasWork {
            deadline = min(deadline, membership.lastTick + failover.settings.unresponsiveAfter / 4)
        }
        return deadline
    }

    /// Until when the role may be acted on; in the past when it is not held. To be compared with the clock at the
    /// moment of acting: a process that slept finds it run out.
    package func trust(in role: String) -> Instant {
        guard let token = failover.token(of: role) else { return .distantPast }
        guard let leases else { return trustedUntil }
        guard let lease = leases[role], lease.token == token else { return .distantPast }
        return lease.trustUntil ?? .distantPast
    }

    /// When the lease of the role was last asked for that this node got, or kept; nil where no lease says so.
    package func confirmed(in role: String) -> Instant? {
        guard let leases, let lease = leases[role], let end = lease.trustUntil else { return nil }
        return end + leases.settings.trust * -1
    }

    /// Until when nobody else begins in the role because of what this node holds, also while its host is stopping; nil where
    /// it holds nothing.
    package func standing(in role: String) -> Instant? {
        guard let leases else { return failover.token(of: role) == nil ? nil : trustedUntil }
        return leases[role]?.leaseUntil
    }

    /// Whether work that the members gave this node may go on: it is one of them, has not slept, and sees enough of them.
    package func mayWork(now: Instant) -> Bool {
        membership.standing == .member && hasQuorum && now < trustedUntil
    }

    /// Until when that holds without further news.
    package var mayWorkUntil: Instant { trustedUntil }

    /// The other members with a seat in a role, and since when one of them is unresponsive.
    package func seatHolders(of role: String) -> [(identity: Identity, unresponsiveSince: Instant?)] {
        rivals(in: role).compactMap { rival in
            guard let member = membership.view[rival.id] else { return nil }
            return (
                member.identity,
                rival.status == .unresponsive ? rival.silentSince ?? membership.lastTick : nil
            )
        }
    }

    /// Whether this very start of a member is known, alive or not.
    package func knows(_ identity: Identity) -> Bool { membership.view[identity.id]?.identity == identity }

    /// Whether this very start of a member is present.
    package func hasPresent(_ identity: Identity) -> Bool {
        guard let member = membership.view[identity.id], member.identity == identity else { return false }
        return member.isPresent
    }

    /// Whether this process is present, under whatever generation.
    package func hasPresent(process identity: Identity) -> Bool {
        guard let member = membership.view[identity.id], member.identity.nonce == identity.nonce else {
            return false
        }
        return member.isPresent
    }

    /// Whether the message answers a question that is open: it was made just now.
    package func isAnswered(by message: Message, from sender: Identity) -> Bool {
        membership.isAnswered(by: message, from: sender)
    }

    /// The rank of any member in a role in which this node has a seat: 0 the primary, 1 the next.
    package func position(of id: String, in seat: SeatRecord) -> UInt32? {
        if id == membership.me.id { return failover.position(of: seat.role) }
        return failover.rank(of: id, in: seat.role, among: rivals(in: seat.role))
    }

    // MARK: inputs

    /// The address became known, or changed.
    package mutating func describe(address: Address, now: Instant) -> [EngineAction] {
        perform(membership.describe(now: now) { $0.address = address }.actions)
        return settle(now: now)
    }

    /// The name for people became known.
    package mutating func describe(name: String, now: Instant) -> [EngineAction] {
        perform(membership.describe(now: now) { $0.name = name }.actions)
        return settle(now: now)
    }

    /// Begins among members that are known already, before `start`.
    package mutating func resume(among records: [MemberRecord], now: Instant) {
        membership.resume(among: records, now: now)
    }

    package mutating func start(
        seeds: [Address], remembered: [Address] = [], now: Instant
    ) -> [EngineAction] {
        perform(membership.start(seeds: seeds, remembered: remembered, now: now))
        return settle(now: now, isTick: true)
    }

    package mutating func seedsResolved(_ seeds: [Address], now: Instant) -> [EngineAction] {
        perform(membership.seedsResolved(seeds, now: now))
        return settle(now: now)
    }

    package mutating func tick(now: Instant) -> [EngineAction] {
        perform(membership.tick(now: now))
        return settle(now: now, isTick: true)
    }

    package mutating func received(
        _ message: Message, of length: Int? = nil, from sender: Identity, at address: Address,
        isFresh: Bool = true,
        now: Instant
    ) -> [EngineAction] {
        perform(
            membership.received(message, of: length, from: sender, at: address, isFresh: isFresh, now: now))
        return settle(now: now)
    }

    package mutating func requested(_ message: Message, now: Instant) -> (
        reply: Message?, actions: [EngineAction]
    ) {
        let (reply, actions) = membership.requested(message, now: now)
        perform(actions)
        return (reply, settle(now: now))
    }

    package mutating func requestEnded(_ id: UInt64, _ outcome: RequestOutcome, now: Instant)
        -> [EngineAction]
    {
        perform(membership.requestEnded(id, outcome, now: now))
        return settle(now: now)
    }

    package mutating func linkOpened(_ peer: Identity, now: Instant) -> [EngineAction] {
        perform(membership.linkOpened(peer, now: now))
        return settle(now: now)
    }

    package mutating func linkFailed(_ peer: Identity, now: Instant) -> [EngineAction] {
        perform(membership.linkFailed(peer, now: now))
        return settle(now: now)
    }

    package mutating func linkClosed(_ peer: Identity, now: Instant) -> [EngineAction] {
        perform(membership.linkClosed(peer, now: now))
        return settle(now: now)
    }

    /// Sets a tag, or removes it where `value` is nil. False where the record would grow too large.
    package mutating func setTag(_ key: String, _ value: String?, now: Instant) -> (
        isAccepted: Bool, actions: [EngineAction]
    ) {
        // To say the same again is no change.
        if let value, membership.attributes.tags.contains(where: { $0.key == key && $0.value == value }) {
            return (true, settle(now: now))
        }
        let (isAccepted, actions) = membership.describe(now: now) { attributes in
            attributes.tags.removeAll { $0.key == key }
            guard let value else { return }
            let index = attributes.tags.firstIndex { $0.key > key } ?? attributes.tags.count
            attributes.tags.insert(
                Attributes.Tag(key: key, value: value, version: attributes.version + 1), at: index)
        }
        perform(actions)
        return (isAccepted, settle(now: now))
    }

    /// Tells the hosts of all other members something. False where too much waits already.
    package mutating func broadcast(topic: String, data: [UInt8], now: Instant) -> (
        isAccepted: Bool, actions: [EngineAction]
    ) {
        let (isAccepted, actions) = membership.broadcast(topic: topic, data: data, now: now)
        perform(actions)
        return (isAccepted, settle(now: now))
    }

    /// Takes a seat. False where there are too many seats for one record.
    package mutating func openSeat(role: String, savedToken: UInt64, now: Instant) -> (
        isAccepted: Bool, actions: [EngineAction]
    ) {
        guard failover.roles.contains(role) || hasRoom(for: role) else { return (false, []) }
        failover.open(role: role, savedToken: savedToken, now: now)
        let me = membership.me
        _ = leases?.open(role: role, id: me.id, instance: me.nonce, floor: savedToken, now: now)
        roleDeadline = now
        return (true, settle(now: now))
    }

    private func hasRoom(for role: String) -> Bool {
        guard failover.roles.count < RecordLimit.seats else { return false }
        var attributes = membership.attributes
        attributes.seats = (failover.roles + [role]).map { SeatRecord(role: $0) }
        return membership.isSmallEnough(attributes)
    }

    package mutating func closeSeat(role: String, now: Instant) -> [EngineAction] {
        perform(failover.close(role: role, now: now))
        roleDeadline = now
        return settle(now: now)
    }

    package mutating func stepDown(role: String, now: Instant) -> (
        result: Failover.StepDown, actions: [EngineAction]
    ) {
        let (result, events) = failover.stepDown(role: role, rivals: rivals(in: role), now: now)
        perform(events)
        roleDeadline = now
        return (result, settle(now: now))
    }

    /// Asks for the promotion of a member, until a moment.
    package mutating func promote(role: String, target: String, until: Instant, now: Instant) -> (
        result: Failover.Promotion, actions: [EngineAction]
    ) {
        let isPresent = membership.view[target]?.isPresent ?? false
        let (result, events) = failover.promote(
            role: role, target: target, isPresent: isPresent, in: situation(of: role, now), until: until,
            now: now)
        perform(events)
        // The holder hears of it from this node, or reads it in the register.
        if case .begun = result {
            failedWishes.remove(role)
            drive(role, now) { $0.lease.promote(target, now: now).actions }
        }
        roleDeadline = now
        return (result, settle(now: now))
    }

    /// Pauses the role everywhere, or resumes it. False where that cannot be told any more.
    package mutating func setPaused(role: String, _ isPaused: Bool, now: Instant) -> (
        isAccepted: Bool, actions: [EngineAction]
    ) {
        if leases != nil {
            drive(role, now) { isPaused ? $0.lease.pause(now: now) : $0.lease.resume(now: now) }
            roleDeadline = now
            return (true, settle(now: now))
        }
        let (isAccepted, events) = failover.setPaused(role: role, isPaused)
        perform(events)
        roleDeadline = now
        return (isAccepted, settle(now: now))
    }

    /// The host says whether it is fit to lead.
    package mutating func setReady(role: String, _ isReady: Bool, now: Instant) -> [EngineAction] {
        failover.setReady(role: role, isReady)
        roleDeadline = now
        return settle(now: now)
    }

    /// The host was promoted and cannot lead. False where it is not primary.
    package mutating func decline(role: String, now: Instant) -> (isAccepted: Bool, actions: [EngineAction]) {
        let (isAccepted, events) = failover.decline(role: role, now: now)
        perform(events)
        roleDeadline = now
        return (isAccepted, settle(now: now))
    }

    /// The host has stopped acting in the role: its demote callback has returned.
    package mutating func hostStopped(role: String, now: Instant) -> [EngineAction] {
        failover.hostStopped(role: role, now: now)
        drive(role, now) { $0.lease.hostStopped(now: now) }
        roleDeadline = now
        return settle(now: now)
    }

    /// Gives all seats back, then says farewell. `departed` follows.
    package mutating func leave(now: Instant) -> [EngineAction] {
        guard !isLeaving else { return settle(now: now) }
        isLeaving = true
        for role in failover.roles { perform(failover.close(role: role, now: now)) }
        roleDeadline = now
        return settle(now: now)
    }

    /// Says farewell once and expects nothing.
    package mutating func vanish(now: Instant) -> [EngineAction] {
        perform(membership.vanish(now: now))
        return take()
    }

    // MARK: joining the two

    /// Lets failover look at what has changed, and tells the members what failover decided.
    mutating func settle(now: Instant, isTick: Bool = false) -> [EngineAction] {
        if isTick { extendTrust(now: now) }
        if membership.standing == .refused {
            leases?.keep([])
            for role in failover.roles { perform(failover.close(role: role, now: now)) }
            return take()
        }
        let hasChanged =
            membership.view.seatChanges != seenChanges || mayLead != couldLead
            || membership.isEstablished != wasEstablished || hasQuorum != hadQuorum
        let hasSeats = !failover.roles.isEmpty || !membership.attributes.seats.isEmpty
        if !hasSeats { roleDeadline = .distantFuture }
        if hasSeats, hasChanged || now >= min(roleDeadline, leases?.nextDeadline ?? .distantFuture) {
            seenChanges = membership.view.seatChanges
            couldLead = mayLead
            wasEstablished = membership.isEstablished
            hadQuorum = hasQuorum
            evaluateRoles(now: now)
        }
        if isLeaving, !failover.isActing, membership.standing == .member {
            perform(membership.leave(now: now))
        }
        return take()
    }

    /// Members count for it whether they have seats or not.
    private var hasQuorum: Bool { membership.view.presentCount + 1 >= failover.settings.quorum }

    private mutating func evaluateRoles(now: Instant) {
        roleDeadline = .distantFuture
        for role in failover.roles {
            var situation = situation(of: role, now)
            perform(failover.evaluate(role: role, in: situation, now: now))
            if leases != nil {
                lead(role, among: situation.rivals, highestToken: situation.highestToken, now: now)
                situation = self.situation(of: role, now)
                perform(failover.evaluate(role: role, in: situation, now: now))
                // What was decided only now: the host may have stopped before anybody looks again.
                giveBack(role, among: situation.rivals, now)
            }
            let next = failover.nextDeadline(role: role, rivals: situation.rivals, now: now)
            roleDeadline = min(roleDeadline, next)
        }
        leases?.keep(failover.roles)
        let records = failover.records
        if records != membership.attributes.seats {
            perform(membership.describe(now: now) { $0.seats = records }.actions)
        }
        membership.watch(failover.watched, now: now)
    }

    /// Not while asleep, nor before the others have taken it in: they would follow another.
    private var mayLead: Bool { membership.wake.pendingSince == nil && hasPlace }

    /// Whether the others have taken this node in, if there are others.
    var hasPlace: Bool { membership.isAccepted || membership.view.presentCount == 0 }

    private func situation(of role: String, _ now: Instant) -> Failover.Situation {
        let lease = leases?[role]
        var highest: UInt64 = 0
        let members = membership.view.members
        for index in members.indices {
            for seat in members[index].seats where seat.role == role {
                // What a member only remembers, from before it started perhaps, counts where a store may forget.
                highest = max(highest, seat.token, leases == nil ? 0 : seat.highestToken)
            }
        }
        return Failover.Situation(
            rivals: rivals(in: role), presentCount: membership.view.presentCount + 1,
            highestToken: max(highest, lease?.floor ?? 0), holder: lease?.holder(now: now),
            isSettled: membership.isEstablished, mayLead: mayLead)
    }

    private func rivals(in role: String) -> [Rival] {
        var rivals: [Rival] = []
        let members = membership.view.members
        for index in members.indices where members[index].isPresent {
            guard let seat = members[index].seats.first(where: { $0.role == role }) else { continue }
            let member = members[index]
            rivals.append(
                Rival(
                    id: member.id, instance: member.identity.nonce, status: member.status,
                    silentSince: member.silentSince, seat: seat))
        }
        return rivals
    }

    /// The event loop runs, so what is held may be believed a little longer; unless it had stopped for so long that
    /// others may have acted meanwhile, and none has told yet.
    private mutating func extendTrust(now: Instant) {
        let wake = membership.wake
        if wake.pendingSince != nil, wake.slept >= failover.settings.unresponsiveAfter { return }
        trustedUntil = now + failover.settings.unresponsiveAfter
    }

    private mutating func perform(_ new: [MembershipAction]) {
        for action in new { actions.append(.membership(action)) }
    }

    mutating func perform(_ new: [RoleEvent]) {
        for event in new {
            actions.append(.role(event))
            // What failed must not come true afterwards: the lease may have written it into the register.
            if case .wishEnded(let role, isFulfilled: false) = event, leases != nil {
                failedWishes.insert(role)
                roleDeadline = membership.lastTick
            }
        }
    }

    mutating func ask(_ question: LeaseQuestion) { actions.append(.lease(question)) }

    private mutating func take() -> [EngineAction] {
        defer { actions = [] }
        return actions
    }
}

/// What is to be done, in order.
package enum EngineAction: Sendable {
    case membership(MembershipAction)
    indirect case role(RoleEvent)
    /// To be answered by `answered`.
    indirect case lease(LeaseQuestion)
}
