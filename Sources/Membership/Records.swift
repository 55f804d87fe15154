import Basics
import Wire

/// Merging reports. Of two reports about one start of a member the higher incarnation wins, then the graver
/// status; attributes go by their own version. A younger start replaces an older one, after `Newcomers` has
/// made sure that the older one is no more.
extension Membership {
    mutating func apply(_ records: [MemberRecord], now: Instant) {
        for record in records { apply(record, now: now) }
    }

    /// What another shows in an exchange of views: that it holds all this itself.
    mutating func apply(_ records: [MemberRecord], heldBy holder: Identity, now: Instant) {
        for record in records {
            countEnd(record, heldBy: holder, now: now)
            apply(record, now: now)
        }
    }

    private mutating func apply(_ record: MemberRecord, now: Instant) {
        guard record.identity.id != me.id else {
            applyToSelf(record, now: now)
            return
        }
        guard !view.holds(record) else { return }
        guard let member = view[record.identity.id] else {
            meet(record, now: now)
            return
        }
        if member.identity == record.identity {
            merge(record, into: member, now: now)
        } else if isYounger(record.identity, than: member.identity) {
            applyYounger(record, over: member, now: now)
        } else if record.status.isPresent {
            if member.isPresent {
                arbitrate(record, against: member, now: now)
            } else if member.evidence == .duplicate {
                // The younger one was refused because this one lives.
                replace(member, by: record, now: now)
            } else if let address = record.attributes?.address {
                // If this one lives, its clock is behind: it can step over the memory, once it has heard of it.
                let payload = Message(kind: .gossip, records: [member.record]).encoded()
                actions.append(.send(payload: payload, to: address, recipient: member.id))
            }
        }
    }

    private mutating func applyToSelf(_ record: MemberRecord, now: Instant) {
        guard record.identity.nonce == me.nonce else {
            hearOfNamesake(record, now: now)
            return
        }
        guard record.identity.generation == me.generation, standing == .member else { return }
        if record.evidence == .duplicate {
            beRefused(by: record.accuser)
            return
        }
        if record.status.isPresent { isAccepted = true }
        guard record.status != .alive, record.incarnation >= incarnation else { return }
        guard record.incarnation + 1 < RecordLimit.numbersEnd else {
            // Nobody comes here by counting. A higher generation starts the count anew.
            stepOver(me.generation, now: now)
            return
        }
        incarnation = record.incarnation + 1
        health.worsened()
        tally.ownRefutations += 1
        spreadOwnRecord(now: now)
    }

    /// First news of an id.
    private mutating func meet(_ record: MemberRecord, now: Instant) {
        guard record.attributes != nil else { return }
        guard view.members.count < settings.entriesMost else {
            tally.turnedAway += 1
            return
        }
        if record.status.isPresent { isEstablished = true }
        // What this node said of itself while it was alone was said to nobody.
        if record.status.isPresent, view.presentCount == 0 { spreadOwnRecord(now: now) }
        var member = Member(record, now: now)
        member.deadline = deadline(of: member.status, confirmers: 1, since: now)
        if member.deadline != nil { judged.append(member.id) }
        if !record.accuser.isEmpty { member.confirmers = [record.accuser] }
        view.insert(member)
        guard member.isPresent else { return }
        joinRound(member)
        pass(on: member, now: now)
        notify(.joined, member)
        links.membershipChanged(now: now)
    }

    private mutating func merge(_ record: MemberRecord, into member: Member, now: Instant) {
        if let attributes = record.attributes, attributes.version > member.attributes.version {
            view.update(member.id) { $0.describe(as: record.profile) }
            if let changed = view[member.id] {
                pass(on: changed, now: now)
                if changed.isPresent { notify(.changed, changed, before: member) }
            }
        }
        // This node's own word comes back to it, perhaps of a former start: what it holds by now it knows better.
        guard !(isFromSilence(record) && record.accuser == me.id && member.isPresent) else { return }
        if isFromSilence(record), member.status == .unresponsive, record.incarnation == member.incarnation {
            heardOfSilence(of: member, seenBy: record.accuser, now: now)
            return
        }
        let record = doubted(record, of: member)
        if record.incarnation == member.incarnation, record.status == .suspect, member.status == .suspect {
            confirm(member.id, by: record.accuser, now: now)
            return
        }
        guard member.status != .left else { return }
        guard
            record.incarnation > member.incarnation
                || (record.incarnation == member.incarnation && record.status > member.status)
        else { return }
        changeStatus(of: member, to: record, now: now)
    }

    /// Another's verdict that rests on silence alone: after a partition each side has buried the other. It counts
    /// as a suspicion, or confirms the one that stands, so that the member can refute before anybody acts.
    private func doubted(_ record: MemberRecord, of member: Member) -> MemberRecord {
        guard isFromSilence(record), member.isPresent else { return record }
        var suspicion = record
        suspicion.status = .suspect
        suspicion.evidence = .silence
        return suspicion
    }

