import Basics
import Wire

/// Two starts of one id. When news of a younger one comes while the older one is held to be alive, the older
/// one's address is challenged before anything else is believed:
///
/// - refused, or another start answers there: the older one is over, the younger takes its place at once;
/// - the older one answers: the younger is refused, and both are told;
/// - no clear answer: the younger waits until the older one's suspicion has ended.
struct Newcomers: Sendable {
    var waiting: [String: Waiting] = [:]

    struct Waiting: Sendable {
        var record: MemberRecord
        var isAsking = false
        var retries = 0
    }

    /// The most ids that may wait at a time; more would only come from an attack or a broken deployment.
    static let most = 256

    func admitAfterEnd(of id: String, into membership: inout Membership, now: Instant) {
        guard let waiting = waiting[id], let member = membership.view[id] else { return }
        membership.newcomers.waiting[id] = nil
        membership.replace(member, by: waiting.record, now: now)
    }
}

extension Membership {
    mutating func arbitrate(_ record: MemberRecord, against member: Member, now: Instant) {
        if let waiting = newcomers.waiting[member.id] {
            let isNewer =
                (record.identity.generation, record.incarnation)
                >= (waiting.record.identity.generation, waiting.record.incarnation)
            if isNewer { newcomers.waiting[member.id]?.record = record }
            guard !waiting.isAsking else { return }
        } else {
            guard record.attributes != nil, newcomers.waiting.count < Newcomers.most else { return }
            newcomers.waiting[member.id] = Newcomers.Waiting(record: record)
        }
        askOlder(member, about: record.identity)
    }

    private mutating func askOlder(_ member: Member, about newcomer: Identity) {
        newcomers.waiting[member.id]?.isAsking = true
        request(
            .arbitration(member.id), challenge(about: newcomer), to: member.address,
            timeout: settings.probeTimeout * 2)
    }

    mutating func arbitrationEnded(_ id: String, _ outcome: RequestOutcome, now: Instant) {
        guard var waiting = newcomers.waiting[id] else { return }
        guard let member = view[id], member.isPresent else {
            newcomers.admitAfterEnd(of: id, into: &self, now: now)
            return
        }
        switch finding(outcome, about: member.identity) {
        case .refused:
            newcomers.waiting[id] = nil
            replace(member, by: waiting.record, now: now)
        case .answered:
            newcomers.waiting[id] = nil
            heard(from: id, now: now)
            refuse(waiting.record, now: now)
        case .nothing, .silence, .kernelOnly:
            waiting.isAsking = false
            waiting.retries += 1
            newcomers.waiting[id] = waiting
            // A process that is just dying may accept once more; a dead host is found out by the probes.
            if waiting.retries < 4 {
                askOlder(member, about: waiting.record.identity)
            } else {
                probe(member, now: now)
            }
        }
    }

    /// Tells the younger instance, and whoever may have believed it, that it has no place here.
    private mutating func refuse(_ record: MemberRecord, now: Instant) {
        var refusal = record
        refusal.status = .dead
        refusal.evidence = .duplicate
        refusal.accuser = me.id
        refusal.incarnation = record.incarnation
        gossip.add(refusal, spread: spreadCount, now: now, burstGap: settings.burstGap)
        guard let address = record.attributes?.address else { return }
        let payload = Message(kind: .gossip, records: [refusal]).encoded()
        actions.append(.send(payload: payload, to: address, recipient: record.identity.id))
    }

    /// A live start of this node's own id asks for the view. Perhaps nobody else knows either of them, so the two
    /// settle it: the younger is refused. An older one (whose clock was set back) learns how high it must go to
    /// be the younger.
    mutating func answerNamesake(_ message: Message, _ namesake: Identity) -> Message {
        guard isYounger(namesake, than: me), var refusal = message.records.first(where: { $0.identity == namesake })
        else { return Message(kind: .syncReply, sender: me, records: [ownRecord]) }
        reportDuplicate(namesake)
        refusal.status = .dead
        refusal.evidence = .duplicate
        refusal.accuser = me.id
        return Message(kind: .syncReply, sender: me, records: [refusal])
    }

    /// Somebody speaks under this node's id.
    mutating func metNamesake(_ identity: Identity, at address: Address, now: Instant) {
        if isEstablished { reportDuplicate(identity) }
        // Its first contact will put it before those who know this node; nothing else to do here.
    }

    /// A report about another start of this node's id.
    mutating func meetNamesake(_ record: MemberRecord) {
        let isOlder = (record.identity.generation, record.identity.nonce) < (me.generation, me.nonce)
        if !isOlder, !isEstablished || !record.status.isPresent, record.identity.generation < .max - 1 {
            // The memory of a former start, made when its clock was ahead: step over it, or nobody would listen.
            guard record.evidence != .duplicate else { return }
            me.generation = record.identity.generation + 1
            incarnation = 0
            return
        }
        if record.status.isPresent, !isOlder { reportDuplicate(record.identity) }
    }

    mutating func reportDuplicate(_ identity: Identity) {
        guard identity.nonce != me.nonce, !reportedDuplicates.contains(identity.nonce) else { return }
        if reportedDuplicates.count >= 16 { reportedDuplicates.removeFirst() }
        reportedDuplicates.append(identity.nonce)
        actions.append(
            .notify(MemberEvent(kind: .duplicate, identity: identity, accuser: "", evidence: .duplicate)))
    }
}
