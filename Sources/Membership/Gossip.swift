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
        guard !wake.isOutdated(settings) else { return }
        gossip.add(member.record, spread: spreadCount, now: now, burstGap: settings.burstGap)
    }

    mutating func spreadOwnRecord(now: Instant) {
        gossip.add(ownRecord, spread: spreadCount, now: now, burstGap: settings.burstGap)
    }

    /// Sends a message to a member, with what it should know: first what is said about it, then the news, and what
    /// hosts tell all in the room that is left.
    mutating func send(_ message: Message, to member: Member, now: Instant) {
        send(message, to: member.id, at: member.address, now: now)
    }

    mutating func send(_ message: Message, to id: String, at address: Address, now: Instant) {
        var packet = Packet(message, budget: settings.datagramBudget)
        let member = view[id]
        if let member, member.status != .alive {
            var verdict = member.record
            verdict.attributes = nil
            packet.add(verdict.encoded())
            // It may not have heard of this node for as long.
            if message.kind == .ping { packet.add(ownRecord.encoded()) }
        }
        gossip.fill(&packet)
        // What is said to a silent member may be said in vain, which is no way to spend a broadcast's turns.
        if member?.isReachable == true { broadcasts.fill(&packet, now: now) }
        actions.append(.send(payload: packet.bytes, to: address, recipient: id))
    }

    mutating func tickGossip(now: Instant) {
        let wasRound = tellNews(now: now)
        tickBroadcasts(now: now, isCarried: wasRound)
    }

    /// Whether there was something to tell.
    private mutating func tellNews(now: Instant) -> Bool {
        guard now >= gossip.nextRound else { return false }
        // Whoever comes to a node that is alone gets its whole view.
        if view.presentCount == 0 { gossip.clear() }
        guard !gossip.isEmpty else {
            gossip.roundSent(now: now, interval: settings.gossipInterval)
            return false
        }
        let targets = view.sample(settings.gossipFanout, using: &generator) { _ in false }
        for target in targets where !gossip.isEmpty { send(Message(kind: .gossip), to: target, now: now) }
        gossip.roundSent(now: now, interval: settings.gossipInterval)
        return true
    }
}
