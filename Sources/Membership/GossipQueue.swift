import Basics
import Wire

/// News on its way. Each piece is sent a bounded number of times, the freshest first; a newer report about the
/// same start of a member takes the place of the older.
struct GossipQueue: Sendable {
    private(set) var entries: [Entry] = []
    /// When the next round goes out.
    private(set) var nextRound = Instant.distantFuture
    private var lastRound = Instant.distantPast

    struct Entry: Sendable {
        /// Whom it is about; its generation may have risen since.
        let about: Identity
        let encoded: [UInt8]
        var remaining: Int
    }

    /// Those that may go into the next packet; more never fit.
    var foremost: ArraySlice<Entry> { entries.prefix(64) }

    var isEmpty: Bool { entries.isEmpty }
    var nextDeadline: Instant { nextRound }

    mutating func add(_ record: MemberRecord, spread: Int, now: Instant, burstGap: Interval) {
        forget(record.identity)
        entries.insert(Entry(about: record.identity, encoded: record.encoded(), remaining: spread), at: 0)
        // First news goes out at once; what follows closely travels together a moment later.
        nextRound = min(nextRound, max(now, lastRound + burstGap))
    }

    mutating func forget(_ instance: Identity) {
        entries.removeAll { $0.about.nonce == instance.nonce && $0.about.id == instance.id }
    }

    mutating func clear() { entries = [] }

    mutating func roundSent(now: Instant, interval: Interval) {
        lastRound = now
        nextRound = entries.isEmpty ? .distantFuture : now + interval
    }

    /// The entries at these places went out once more.
    mutating func sent(_ places: [Int]) {
        guard !places.isEmpty else { return }
        for place in places { entries[place].remaining -= 1 }
        entries.removeAll { $0.remaining <= 0 }
        // The least told first, so that a full packet does not always carry the same. The sort is stable.
        entries.sort { $0.remaining > $1.remaining }
    }
}
