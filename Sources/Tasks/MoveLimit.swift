import Basics

/// At most so many moves in any minute.
struct MoveLimit: Sendable {
    let perMinute: Int
    private var moves: [Moves] = []
    private var spent = 0

    private struct Moves { let at: Instant, count: Int }

    init(perMinute: Int) { self.perMinute = max(0, perMinute) }

    /// Forgets what is a minute old.
    mutating func look(at now: Instant) {
        let recent = moves.prefix { now - $0.at >= .seconds(60) }
        for old in recent { spent -= old.count }
        moves.removeFirst(recent.count)
    }

    /// Whether so many tasks may move together now. More than a minute's worth may where nothing else moved for a minute.
    func allows(_ count: Int) -> Bool {
        perMinute > 0 && (spent == 0 || count <= perMinute - min(perMinute, spent))
    }

    mutating func spend(_ count: Int, at now: Instant) {
        guard count > 0 else { return }
        spent += count
        moves.append(Moves(at: now, count: count))
    }

    /// When more may move than now.
    var nextFree: Instant { moves.first.map { $0.at + .seconds(60) } ?? .distantFuture }
}
