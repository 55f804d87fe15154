import Basics
import Wire

extension Membership {
    /// How often one piece of news is sent by one node: grows with the logarithm of the cluster, so that all hear
    /// it with high probability (Demers et al., PODC 1987).
    var spreadCount: Int {
        var bits = 0
        var rest = view.presentCount + 1
        while rest > 0 {
            bits += 1
            rest >>= 1
        }
        return 4 + 2 * bits
    }

    /// Tells others what this node has just learned.
    mutating func pass(on member: Member, now: Instant) {
        gossip.add(member.record, spread: spreadCount, now: now, burstGap: settings.burstGap)
    }

    mutating func spreadOwnRecord(now: Instant) {
        gossip.add(ownRecord, spread: spreadCount, now: now, burstGap: settings.burstGap)
    }

    /// Sends a message to a member, with what it should know: first what is said about it, then the news.
    mutating func send(_ message: Message, to member: Member, now: Instant) {
        send(message, to: member.id, at: member.address, now: now)
    }

    mutating func send(_ message: Message, to id: String, at address: Address, now: Instant) {
        var candidates: [[UInt8]] = []
        let member = view[id]
        if let member, member.status != .alive {
            var verdict = member.record
            verdict.attributes = nil
            candidates.append(verdict.encoded())
            // It may not have heard of this node for as long.
            if message.kind == .ping { candidates.append(ownRecord.encoded()) }
        }
        let firstNews = candidates.count
        for entry in gossip.foremost { candidates.append(entry.encoded) }
        let packed = message.encoded(adding: candidates, budget: settings.datagramBudget)
        gossip.sent(packed.took.filter { $0 >= firstNews }.map { $0 - firstNews })
        actions.append(.send(payload: packed.bytes, to: address, recipient: id))
    }

    mutating func tickGossip(now: Instant) {
        guard now >= gossip.nextRound else { return }
        // Whoever comes to a node that is alone gets its whole view.
        if view.presentCount == 0 { gossip.clear() }
        guard !gossip.isEmpty else {
            gossip.roundSent(now: now, interval: settings.gossipInterval)
            return
        }
        let targets = view.sample(settings.gossipFanout, using: &generator) { _ in false }
        for target in targets where !gossip.isEmpty { send(Message(kind: .gossip), to: target, now: now) }
        gossip.roundSent(now: now, interval: settings.gossipInterval)
    }

    // MARK: anti-entropy

    /// The whole view; of hearsay only what concerns the recipient itself.
    func syncMessage(_ kind: Message.Kind, to recipient: String? = nil) -> Message {
        var records = [ownRecord]
        let told = view.members.lazy.filter { !$0.isHearsay || $0.id == recipient }
        records += told.prefix(Message.mostRecords - 1).map(\.record)
        return Message(kind: kind, sender: me, digest: digest, records: records)
    }

    mutating func tickSync(now: Instant) {
        guard now >= nextSync else { return }
        nextSync = now + generator.jittered(settings.syncInterval)
        if let partner = view.sample(1, using: &generator, excluding: { !$0.isReachable }).first {
            sync(with: partner)
        }
    }

    mutating func sync(with member: Member) {
        let underway = requests.values.filter { if case .sync = $0 { true } else { false } }.count
        guard underway < 2 else { return }
        fetchView(of: member)
    }

    mutating func fetchView(of member: Member) {
        request(.sync(with: member.id), syncMessage(.sync), to: member.address, timeout: .seconds(2))
    }

    mutating func syncEnded(_ outcome: RequestOutcome, now: Instant) {
        guard case .replied(let reply) = outcome, reply.kind == .syncReply, let sender = reply.sender else {
            return
        }
        guard sender.id != me.id else {
            namesakeAnswered(sender)
            return
        }
        apply(reply.records, now: now)
        heard(from: sender, now: now)
    }

    /// Two views that differ in two probes in a row, with no news on the way, will not meet by gossip alone.
    mutating func compareDigest(_ theirs: UInt64, with id: String, now: Instant) {
        guard theirs != 0, let member = view[id], member.status == .alive else { return }
        if theirs == digest { isAccepted = true }
        guard theirs != digest, gossip.isEmpty else {
            if member.mismatches != 0 { view.touch(id) { $0.mismatches = 0 } }
            return
        }
        view.touch(id) { $0.mismatches += 1 }
        guard member.mismatches >= 1 else { return }
        view.touch(id) { $0.mismatches = 0 }
        sync(with: member)
    }
}
