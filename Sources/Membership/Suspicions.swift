import Basics
import Wire

extension Membership {
    /// The verdict of one unanswered probe.
    mutating func judge(_ member: Member, by stream: Message.Finding, now: Instant) {
        switch stream {
        case .kernelOnly:
            view.touch(member.id) { $0.silences = 0 }
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
            }
        }
    }

    /// The kernel that answered for a stopped process does not answer any more: the host is gone as well, or cut
    /// off. It is asked again at once, and its long patience ends when silence is all that comes.
    private mutating func unresponsiveFellSilent(_ member: Member, now: Instant) {
        view.touch(member.id) { $0.silences += 1 }
        guard member.silences + 1 >= settings.silencesEnough else {
            probe(member, now: now)
            return
        }
        accuse(member, .dead, .silence, now: now)
    }

    /// This node's own accusation. Joins a suspicion that stands already, as one more who confirms it.
    mutating func accuse(_ member: Member, _ status: Status, _ evidence: Evidence, now: Instant) {
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
            let verdict = MemberRecord(
                identity: member.identity, incarnation: member.incarnation, status: .dead, accuser: me.id,
                evidence: .suspicionExpired)
            apply([verdict], now: now)
        }
        judged.removeAll { view[$0]?.deadline == nil }
    }
}
