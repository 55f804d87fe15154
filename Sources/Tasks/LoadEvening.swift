import Basics

/// Evens the load with few moves: always from the most loaded node to the least loaded one that can take something, and
/// only what leaves the receiver less loaded than the giver was. Each move lowers the higher of two loads, so it ends.
struct LoadEvening {
    private(set) var board: LoadBoard
    private(set) var limit: MoveLimit
    /// Whether a move was left out because of the limit.
    private(set) var isHeldBack = false
    private let now: Instant
    /// By place and kind the units there, the heaviest last.
    private var held: [[Shelf]]
    private var looks = 0

    /// A bound on the work of one resolution for the strangest of inputs; the next one goes on.
    private static let mostLooks = 2_000_000

    private struct Shelf {
        let kind: Int
        var units: [Int]
    }

    init(_ board: LoadBoard, _ limit: MoveLimit, now: Instant) {
        self.board = board
        self.limit = limit
        self.now = now
        held = Array(repeating: [], count: board.weights.count)
        let movable = board.units.indices.filter { !board.units[$0].isHeld && !board.units[$0].tasks.isEmpty }
        for unit in movable.sorted(by: { board.units[$0].weight < board.units[$1].weight }) { shelve(unit) }
    }

    /// Moves what may be moved.
    mutating func run() {
        var hasMoved = true
        while hasMoved, looks < LoadEvening.mostLooks {
            hasMoved = false
            // A giver that finds no receiver is passed over until another round: some other's gift may have made room.
            var givers = board.weights.indices.filter { !held[$0].isEmpty }
            while let giver = givers.max(by: { board.isLessLoaded($0, than: $1) }),
                looks < LoadEvening.mostLooks
            {
                if give(from: giver) { hasMoved = true } else { givers.removeAll { $0 == giver } }
            }
        }
    }

    private mutating func give(from giver: Int) -> Bool {
        let less = board.weights.indices.filter { board.isLessLoaded($0, than: giver) }
        guard let least = less.min(by: { board.isLessLoaded($0, than: $1) }) else { return false }
        if give(from: giver, to: least) { return true }
        for receiver in less.sorted(by: { board.isLessLoaded($0, than: $1) }) where receiver != least {
            if looks >= LoadEvening.mostLooks { return false }
            if give(from: giver, to: receiver) { return true }
        }
        return false
    }

    private mutating func give(from giver: Int, to receiver: Int) -> Bool {
        for shelf in held[giver].indices {
            guard let index = choice(held[giver][shelf], giver, receiver) else { continue }
            let unit = held[giver][shelf].units[index]
            let cost = board.units[unit].cost
            guard cost == 0 || limit.allows(cost) else {
                isHeldBack = true
                continue
            }
            limit.spend(cost, at: now)
            held[giver][shelf].units.remove(at: index)
            if held[giver][shelf].units.isEmpty { held[giver].remove(at: shelf) }
            board.move(unit, to: receiver)
            shelve(unit)
            return true
        }
        return false
    }

    /// The heaviest unit of a kind that does not turn the two loads round, else the lightest that still leaves the
    /// receiver less loaded than the giver was.
    private mutating func choice(_ shelf: Shelf, _ giver: Int, _ receiver: Int) -> Int? {
        looks += 1
        let kind = board.kinds[shelf.kind]
        guard kind.set.contains(receiver), kind.lacks(receiver) <= kind.lacks(giver) else { return nil }
        let give = board.loads[giver]
        let take = board.loads[receiver]
        let (giveWeight, takeWeight) = (board.weights[giver], board.weights[receiver])
        let half = (give * takeWeight - take * giveWeight) / (giveWeight + takeWeight)
        let isTooHeavy = { (weight: Int) in (take + weight) * giveWeight >= give * takeWeight }
        if let lightest = shelf.units.first, isTooHeavy(board.units[lightest].weight) { return nil }
        var choice: Int?
        for index in shelf.units.indices.reversed() {
            looks += 1
            let unit = shelf.units[index]
            let weight = board.units[unit].weight
            if isTooHeavy(weight) || board.crowd(unit, at: receiver) > board.crowd(unit, at: giver) {
                continue
            }
            choice = index
            if weight <= half { break }
        }
        return choice
    }

    private mutating func shelve(_ unit: Int) {
        guard let place = board.units[unit].place else { return }
        let kind = board.units[unit].kind
        var low = 0
        var high = held[place].count
        while low < high {
            let middle = (low + high) / 2
            if held[place][middle].kind < kind { low = middle + 1 } else { high = middle }
        }
        if low == held[place].count || held[place][low].kind != kind {
            held[place].insert(Shelf(kind: kind, units: [unit]), at: low)
            return
        }
        let weight = board.units[unit].weight
        let units = held[place][low].units
        let index = units.lastIndex { board.units[$0].weight <= weight }.map { $0 + 1 } ?? 0
        held[place][low].units.insert(unit, at: index)
    }
}