    private func isFromSilence(_ record: MemberRecord) -> Bool {
        isFromSilence(record.status, record.evidence)
    }

    func isFromSilence(_ status: Status, _ evidence: Evidence) -> Bool {
        status == .dead && (evidence == .silence || evidence == .suspicionExpired)
    }

    mutating func changeStatus(of member: Member, to record: MemberRecord, now: Instant) {
        view.update(member.id) {
            $0.incarnation = record.incarnation
            $0.status = record.status
            $0.accuser = record.accuser
            $0.evidence = record.evidence
            $0.confirmers = record.accuser.isEmpty ? [] : [record.accuser]
            if record.status != member.status {
                $0.since = now
                $0.forgetSilence()
            }
            if record.status.isPresent { $0.isHearsay = false }
            if record.status == .alive {
                $0.heard = now
                $0.silentSince = nil
            } else if record.status.isPresent, $0.silentSince == nil {
                $0.silentSince = now
            }
        }
        let end = deadline(of: record.status, confirmers: record.accuser.isEmpty ? 0 : 1, since: now)
        view.touch(member.id) { $0.deadline = end }
        if end != nil, !judged.contains(member.id) { judged.append(member.id) }
        guard let changed = view[member.id] else { return }
        pass(on: changed, now: now)
        announce(changed, before: member, now: now)
    }

    private mutating func announce(_ member: Member, before: Member, now: Instant) {
        guard member.status != before.status else { return }
        let wasPresent = before.isPresent
        switch member.status {
        case .alive:
            if wasPresent { tally.refuted += 1 }
            notify(wasPresent ? .recovered : .joined, member, before: wasPresent ? before : nil)
        case .suspect:
            notify(wasPresent ? .suspect : .joined, member, before: before)
            // A few of those who hear of it look at once instead of at their next round; if all did, a slow member
            // of a large cluster would be overrun.
            if member.accuser != me.id, generator.below(view.presentCount) < settings.confirmersAtOnce {
                probe(member, now: now)
            }
        case .unresponsive:
            notify(wasPresent ? .unresponsive : .joined, member, before: before)
        case .dead:
            guard wasPresent else { break }
            tally.deaths += 1
            notify(.dead, member, before: before)
        case .left:
            if wasPresent { notify(.left, member) }
        }
        if !wasPresent, member.isPresent { joinRound(member) }
        if wasPresent != member.isPresent {
            links.membershipChanged(now: now)
            inquests.close(member.identity)
            if !member.isPresent {
                probing.end(member.identity)
                admitWaiting(member.id, now: now)
            }
        }
    }

    private mutating func applyYounger(_ record: MemberRecord, over member: Member, now: Instant) {
        let isRaised = record.identity.nonce == member.identity.nonce
        if isRaised, record.status.isPresent || member.isPresent {
            raise(member, to: record, now: now)
        } else if record.evidence == .duplicate {
            return
        } else if !member.isPresent {
            // The older start is over: only the younger counts now.
            replace(member, by: record, now: now)
        } else if record.status.isPresent {
            arbitrate(record, against: member, now: now)
        } else {
            // The younger one is over, and the older one seems to live: its clock may have been behind.
            openInquest(about: member.identity, isRefused: false, now: now)
        }
    }

    /// The same process under a higher generation: it has stepped over the memory of a predecessor, and may have left or
    /// been refused since.
    private mutating func raise(_ member: Member, to record: MemberRecord, now: Instant) {
        guard record.attributes != nil else { return }
        let record = doubted(record, of: member)
        inquests.close(member.identity)
        probing.end(member.identity)
        var raised = Member(record, now: now)
        if member.isPresent { raised.isHearsay = false }
        raised.deadline = deadline(of: raised.status, confirmers: 1, since: now)
        view.insert(raised)
        if raised.deadline != nil, !judged.contains(raised.id) { judged.append(raised.id) }
        pass(on: raised, now: now)
        links.membershipChanged(now: now)
        announce(raised, before: member, now: now)
    }

    /// Puts another start of the same id in the member's place.
    mutating func replace(_ member: Member, by record: MemberRecord, now: Instant) {
        guard record.attributes != nil else { return }
        if member.isPresent {
            var former = member
            former.status = .dead
            former.evidence = .superseded
            former.accuser = me.id
            notify(.dead, former)
        }
        inquests.close(member.identity)
        probing.end(member.identity)
        // That the former start is over may be news to others still: they would hold on to it, and not take the next.
        if member.isPresent { gossip.forget(member.identity) }
        var successor = Member(record, now: now)
        successor.deadline = deadline(of: successor.status, confirmers: 1, since: now)
        view.insert(successor)
        if successor.deadline != nil, !judged.contains(successor.id) { judged.append(successor.id) }
        pass(on: successor, now: now)
        links.membershipChanged(now: now)
        if successor.isPresent { notify(.joined, successor) }
    }
}
