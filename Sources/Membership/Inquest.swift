package import Basics
import Wire

/// Looking at a member whose link has closed. The kernel closes a link when its process dies, but proxies,
/// firewalls and restarts of the network close links too: so a closed link is only a reason to look. The
/// address is tried; when it refuses, other observers are asked to look as well; when all of them (at most two
/// are needed) are refused too, the member is dead, milliseconds after it died.
struct Inquests: Sendable {
    var open: [Inquest] = []

    struct Inquest: Sendable {
        var subject: Identity
        var began: Instant
        var attempts = 0
        /// When to look again; far in the future while a look is under way.
        var nextLook: Instant
        var isRefused = false
        /// Observers that were refused as well.
        var agreeing: [String] = []
        var asked: [String] = []
        var askAgain = Instant.distantFuture
        var rounds = 0
        /// When all agree and only the answer to a ping is waited for.
        var judgeAt = Instant.distantFuture
        /// The subject was heard: what it sent may be older than its death, but it is given the time to answer. Whose
        /// links are reset while it lives looks at the others in that moment, and so is heard.
        var notBefore: Instant
        /// Who asked this node to look, and wants to hear.
        var requesters: [Requester] = []
        /// Whether this node itself has a reason to accuse, or only looks for others.
        var isOwn: Bool

        init(of member: Member, isOwn: Bool, now: Instant) {
            subject = member.identity
            began = now
            nextLook = now
            notBefore = member.heard + Inquests.timeToAnswer
            self.isOwn = isOwn
        }
    }

    struct Requester: Sendable {
        var id: String
        var address: Address
        var sequence: UInt32
    }

    var nextDeadline: Instant {
        var deadline = Instant.distantFuture
        for inquest in open {
            deadline = min(deadline, min(inquest.nextLook, min(inquest.askAgain, inquest.judgeAt)))
        }
        return deadline
    }

    func index(of subject: Identity) -> Int? { open.firstIndex { $0.subject == subject } }

    mutating func close(_ subject: Identity) { open.removeAll { $0.subject == subject } }

    /// It has been heard. What is heard right after its link closed may have been sent before its death; later
    /// it shows that whatever refused this node was no death.
    mutating func subjectHeard(_ id: String, patience: Interval, now: Instant) {
        guard !open.isEmpty else { return }
        for index in open.indices where open[index].subject.id == id {
            open[index].notBefore = now + Inquests.timeToAnswer
        }
        open.removeAll { $0.subject.id == id && $0.requesters.isEmpty && now - $0.began > patience }
    }

    static let most = 64
    /// How long a member that was heard just before its link closed, or since, may take to answer a ping, starved as it
    /// may be.
    static let timeToAnswer = Interval.milliseconds(20)
}

extension Membership {
    /// Whether this node has a reason to think that the member is dead and is looking.
    package func isUnderInquest(_ subject: Identity) -> Bool { inquests.index(of: subject) != nil }

    mutating func openInquest(about subject: Identity, isRefused: Bool, now: Instant) {
        guard let member = view[identity: subject], member.isPresent else { return }
        if let index = inquests.index(of: subject) {
            inquests.open[index].isOwn = true
        } else {
            guard inquests.open.count < Inquests.most else { return }
            inquests.open.append(Inquests.Inquest(of: member, isOwn: true, now: now))
            // A firewall may reset links and refuse connections of the living; no dead process answers a ping.
            probe(member, now: now)
        }
        if isRefused {
            refused(subject, now: now)
        } else {
            look(at: subject, now: now)
        }
    }

    private mutating func look(at subject: Identity, now: Instant) {
        guard let index = inquests.index(of: subject), inquests.open[index].nextLook <= now,
            let member = view[identity: subject]
        else { return }
        inquests.open[index].nextLook = .distantFuture
        let purpose = Purpose.inquest(subject, began: inquests.open[index].began)
        request(purpose, challenge(), to: member.address, timeout: settings.probeTimeout)
    }

