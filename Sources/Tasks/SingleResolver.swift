import Basics

/// One random node for all tasks, for as long as it is there; what it cannot run goes to a second one, and so on.
///
/// The reference remembers its node in the coordinator's memory, so that after a change of coordinator new tasks go
/// elsewhere than the old ones. Here who has tasks already is who gets the next.
struct SingleResolver: ResolverAlgorithm {
    private var generator: SeededGenerator
    /// The ids of the nodes in use: each task goes to the first that may have it.
    private var chosen: [String] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        guard !board.open.isEmpty else { return }
        var waiting = Array(repeating: 0, count: board.kinds.count)
        for task in board.open { waiting[board.kindOf[task]] += 1 }

        let places = board.places
        var line = chosen.compactMap { places[$0] }
        if line.isEmpty { line = SingleResolver.busiest(board) }
        var target: [Int?] = board.kinds.map { kind in line.first { kind.set.contains($0) } }
        while let place = mostWanted(board, waiting, target) {
            line.append(place)
            for (kind, candidates) in board.kinds.enumerated()
            where target[kind] == nil && candidates.set.contains(place) {
                target[kind] = place
            }
        }
        chosen = line.map { board.nodes[$0].id }
        for task in board.open { board.owners[task] = target[board.kindOf[task]] }
    }

    /// One of the nodes that may have the most of what has no target yet, by chance; nil when nothing is left.
    private mutating func mostWanted(_ board: ResolverBoard, _ waiting: [Int], _ target: [Int?]) -> Int? {
        var wanted = Array(repeating: 0, count: board.nodes.count)
        for (kind, candidates) in board.kinds.enumerated() where target[kind] == nil && waiting[kind] > 0 {
            for place in candidates.places { wanted[place] += waiting[kind] }
        }
        guard let most = wanted.max(), most > 0 else { return nil }
        let best = wanted.indices.filter { wanted[$0] == most }
        return best[generator.below(best.count)]
    }

    /// Who has tasks, the busiest first.
    private static func busiest(_ board: ResolverBoard) -> [Int] {
        var held = Array(repeating: 0, count: board.nodes.count)
        for owner in board.owners { if let owner { held[owner] += 1 } }
        return held.indices.filter { held[$0] > 0 }.sorted { (held[$1], $0) < (held[$0], $1) }
    }
}
