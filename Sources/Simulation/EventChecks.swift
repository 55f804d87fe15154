import Basics
import Engine
import Membership
import Wire

/// What may be said of a member, and when: every event that a host would be given is looked at.
extension World {
    mutating func checkEvent(_ event: MemberEvent, at index: Int) {
        switch event.kind {
        case .refused: checkRefusal(of: index)
        case .duplicate: processes[index].sawDuplicate = true
        case .suspect: checker.suspicions += 1
        case .unresponsive: checker.unresponsive += 1
        case .joined, .changed, .recovered, .left, .dead: break
        }
        guard event.kind != .refused, event.kind != .duplicate else { return }
        let subject = started[event.identity.nonce]
        if let subject {
            if isJudging, event.kind == .dead || event.kind == .unresponsive {
                verdicts.append(Verdict(at: now, observer: index, subject: subject, kind: event.kind))
            }
            checkIncarnation(of: subject, at: index)
            if event.kind == .joined { checkMeeting(subject, at: index) }
            if event.kind == .dead { checkDeath(subject, event, at: index) }
        }
        checkOrder(event, of: subject, at: index)
    }

    private mutating func checkMeeting(_ subject: Int, at index: Int) {
        if processes[subject].cluster != processes[index].cluster {
            fail(.clusters, "\(name(index)) met \(name(subject)) of another cluster")
        }
        let saidLast = processes[index].lastSaid[processes[subject].identity.nonce]
        guard saidLast == .dead || saidLast == .left, let died = processes[subject].died,
            checker.settledAt < died, !processes[index].isTainted
        else { return }
        // Who was only held to have made way for a younger start, which then was refused, was not known to be gone.
        if let mistaken = processes[index].saidSuperseded[processes[subject].identity.nonce], mistaken < died
        {
            return
        }
        fail(.resurrection, "\(name(index)) met \(name(subject)) again, which is gone and was known to be")
    }

    private mutating func checkDeath(_ subject: Int, _ event: MemberEvent, at index: Int) {
        var who: String { "\(name(index)) declares \(name(subject)) dead" }
        if processes[subject].state == .departed {
            if checker.settledAt < now, !processes[index].isTainted {
                fail(.farewell, "\(who), which has left (\(event.evidence))")
            }
            return
        }
        guard processes[subject].exists, !isSuperseded(subject, event), !hasGone(subject, event) else {
            return
        }
        if processes[subject].isRunning { checker.falseDeaths += 1 }
        if judgesEveryDeath, !wasStoppedForLong(subject) {
            fail(.patience, "\(who), which lives (\(event.evidence))")
        }
        guard !processes[index].isTainted, !mayLookGone(subject) else { return }
        // An old report of a start with a greater number is checked by one member alone, which a firewall may deceive.
        if event.evidence == .superseded, network.isLiedAbout(processes[subject].host) { return }
        if !processes[subject].isTainted {
            fail(.falseDeath, "\(who), to which nothing was done (\(event.evidence))")
        } else if processes[subject].taints == .stopped, !network.isLiedAbout(processes[subject].host),
            !wasStoppedForLong(subject)
        {
            fail(.patience, "\(who), which was only stopped (\(event.evidence))")
        }
    }

    /// For as long as nobody has to put up with.
    private func wasStoppedForLong(_ subject: Int) -> Bool {
        guard let since = processes[subject].stopsBegan else { return false }
        return now - since >= membershipSettings.suspectMax
    }

    /// Of two that live under one id, one has to go.
    private func isSuperseded(_ subject: Int, _ event: MemberEvent) -> Bool {
        guard event.evidence == .superseded || event.evidence == .duplicate else { return false }
        return processes.contains {
            $0.isRunning && $0.id == processes[subject].id && $0.index != subject
        }
    }

    /// Who was refused is no member any more, though its program runs: it says so once, and its kernel refuses for it.
    /// Nobody has to find that out by silence where nothing is lost.
    private func hasGone(_ subject: Int, _ event: MemberEvent) -> Bool {
        processes[subject].wasRefused
            && (event.evidence == .duplicate || event.evidence == .connectionRefused)
    }

    /// Of two namesakes one is refused; not because of one that ended before.
    private mutating func checkRefusal(of index: Int) {
        processes[index].wasRefused = true
        let began = processes[index].began
        let hasNamesake = processes.contains {
            $0.index != index && $0.id == processes[index].id && ($0.died ?? .distantFuture) >= began
        }
        if !hasNamesake { fail(.refusal, "\(name(index)) is refused and has no living namesake") }
    }

    private mutating func checkIncarnation(of subject: Int, at index: Int) {
        let own = processes[subject].engine.membership.incarnation
        guard let seen = processes[index].engine.membership.view[processes[subject].id],
            seen.identity == processes[subject].identity, seen.incarnation > own
        else { return }
        fail(
            .incarnation,
            "\(name(index)) knows incarnation \(seen.incarnation) of \(name(subject)), which is at \(own)"
        )
    }

    /// So many members at most.
    static let smallWorld = 512

    private mutating func checkOrder(_ event: MemberEvent, of subject: Int?, at index: Int) {
        // So much memory is for small worlds.
        guard processes.count <= World.smallWorld else { return }
        let before = processes[index].lastSaid[event.identity.nonce]
        let wasPresent = before != nil && before != .dead && before != .left
        let isInOrder =
            switch event.kind {
            case .joined: !wasPresent
            case .changed, .left, .dead: wasPresent
            case .suspect, .unresponsive, .recovered: wasPresent && before != event.kind
            case .duplicate, .refused: true
            }
        if !isInOrder {
            let last = before.map { "\($0)" } ?? "nothing"
            fail(.events, "\(name(index)) says \(event.identity.id) \(event.kind) after \(last)")
        }
        // A change of what it says of itself changes nothing about how it stands.
        if event.kind != .changed {
            processes[index].lastSaid[event.identity.nonce] = event.kind
            let isSuperseded = event.kind == .dead && event.evidence == .superseded
            processes[index].saidSuperseded[event.identity.nonce] = isSuperseded ? now : nil
        }
    }
}