    mutating func lookEnded(_ subject: Identity, of began: Instant, _ outcome: RequestOutcome, now: Instant) {
        // What comes late for one that has been closed says nothing in the next: it may be older than the death.
        guard let index = inquests.index(of: subject), inquests.open[index].began == began,
            let member = view[identity: subject]
        else { return }
        let found = finding(outcome, about: subject)
        switch found {
        case .refused:
            refused(subject, now: now)
        case .answered:
            answerRequesters(of: subject, .answered, now: now)
            inquests.close(subject)
            heard(from: subject.id, now: now)
        case .kernelOnly:
            answerRequesters(of: subject, .kernelOnly, now: now)
            let isOwn = inquests.open[index].isOwn
            inquests.close(subject)
            if isOwn { accuse(member, .unresponsive, .kernelOnly, now: now) }
        case .silence, .nothing:
            let attempts = inquests.open[index].attempts
            if case .broken = outcome, attempts < settings.inquestRetries.count {
                inquests.open[index].attempts += 1
                inquests.open[index].nextLook = now + settings.inquestRetries[attempts]
            } else {
                answerRequesters(of: subject, .silence, now: now)
                inquests.close(subject)
                probe(member, now: now)
            }
        }
    }

    /// This node was refused. Ask the others, or judge if they have said so already.
    private mutating func refused(_ subject: Identity, now: Instant) {
        guard let index = inquests.index(of: subject) else { return }
        inquests.open[index].isRefused = true
        inquests.open[index].nextLook = .distantFuture
        answerRequesters(of: subject, .refused, now: now)
        guard inquests.open[index].isOwn else {
            // Only lent its eyes: forget it once the asker has had time to judge.
            inquests.open[index].askAgain = now + settings.inquestPatience
            return
        }
        // Those that were asked have their time, however often this node is refused meanwhile.
        let isFirst = inquests.open[index].rounds == 0
        if !judgeInquest(subject, now: now), isFirst { askObservers(about: subject, now: now) }
    }

    private mutating func askObservers(about subject: Identity, now: Instant) {
        guard let index = inquests.index(of: subject) else { return }
        let asked = inquests.open[index].asked
        // Those with a link of their own know already; they come first.
        let neighbours = view.ringNeighbours(of: subject.id, count: settings.links)
            .filter { $0 != me.id && !asked.contains($0) }
            .compactMap { view[$0] }
            .filter { $0.isReachable }
        var observers = Array(neighbours.prefix(3))
        if observers.count < 3 {
            observers += view.sample(3 - observers.count, using: &generator) { member in
                member.id == subject.id || !member.isReachable || asked.contains(member.id)
                    || neighbours.contains { $0.id == member.id }
            }
        }
        inquests.open[index].asked += observers.map(\.id)
        inquests.open[index].rounds += 1
        inquests.open[index].askAgain = now + settings.inquestPatience
        for observer in observers {
            send(Message(kind: .check, sequence: nextSequence(), target: subject), to: observer, now: now)
        }
    }

    /// Another member wants this node to look at `target`.
    mutating func lookFor(_ message: Message, requester: Identity, at address: Address, now: Instant) {
        guard let subject = message.target else { return }
        let asking = Inquests.Requester(id: requester.id, address: address, sequence: message.sequence)
        guard let member = view[subject.id], member.identity == subject, member.isPresent else {
            tell(asking, subject, findingInView(about: subject), now: now)
            return
        }
        if let index = inquests.index(of: subject) {
            if inquests.open[index].isRefused {
                noteAgreement(of: requester.id, about: subject)
                tell(asking, subject, .refused, now: now)
                _ = judgeInquest(subject, now: now)
            } else {
                if inquests.open[index].requesters.count < 8 {
                    inquests.open[index].requesters.append(asking)
                }
                noteAgreement(of: requester.id, about: subject)
            }
            return
        }
        guard inquests.open.count < Inquests.most else { return }
        var inquest = Inquests.Inquest(of: member, isOwn: false, now: now)
        inquest.requesters = [asking]
        inquest.agreeing = [requester.id]
        inquests.open.append(inquest)
        probe(member, now: now)
        look(at: subject, now: now)
    }

    /// It has answered a ping that was sent at this time: if that was after its link closed, nothing that refused
    /// anybody was its death.
    mutating func subjectAnswered(_ subject: Identity, pingOf sent: Instant, now: Instant) {
        guard let index = inquests.index(of: subject), sent >= inquests.open[index].began else { return }
        answerRequesters(of: subject, .answered, now: now)
        inquests.close(subject)
    }

