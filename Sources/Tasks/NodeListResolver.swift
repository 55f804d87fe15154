import Basics

/// The nodes of a list, one after the other; one that stands there twice gets twice as much.
///
/// Fair when some are down, where the reference gives the whole share of one that is down to its neighbours in the list.
struct NodeListResolver: ResolverAlgorithm {
    private var line: [String]

    init(_ ids: [String]) { line = Turns.beginning(ids) }

    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        guard !board.open.isEmpty else { return }
        var turns = Turns(line, board.places)
        guard turns.isAnyHere else {
            for task in board.open { board.note(.nobodyOfListIsHere, of: task) }
            return
        }
        for task in board.open {
            board.owners[task] = turns.next(of: board.candidates(task).set)
            if board.owners[task] == nil {
                board.note(.nobodyOfListCan(task: board.tasks[task].name), of: task)
            }
        }
        line = turns.ids
    }
}
