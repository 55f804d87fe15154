import Basics

/// Each task to the node that carries least in relation to its weight, and few moves when nodes come.
///
/// What counts, in this order: required labels; tasks of one `together` word on one node where one can run them all; tasks
/// of one `apart` word on different nodes where there are enough, else as few on each as can be; as many preferred labels
/// as can be had; an even load. Who lives keeps what it has, but for moves that better one of these and nothing before it. Such
/// moves are limited in any minute. For an even load they begin when some node carries a tenth more or less than its
/// share, and end when nothing can be bettered: a small difference moves nothing.
struct LeastLoadedResolver: ResolverAlgorithm {
    private var limit: MoveLimit
    private var isEvening = false

    init(movesPerMinute: Int) { limit = MoveLimit(perMinute: movesPerMinute) }

    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        guard !board.nodes.isEmpty else { return }
        limit.look(at: now)
        var loads = LoadBoard(&board)
        place(&loads)
        var isHeldBack = false
        improve(&loads, now, &isHeldBack)
        if limit.perMinute > 0 { even(&loads, now, &isHeldBack) }
        for unit in loads.units {
            for task in unit.tasks { board.owners[task] = unit.place }
        }
        if isHeldBack {
            board.note(.movesLimited(perMinute: limit.perMinute))
            board.nextLook = limit.nextFree
        }
    }

    /// Those that can go to few places first, then the heavy ones, so that the others even it out.
    private func place(_ loads: inout LoadBoard) {
        let order = loads.units.indices.filter { loads.units[$0].place == nil }.sorted { left, right in
            let places = (loads.candidates(left).places.count, loads.candidates(right).places.count)
            let weights = (loads.units[left].weight, loads.units[right].weight)
            return (places.0, weights.1, left) < (places.1, weights.0, right)
        }
        for unit in order {
            if let place = loads.best(unit) { loads.move(unit, to: place) }
        }
    }

    /// Brings strays home, and each unit to where it fits better.
    private mutating func improve(_ loads: inout LoadBoard, _ now: Instant, _ isHeldBack: inout Bool) {
        for unit in loads.units.indices {
            guard let place = loads.units[unit].place else { continue }
            let target: Int?
            if let leader = loads.units[unit].leader {
                target = loads.units[leader].place
            } else if loads.units[unit].isHeld || loads.misfit(unit, at: place) == (0, 0) {
                target = nil
            } else {
                let best = loads.best(unit)
                target = best.flatMap {
                    loads.misfit(unit, at: $0) < loads.misfit(unit, at: place) ? $0 : nil
                }
            }
            guard let target, target != place else { continue }
            let cost = loads.units[unit].cost
            guard cost == 0 || limit.allows(cost) else {
                isHeldBack = limit.perMinute > 0
                continue
            }
            limit.spend(cost, at: now)
            loads.move(unit, to: target)
        }
    }

    private mutating func even(_ loads: inout LoadBoard, _ now: Instant, _ isHeldBack: inout Bool) {
        guard isEvening || LeastLoadedResolver.isUneven(loads) else { return }
        var evening = LoadEvening(loads, limit, now: now)
        evening.run()
        (loads, limit) = (evening.board, evening.limit)
        isEvening = evening.isHeldBack
        if evening.isHeldBack { isHeldBack = true }
    }

    /// Whether a node that could have tasks carries a tenth more or less than its share.
    private static func isUneven(_ loads: LoadBoard) -> Bool {
        var isIn = Array(repeating: false, count: loads.weights.count)
        for kind in loads.kinds { for place in kind.places { isIn[place] = true } }
        let places = isIn.indices.filter { isIn[$0] }
        let load = Double(places.reduce(0) { $0 + loads.loads[$1] })
        let weight = Double(places.reduce(0) { $0 + loads.weights[$1] })
        return places.contains { place in
            let share = load * Double(loads.weights[place]) / weight
            return abs(Double(loads.loads[place]) - share) > share / 10
        }
    }
}