    /// What this node can say without a look: the very start is dead here, or another one that lives has its place.
    private func findingInView(about subject: Identity) -> Message.Finding {
        guard let member = view[subject.id] else { return .nothing }
        if member.identity == subject {
            // Who buried it for silence alone has been refused by nobody, and may have been cut off from one that lives.
            let isSeen = !member.isPresent && !isFromSilence(member.status, member.evidence)
            return isSeen ? .refused : .nothing
        }
        guard member.isPresent, isYounger(member.identity, than: subject) else { return .nothing }
        return member.identity.nonce == subject.nonce ? .answered : .refused
    }

    /// Who asks has been refused itself.
    private mutating func noteAgreement(of id: String, about subject: Identity) {
        guard let index = inquests.index(of: subject), !inquests.open[index].agreeing.contains(id) else {
            return
        }
        inquests.open[index].agreeing.append(id)
    }

    private mutating func answerRequesters(of subject: Identity, _ finding: Message.Finding, now: Instant) {
        guard let index = inquests.index(of: subject) else { return }
        let requesters = inquests.open[index].requesters
        inquests.open[index].requesters = []
        for requester in requesters { tell(requester, subject, finding, now: now) }
    }

    private mutating func tell(
        _ requester: Inquests.Requester, _ subject: Identity, _ finding: Message.Finding, now: Instant
    ) {
        let answer = Message(kind: .checked, sequence: requester.sequence, target: subject, finding: finding)
        send(answer, to: requester.id, at: requester.address, now: now)
    }

    mutating func observerAnswered(_ message: Message, from observer: Identity, now: Instant) {
        guard let subject = message.target, let index = inquests.index(of: subject),
            inquests.open[index].isOwn
        else { return }
        switch message.finding {
        case .refused:
            noteAgreement(of: observer.id, about: subject)
            _ = judgeInquest(subject, now: now)
        case .answered:
            // It lives for somebody: whatever refuses this node is not its death. But where nobody has heard from
            // it for long, one who says so does not keep it alive; it can refute a suspicion itself.
            inquests.close(subject)
            if let member = view[identity: subject], now - member.heard > settings.probeInterval * 4 {
                accuse(member, .suspect, .connectionRefused, now: now)
            }
        case .kernelOnly, .silence, .nothing:
            break
        }
    }

    /// Declares the death once enough observers agree. True when the inquest is over.
    private mutating func judgeInquest(_ subject: Identity, now: Instant) -> Bool {
        guard let index = inquests.index(of: subject), inquests.open[index].isRefused,
            inquests.open[index].isOwn,
            let member = view[identity: subject]
        else { return false }
        let observers = view.aliveCount - (member.isReachable ? 1 : 0)
        guard inquests.open[index].agreeing.count >= min(settings.confirmationsWanted, observers) else {
            return false
        }
        let agreeing = inquests.open[index].agreeing
        view.touch(member.id) { $0.confirmers = agreeing }
        // The ping of the inquest has the time that this member's answers take.
        let usual = inquests.open[index].began + member.roundTrip.usual(atMost: settings.probeTimeout / 4)
        let answerIsDue = max(usual, inquests.open[index].notBefore)
        guard now >= answerIsDue else {
            inquests.open[index].judgeAt = answerIsDue
            return false
        }
        accuse(member, .dead, .connectionRefused, now: now)
        inquests.close(subject)
        return true
    }

    mutating func tickInquests(now: Instant) {
        for inquest in inquests.open {
            if inquest.nextLook <= now { look(at: inquest.subject, now: now) }
            if inquest.judgeAt <= now {
                if let index = inquests.index(of: inquest.subject) {
                    inquests.open[index].judgeAt = .distantFuture
                }
                if judgeInquest(inquest.subject, now: now) { continue }
            }
            guard inquest.askAgain <= now else { continue }
            guard inquest.isOwn, inquest.rounds < 3 else {
                inquests.close(inquest.subject)
                // The others could not be asked. Fall back to suspicion, which needs no agreement.
                if inquest.isOwn, let member = view[identity: inquest.subject], member.isPresent {
                    accuse(member, .suspect, .connectionRefused, now: now)
                }
                continue
            }
            if !judgeInquest(inquest.subject, now: now) {
                if let index = inquests.index(of: inquest.subject) { inquests.open[index].asked = [] }
                askObservers(about: inquest.subject, now: now)
            }
        }
    }
}
