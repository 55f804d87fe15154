package import Basics
import Wire

/// What hosts tell all others, on its way. It takes the room that news of members leaves in datagrams, and is told in
/// turn: whatever was told longest ago comes first.
struct Broadcasts: Sendable {
    private(set) var entries: [Entry] = []
    /// When the next round goes out, if nothing else carries what waits.
    private(set) var nextRound = Instant.distantFuture
    private var lastRound = Instant.distantPast
    private var lastSequence: UInt64 = 0
    /// What has come of each member's start that is known.
    private var seen: [String: Seen] = [:]

    /// The most that wait, and the most of them that are this node's own: those of others find room always, and push
    /// each other out where it must be.
    static let most = 64
    static let ownMost = 32

    struct Entry: Sendable {
        let isOwn: Bool
        let encoded: [UInt8]
        var remaining: Int
        var isTold = false
        var lastTold: Instant
    }

    private struct Seen {
        let nonce: UInt64
        var window = BroadcastWindow()
    }

    var hasRoom: Bool { entries.count { $0.isOwn } < Broadcasts.ownMost }

    mutating func nextNumber() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    /// Whether this node has not had it before.
    mutating func isNew(_ sequence: UInt64, of origin: Identity) -> Bool {
        var known = seen[origin.id] ?? Seen(nonce: origin.nonce)
        if known.nonce != origin.nonce { known = Seen(nonce: origin.nonce) }
        defer { seen[origin.id] = known }
        return known.window.accept(sequence)
    }

    /// Forgets what has come of those who are forgotten themselves.
    mutating func forget(where isForgotten: (String) -> Bool) {
        seen = seen.filter { !isForgotten($0.key) }
    }

    mutating func add(_ encoded: [UInt8], isOwn: Bool, spread: Int, now: Instant, interval: Interval) {
        if entries.count >= Broadcasts.most { dropMostTold() }
        entries.append(Entry(isOwn: isOwn, encoded: encoded, remaining: spread, lastTold: now))
        nextRound = min(nextRound, max(now, lastRound + interval))
    }

    /// Of those of others only: what this host was promised stays.
    private mutating func dropMostTold() {
        let others = entries.indices.filter { !entries[$0].isOwn }
        guard let place = others.min(by: { entries[$0].remaining < entries[$1].remaining }) else { return }
        entries.remove(at: place)
    }

    /// Puts as many of those wanted into the packet as have room, and counts them as sent once more.
    mutating func fill(_ packet: inout Packet, now: Instant, where isWanted: (Entry) -> Bool = { _ in true })
    {
        guard !entries.isEmpty else { return }
        var kept: [Entry] = []
        var told: [Entry] = []
        for var entry in entries {
            guard isWanted(entry), packet.add(broadcast: entry.encoded) else {
                kept.append(entry)
                continue
            }
            entry.remaining -= 1
            entry.isTold = true
            entry.lastTold = now
            if entry.remaining > 0 { told.append(entry) }
        }
        entries = kept + told
    }

    mutating func clear() { entries = [] }

    mutating func roundSent(now: Instant, interval: Interval) {
        lastRound = now
        nextRound = entries.isEmpty ? .distantFuture : now + interval
    }
}

/// The last 64 broadcasts of one start: what came before them counts as seen.
struct BroadcastWindow: Sendable {
    private var highest: UInt64 = 0
    /// Bit n stands for `highest` - n.
    private var seen: UInt64 = 0

    /// True the first time.
    mutating func accept(_ sequence: UInt64) -> Bool {
        if sequence > highest {
            seen = seen << (sequence - highest) | 1
            highest = sequence
            return true
        }
        let age = highest - sequence
        guard age < 64, seen & 1 << age == 0 else { return false }
        seen |= 1 << age
        return true
    }
}

extension Membership {
    /// Tells the hosts of all other members something. False where too much waits already; nothing has changed then.
    package mutating func broadcast(
        topic: String, data: [UInt8], now: Instant
    ) -> (isAccepted: Bool, actions: [MembershipAction]) {
        guard standing == .member || standing == .leaving, broadcasts.hasRoom else { return (false, take()) }
        let message = UserMessage(
            origin: me, sequence: broadcasts.nextNumber(), topic: topic, data: data)
        pass(on: message, isOwn: true, now: now)
        if standing == .leaving { flushBroadcasts(now: now) }
        tickGossip(now: now)
        return (true, take())
    }

    private mutating func pass(on message: UserMessage, isOwn: Bool, now: Instant) {
        broadcasts.add(
            message.encoded(), isOwn: isOwn, spread: spreadCount, now: now, interval: settings.gossipInterval)
    }

    /// Broadcasts of members, made or passed on by the sender of a datagram. Of those whom this node does not know it
    /// could not tell which it has had.
    mutating func hear(_ messages: [UserMessage], now: Instant) {
        for message in messages {
            guard let origin = message.origin, origin.id != me.id,
                view[origin.id]?.identity.nonce == origin.nonce,
                broadcasts.isNew(message.sequence, of: origin)
            else { continue }
            actions.append(.deliver(message))
            pass(on: message, isOwn: false, now: now)
        }
    }

    /// `isCarried`: a round of news went out just now, and took along what it had room for.
    mutating func tickBroadcasts(now: Instant, isCarried: Bool) {
        guard now >= broadcasts.nextRound else { return }
        // There is nobody to hear it.
        if view.presentCount == 0 { broadcasts.clear() }
        if !isCarried {
            for target in broadcastTargets() where !broadcasts.entries.isEmpty {
                send(Message(kind: .gossip), to: target, now: now)
            }
        }
        // News of members may leave no room for long, and must not wait itself: so there is one datagram more.
        if let first = broadcasts.entries.first, now - first.lastTold >= settings.gossipInterval {
            sendBroadcasts(to: broadcastTargets().prefix(1), now: now) { _ in true }
        }
        broadcasts.roundSent(now: now, interval: settings.gossipInterval)
    }

    /// What the host has said last goes out before this node does.
    mutating func flushBroadcasts(now: Instant) {
        for _ in 0..<Broadcasts.ownMost where broadcasts.entries.contains(where: { $0.isOwn && !$0.isTold }) {
            sendBroadcasts(to: broadcastTargets()[...], now: now) { $0.isOwn && !$0.isTold }
        }
    }

    private mutating func broadcastTargets() -> [Member] {
        view.sample(settings.gossipFanout, using: &generator) { !$0.isReachable }
    }

    /// One datagram of broadcasts alone, the same to all of these.
    private mutating func sendBroadcasts(
        to members: ArraySlice<Member>, now: Instant, where isWanted: (Broadcasts.Entry) -> Bool
    ) {
        guard !members.isEmpty else { return }
        var packet = Packet(Message(kind: .gossip), budget: settings.datagramBudget)
        broadcasts.fill(&packet, now: now, where: isWanted)
        for member in members {
            actions.append(.send(payload: packet.bytes, to: member.address, recipient: member.id))
        }
    }
}
