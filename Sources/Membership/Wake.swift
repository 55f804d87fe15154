package import Basics
import Wire

/// After a sleep (a stopped process, a suspended machine, a starved one) a node knows nothing about the time it
/// missed: not who died, and not whether it has been replaced. It fetches another member's view before it
/// believes itself again.
package struct Wake: Sendable {
    /// When the last sleep was noticed; nil once a view asked for since has come, or nobody is left to ask.
    package internal(set) var pendingSince: Instant?
    /// How long the node had slept.
    package internal(set) var slept = Interval.zero
    /// The requests whose answer counts. One made before the sleep may be answered from before it, too.
    var requests: [UInt64] = []

    package init() {}

    /// Whether the others may have buried this start and given its place away, each of them in good faith.
    func isOverslept(_ settings: MembershipSettings) -> Bool {
        pendingSince != nil && slept >= settings.suspectMax
    }

    /// Whether the others may have forgotten meanwhile who died: they would take in anew whom this node alone still holds
    /// to be present. Half of the time that the dead are remembered leaves room for clocks and for news on its way.
    func isOutdated(_ settings: MembershipSettings) -> Bool {
        pendingSince != nil && slept >= settings.tombstoneTime / 2
    }
}

extension Membership {
    /// Notices that time has passed without this node: what it did not hear meanwhile is evidence of nothing. Every
    /// input looks first, since what waited in the kernel may be read before any timer runs.
    mutating func noticeSleep(now: Instant) {
        guard standing == .member || standing == .leaving else { return }
        guard now - lastTick > settings.lateness else { return }
        let longest = max(.seconds(1), settings.probeInterval * 2)
        let expected = max(lastTick, min(nextDeadline, lastTick + longest))
        guard now - expected > settings.lateness else { return }
        tally.sleeps += 1
        probing.forget()
        inquests = Inquests()
        for id in judged {
            view.touch(id) { member in
                if let deadline = member.deadline {
                    member.deadline = max(deadline, now + settings.suspicionMin)
                }
            }
        }
        for member in view.members where member.isPresent {
            view.update(member.id) { $0.silentSince = $0.status == .alive ? nil : now }
        }
        wake.slept = wake.pendingSince == nil ? now - lastTick : max(wake.slept, now - lastTick)
        wake.requests = []
        lastTick = now
        wake.pendingSince = wake.pendingSince ?? now
        if wake.isOutdated(settings) { gossip.clear() }
        askAround(now: now)
        probing.next = now + settings.probeInterval
    }

    /// Fetches two members' views; again each interval, as long as there is somebody who should answer.
    mutating func askAround(now: Instant) {
        var targets = view.sample(2, using: &generator) { !$0.isReachable }
        // Those that did not answer before the sleep are asked once, when there is no other.
        if targets.isEmpty, wake.requests.isEmpty {
            targets = view.sample(2, using: &generator) { _ in false }
        }
        for target in targets where wake.requests.count < 16 {
            fetchView(of: target)
            wake.requests.append(lastRequest)
            probe(target, now: now)
        }
        endWakeIfAlone()
    }

    /// A request has ended, with a view or without.
    mutating func wakeRequestEnded(_ request: UInt64, _ outcome: RequestOutcome, now: Instant) {
        guard wake.requests.contains(request) else { return }
        guard case .replied(let reply) = outcome else {
            wake.requests.removeAll { $0 == request }
            return endWakeIfAlone()
        }
        if wake.isOutdated(settings) {
            guard let sender = reply.sender, view[identity: sender] != nil else {
                // Another start than the one that was asked: it may have met nobody yet.
                wake.requests.removeAll { $0 == request }
                return endWakeIfAlone()
            }
            guard reply.records.contains(where: { $0.identity.id == me.id }) else {
                // Who tells of nobody else has slept as well. Where all have, what they knew before is all there is to know.
                wake.requests.removeAll { $0 == request }
                if wake.requests.isEmpty { wake.pendingSince = nil }
                return
            }
            // A view that is larger than a message is cut off somewhere.
            if reply.records.count < Message.mostRecords { forgetAll(missingIn: reply.records, now: now) }
        }
        wake.requests = []
        wake.pendingSince = nil
    }

    /// Whoever is in nobody's view any more has died or left so long ago that even this is forgotten. Who came since this
    /// node woke may just not be in that view yet.
    private mutating func forgetAll(missingIn records: [MemberRecord], now: Instant) {
        let known = Set(records.map(\.identity.id))
        let woke = wake.pendingSince ?? now
        func isMissing(_ member: Member) -> Bool {
            let isNew = member.status == .alive && member.since >= woke
            return member.isPresent && !isNew && !known.contains(member.id)
        }
        let missing = view.present.filter(isMissing)
        guard !missing.isEmpty else { return }
        view.remove(where: isMissing)
        for var member in missing {
            inquests.close(member.identity)
            probing.end(member.identity)
            newcomers[member.id] = nil
            contacts.addFormer(member.address)
            (member.status, member.evidence, member.accuser) = (.dead, .none, "")
            notify(.dead, member)
        }
        broadcasts.forget { view[$0] == nil }
        links.membershipChanged(now: now)
    }

    /// Nobody is left to ask: what this node knows is all there is to know.
    private mutating func endWakeIfAlone() {
        guard wake.requests.isEmpty, !view.present.contains(where: { $0.isReachable }) else { return }
        wake.pendingSince = nil
    }
}
