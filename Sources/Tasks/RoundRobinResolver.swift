import Basics

/// One node after the other, once enough of them are there.
///
/// With fewer nodes than the count nothing is given out, at any time: a cluster that has lost a node waits for its return,
/// as the reference does. What runs goes on. With a grace time it waits that long only.
struct RoundRobinResolver: ResolverAlgorithm {
    private let count: Int
    private let grace: Interval
    private var line: [String] = []
    /// Since when there are too few.
    private var shortSince: Instant?

    init(count: Int, grace: Interval) {
        self.count = count
        self.grace = grace
    }

    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        guard mayGiveOut(&board, now), !board.open.isEmpty else { return }
        let places = board.places
        var ids = line.filter { places[$0] != nil }
        if ids.isEmpty {
            ids = Turns.beginning(board.nodes.map(\.id))
        } else {
            let known = Set(ids)
            ids += board.nodes.map(\.id).filter { !known.contains($0) }
        }
        var turns = Turns(ids, places)
        for task in board.open { board.owners[task] = turns.next(of: board.candidates(task).set) }
        line = turns.ids
    }

    private mutating func mayGiveOut(_ board: inout ResolverBoard, _ now: Instant) -> Bool {
        let present = board.nodes.count
        guard present < count else {
            shortSince = nil
            return true
        }
        let since = shortSince ?? now
        shortSince = since
        guard !board.open.isEmpty else { return false }
        if grace > .zero {
            if now >= since + grace {
                board.note(.wentOnWithFewer(wanted: count, present: present))
                return true
            }
            board.nextLook = since + grace
        }
        for task in board.open { board.note(.waitingForNodes(wanted: count, present: present), of: task) }
        return false
    }
}
