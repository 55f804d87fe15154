import Basics

/// The host's own choice: for each task a node's place, or nil for nobody.
package typealias HostChoice = @Sendable (_ tasks: [ResolverTask], _ nodes: [ResolverNode]) -> [Int?]

/// Takes the host's word where it is one that can be kept.
struct HostResolver: ResolverAlgorithm {
    private let choose: HostChoice?

    init(_ choose: HostChoice?) { self.choose = choose }

    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        guard let choose else {
            for task in board.tasks.indices { board.note(.hostDidNotAnswer, of: task) }
            return
        }
        HostResolver.apply(choose(board.tasks, board.nodes), to: &board)
    }

    fileprivate static func apply(_ chosen: [Int?], to board: inout ResolverBoard) {
        if chosen.count != board.tasks.count {
            board.note(.hostAnswered(owners: chosen.count, tasks: board.tasks.count))
        }
        for (index, task) in board.tasks.enumerated() {
            board.owners[index] = nil
            guard index < chosen.count, let place = chosen[index] else {
                // Where it could not have chosen anybody, that is the reason.
                if !board.candidates(index).places.isEmpty { board.explain(index, .hostChoseNobody) }
                continue
            }
            if !board.nodes.indices.contains(place) {
                board.note(.hostChoseNoNode(task: task.name, place: place), of: index)
            } else if !board.candidates(index).set.contains(place) {
                board.note(.hostChoseIncapable(task: task.name, node: board.nodes[place].id), of: index)
            } else {
                board.owners[index] = place
            }
        }
    }
}

extension Resolver {
    /// What becomes of an answer that the host gave elsewhere, on another thread than the one that resolves.
    package static func checked(
        _ chosen: [Int?], _ tasks: [ResolverTask], nodes: [ResolverNode]
    ) -> Resolution {
        var board = ResolverBoard(tasks, nodes)
        HostResolver.apply(chosen, to: &board)
        return board.resolution
    }
}
