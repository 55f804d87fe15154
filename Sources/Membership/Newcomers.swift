import Basics
import Wire

/// Two starts of one id, as the others see them. When news of a second start comes while the first is held to be
/// alive, the older one's address is challenged before anything else is believed:
///
/// - refused, or another start answers there: the older one is over, the younger has the place at once;
/// - the older one answers: the younger is refused, and both are told;
/// - no clear answer: the younger waits until the older one's suspicion has ended.
struct Newcomers: Sendable {
    private(set) var waiting: [Waiting] = []

    struct Waiting: Sendable {
        /// The start that is not in the view.
        var record: MemberRecord
        /// Whether it is the one in the view that is younger: after a partition, or when the older one had been
        /// given up.
        var isOlder: Bool
        var isAsking = false
        var retries = 0
        /// When to ask; far in the future while an answer is waited for.
        var askAt: Instant
    }

    /// The most ids that may wait at a time; more would only come from an attack or a broken deployment.
    static let most = 256

    var nextDeadline: Instant { waiting.map(\.askAt).min() ?? .distantFuture }

    subscript(id: String) -> Waiting? {
        get { waiting.first { $0.record.identity.id == id } }
        set {
            waiting.removeAll { $0.record.identity.id == id }
            if let newValue { waiting.append(newValue) }
        }
    }
}

extension Membership {
    func isYounger(_ left: Identity, than right: Identity) -> Bool {
        (left.generation, left.nonce) > (right.generation, right.nonce)
    }

    /// News of another start of a present member's id.
    mutating func arbitrate(_ record: MemberRecord, against member: Member, now: Instant) {
        let isOlder = isYounger(member.identity, than: record.identity)
        guard var waiting = newcomers[member.id] else {
            guard record.attributes != nil, newcomers.waiting.count < Newcomers.most else { return }
            // A newcomer whose clock is behind looks older until it has heard of its predecessor and stepped over
            // it: give it the time.
            let askAt = isOlder ? now + .seconds(1) : now
            newcomers[member.id] = Newcomers.Waiting(record: record, isOlder: isOlder, askAt: askAt)
            tickNewcomers(now: now)
            return
        }
        let isNewer =
            (record.identity.generation, record.incarnation)
            >= (waiting.record.identity.generation, waiting.record.incarnation)
        if isNewer, record.attributes != nil {
            waiting.record = record
            waiting.isOlder = isOlder
        }
        if !waiting.isAsking, waiting.askAt == .distantFuture { waiting.askAt = now }
        newcomers[member.id] = waiting
        tickNewcomers(now: now)
    }

    mutating func tickNewcomers(now: Instant) {
        for var waiting in newcomers.waiting where waiting.askAt <= now {
            let id = waiting.record.identity.id
            waiting.askAt = .distantFuture
            guard let member = view[id], member.isPresent else {
                admitWaiting(id, now: now)
                continue
            }
            waiting.isAsking = true
            newcomers[id] = waiting
            let (question, address) =
                waiting.isOlder
                ? (challenge(about: member.identity), waiting.record.attributes?.address ?? member.address)
                : (challenge(about: waiting.record.identity), member.address)
            request(.arbitration(id), question, to: address, timeout: settings.probeTimeout * 2)
        }
    }

    mutating func arbitrationEnded(_ id: String, _ outcome: RequestOutcome, now: Instant) {
        guard var waiting = newcomers[id] else { return }
        guard let member = view[id], member.isPresent else {
            admitWaiting(id, now: now)
            return
        }
        guard !waiting.isOlder else {
            // Anything but its own answer shows an old report, or a newcomer that has raised its generation.
            newcomers[id] = nil
            guard case .replied(let answer) = outcome, answer.sender == waiting.record.identity else {
                return
            }
            replace(member, by: waiting.record, now: now)
            refuse(member.record, now: now)
            return
        }
        switch finding(outcome, about: member.identity) {
        case .refused:
            newcomers[id] = nil
            replace(member, by: waiting.record, now: now)
        case .answered:
            newcomers[id] = nil
            heard(from: id, now: now)
            refuse(waiting.record, now: now)
        case .nothing, .silence, .kernelOnly:
            waiting.isAsking = false
            waiting.retries += 1
            // A process that is just dying may accept once more; a dead host is found out by the probes. One that was
            // cut off or stopped answers some day: who waits must not wait for its death only.
            if waiting.retries == 4 { probe(member, now: now) }
            waiting.askAt = waiting.retries < 4 ? now : now + settings.reconnectInterval
            newcomers[id] = waiting
            tickNewcomers(now: now)
        }
    }

    /// The member whose place was wanted is gone.
    mutating func admitWaiting(_ id: String, now: Instant) {
        guard let waiting = newcomers[id], let member = view[id] else { return }
        newcomers[id] = nil
        // Also an older one: the younger was refused because it lives.
        if isYounger(waiting.record.identity, than: member.identity) || member.evidence == .duplicate {
            replace(member, by: waiting.record, now: now)
        }
    }

    /// Tells the younger instance, and whoever may have believed it, that it has no place here.
    private mutating func refuse(_ record: MemberRecord, now: Instant) {
        var refusal = record
        refusal.status = .dead
        refusal.evidence = .duplicate
        refusal.accuser = me.id
        gossip.add(refusal, spread: spreadCount, now: now, burstGap: settings.burstGap)
        guard let address = record.attributes?.address else { return }
        let payload = Message(kind: .gossip, records: [refusal]).encoded()
        actions.append(.send(payload: payload, to: address, recipient: record.identity.id))
    }
}
