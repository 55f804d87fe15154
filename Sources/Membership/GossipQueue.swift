import Basics
import Wire

/// News on its way. Each piece is sent a bounded number of times, the least told first, the freshest of those; a newer
/// report about the same start of a member takes the place of the older.
struct GossipQueue: Sendable {
    /// The pieces by how often each is still to be sent, the next one last.
    private(set) var levels: [[Entry]] = []
    /// Which entry counts for each start of a member: one that has been replaced is left where it lies until its
    /// turn comes.
    private var current: [Start: UInt64] = [:]
    private var lastNumber: UInt64 = 0
    /// All that lie in the levels, those that were replaced among them.
    private var lying = 0
    /// When the next round goes out.
    private(set) var nextRound = Instant.distantFuture
    private var lastRound = Instant.distantPast

    struct Entry: Sendable {
        let start: Start
        let number: UInt64
        let record: MemberRecord
        /// Made when it is first needed: much is replaced before that.
        var encoded: [UInt8]?
    }

    /// Whom it is about, whose generation may have risen since.
    struct Start: Hashable, Sendable {
        let id: String
        let nonce: UInt64

        init(_ identity: Identity) {
            id = identity.id
            nonce = identity.nonce
        }

        func hash(into hasher: inout Hasher) { hasher.combine(nonce) }
    }

    var count: Int { current.count }
    var isEmpty: Bool { current.isEmpty }
    var nextDeadline: Instant { nextRound }

    mutating func add(_ record: MemberRecord, spread: Int, now: Instant, burstGap: Interval) {
        guard spread > 0 else { return }
        let start = Start(record.identity)
        lastNumber += 1
        current[start] = lastNumber
        push(Entry(start: start, number: lastNumber, record: record), level: spread)
        if lying > 2 * count + 64 { sweep() }
        // First news goes out at once; what follows closely travels together a moment later.
        nextRound = min(nextRound, max(now, lastRound + burstGap))
    }

    mutating func forget(_ instance: Identity) { current[Start(instance)] = nil }

    mutating func clear() {
        levels = []
        current = [:]
        lying = 0
    }

    mutating func roundSent(now: Instant, interval: Interval) {
        lastRound = now
        nextRound = isEmpty ? .distantFuture : now + interval
    }

    /// Puts as much news into the packet as has room, and counts it as sent once more.
    mutating func fill(_ packet: inout Packet) {
        guard !isEmpty else { return }
        var taken: [(entry: Entry, level: Int)] = []
        var passedOver: [(entry: Entry, level: Int)] = []
        while !packet.isFull, passedOver.count < GossipQueue.passedOverMost, let next = pop() {
            var (entry, level) = next
            let encoded = entry.encoded ?? entry.record.encoded()
            entry.encoded = encoded
            let isTaken = packet.add(encoded)
            level -= isTaken ? 1 : 0
            if isTaken { taken.append((entry, level)) } else { passedOver.append((entry, level)) }
        }
        // In this order, so that all come to lie as before, those just sent on top of those sent as often.
        for (entry, level) in taken.reversed() {
            if level > 0 { push(entry, level: level) } else { current[entry.start] = nil }
        }
        for (entry, level) in passedOver.reversed() { push(entry, level: level) }
        if isEmpty { clear() }
    }

    /// So many that are too large for what room is left are tried; smaller ones behind them wait for the next packet.
    private static let passedOverMost = 8

    private mutating func push(_ entry: Entry, level: Int) {
        while levels.count <= level { levels.append([]) }
        levels[level].append(entry)
        lying += 1
    }

    private mutating func sweep() {
        for level in levels.indices { levels[level].removeAll { current[$0.start] != $0.number } }
        lying = count
    }

    /// Takes out the next entry that still counts.
    private mutating func pop() -> (entry: Entry, level: Int)? {
        while let level = levels.indices.last {
            guard let entry = levels[level].popLast() else {
                levels.removeLast()
                continue
            }
            lying -= 1
            if current[entry.start] == entry.number { return (entry, level) }
        }
        return nil
    }
}
