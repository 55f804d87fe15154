import Basics
import Wire

extension Membership {
    /// The verdict of one unanswered probe.
    mutating func judge(_ member: Member, by stream: Message.Finding, now: Instant) {
        tally.unanswered += 1
        switch stream {
        case .kernelOnly:
            view.touch(member.id) { $0.forgetSilence() }
            accuse(member, .unresponsive, .kernelOnly, now: now)
        case .answered:
            break
        case .refused:
            openInquest(about: member.identity, isRefused: true, now: now)
        case .nothing, .silence:
            if member.status == .unresponsive {
                unresponsiveFellSilent(member, now: now)
            } else {
                accuse(member, .suspect, .silence, now: now)
                // As long as it is only suspected a kernel that answers makes a difference, and one look may miss it.
                if member.status == .suspect, let suspect = view[identity: member.identity],
                    suspect.status == .suspect
                {
                    probe(suspect, now: now)
                }
            }
        }
    }

    /// The kernel that answered for a stopped process does not answer any more: the host is gone as well, or cut
    /// off, or what was said was lost. It is asked again at once. When silence is all that comes the others are told,
    /// and the long patience ends where several see the same: a stopped process cannot refute.
    private mutating func unresponsiveFellSilent(_ member: Member, now: Instant) {
        view.touch(member.id) { $0.silences += 1 }
        let enough = settings.silencesEnough * (observersOfSilence > 1 ? 1 : 2)
        if member.silences + 1 >= enough {
            heardOfSilence(of: member, seenBy: me.id, now: now)
        } else {
            probe(member, now: now)
            endOfPatience(with: member.id, now: now)
        }
    }

    /// How many must have found the same silence: as many as must have been refused.
    private var observersOfSilence: Int { min(settings.confirmationsWanted, view.aliveCount) + 1 }

    /// Somebody finds an unresponsive member silent, and tells all others.
    mutating func heardOfSilence(of member: Member, seenBy accuser: String, now: Instant) {
        guard !accuser.isEmpty else { return }
        if !member.silentTo.contains(accuser), member.silentTo.count < 8 {
            view.touch(member.id) { $0.silentTo.append(accuser) }
            let verdict = MemberRecord(
                identity: member.identity, incarnation: member.incarnation, status: .dead, accuser: accuser,
                evidence: .silence)
            gossip.add(verdict, spread: spreadCount, now: now, burstGap: settings.burstGap)
        }
        // Also where it was told before: fewer may be wanted by now.
        endOfPatience(with: member.id, now: now)
    }

    /// For whom the member is over, by its death or since another start has its place, finds no silence any more, and
    /// its word may never have come. It counts as one more where this node has found enough silence itself, and is told
    /// to nobody: whoever needs to know sees it there.
    mutating func countEnd(_ record: MemberRecord, heldBy holder: Identity, now: Instant) {
        guard let member = view[record.identity.id], member.status == .unresponsive,
            member.silentTo.contains(me.id), !member.silentTo.contains(holder.id), member.silentTo.count < 8,
            view[identity: holder]?.isReachable == true, isEnd(record, of: member)
        else { return }
        view.touch(member.id) { $0.silentTo.append(holder.id) }
        endOfPatience(with: member.id, now: now)
    }

    /// Whether who holds this holds the member to be over.
    private func isEnd(_ record: MemberRecord, of member: Member) -> Bool {
        if record.identity == member.identity {
            return record.status == .dead && record.incarnation >= member.incarnation
        }
        return isYounger(record.identity, than: member.identity) && record.evidence != .duplicate
            && record.identity.nonce != member.identity.nonce
    }

    /// Declares an unresponsive member dead that is silent to enough others and in this node's own last look.
    private mutating func endOfPatience(with id: String, now: Instant) {
        guard let member = view[id], member.status == .unresponsive,
            member.silentTo.count >= observersOfSilence
        else { return }
        guard member.silences > 0 else { return prove(member, now: now) }
        bury(member, .silence, now: now)
    }

    /// This node's own verdict of silence.
    private mutating func bury(_ member: Member, _ evidence: Evidence, now: Instant) {
        let verdict = MemberRecord(
            identity: member.identity, incarnation: member.incarnation, status: .dead, accuser: me.id,
            evidence: evidence)
        changeStatus(of: member, to: verdict, now: now)
    }

    /// This node's own accusation. Joins a suspicion that stands already, as one more who confirms it.
    mutating func accuse(_ member: Member, _ status: Status, _ evidence: Evidence, now: Instant) {
        tally.accusations += status.isPresent ? 1 : 0
        if member.status == status {
            confirm(member.id, by: me.id, now: now)
            return
        }
        let accusation = MemberRecord(
            identity: member.identity, incarnation: member.incarnation, status: status, accuser: me.id,
            evidence: evidence)
        apply([accusation], now: now)
        // The ping tells it what is said about it, and so gives it the time to refute (Lifeguard's buddy).
        if status == .suspect, let accused = view[identity: member.identity], accused.status == .suspect {
            probe(accused, now: now)
        }
    }

    /// Starts or restarts the clock of a status that does not last.
    func deadline(of status: Status, confirmers: Int, since: Instant) -> Instant? {
        switch status {
        case .suspect: return since + suspicionTime(confirmers: confirmers)
        case .unresponsive: return since + settings.suspectMax
        default: return nil
        }
    }

    /// Lifeguard's shrinking suspicion, counted in observers besides the first accuser: with all the
    /// confirmations wanted the shortest time, with none three times that. With nobody else to ask, nothing is
    /// gained by waiting longer.
    private func suspicionTime(confirmers: Int) -> Interval {
        let shortest = settings.suspicionMin
        let longest = shortest * 3
        let wanted = min(settings.confirmationsWanted, max(0, view.presentCount - 1))
        let have = max(0, confirmers - 1)
        guard wanted > 0, have < wanted else { return shortest }
        return Interval(
            nanoseconds: longest.nanoseconds
                - (longest.nanoseconds - shortest.nanoseconds) * Int64(have) / Int64(wanted))
    }

    mutating func confirm(_ id: String, by accuser: String, now: Instant) {
        guard let member = view[id], member.status == .suspect, !accuser.isEmpty,
            !member.confirmers.contains(accuser), member.confirmers.count < 8
        else { return }
        let deadline = deadline(of: .suspect, confirmers: member.confirmers.count + 1, since: member.since)
        view.touch(id) {
            $0.confirmers.append(accuser)
            $0.deadline = deadline
        }
        if accuser == me.id, let record = view[id]?.record {
            // Others count confirmations by who sends them.
            var verdict = record
            verdict.attributes = nil
            verdict.accuser = me.id
            gossip.add(verdict, spread: spreadCount, now: now, burstGap: settings.burstGap)
        }
    }

    mutating func tickSuspicions(now: Instant) {
        guard !judged.isEmpty else { return }
        for id in judged {
            guard let member = view[id], let deadline = member.deadline, deadline <= now else { continue }
            bury(member, .suspicionExpired, now: now)
        }
        judged.removeAll { view[$0]?.deadline == nil }
    }
}
