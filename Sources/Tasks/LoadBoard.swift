/// Who carries what. Loads are compared in relation to the nodes' weights, by multiplying across: all weights are between 1
/// and 1000, so that no number of tasks that fits into memory overflows.
struct LoadBoard {
    var units: [LoadUnit]
    let kinds: [Candidates]
    let weights: [Int]
    private(set) var loads: [Int]
    /// By `apart` word and place: how many units with the word are there.
    private var crowds: [[Int32]]

    init(_ board: inout ResolverBoard) {
        let made = LoadUnits(&board)
        units = made.all
        kinds = board.kinds
        weights = board.nodes.map { Int(max(1, min($0.weight, Placement.heaviest))) }
        loads = Array(repeating: 0, count: weights.count)
        crowds = Array(repeating: Array(repeating: 0, count: weights.count), count: made.words)
        for unit in units.indices {
            if let place = units[unit].place { count(unit, place, 1) }
        }
    }

    /// Adds the unit to what the place carries (1), or takes it away (-1).
    private mutating func count(_ unit: Int, _ place: Int, _ sign: Int) {
        loads[place] += sign * units[unit].weight
        for word in units[unit].aparts { crowds[word][place] += Int32(sign) }
    }

    mutating func move(_ unit: Int, to place: Int) {
        if let from = units[unit].place { count(unit, from, -1) }
        units[unit].place = place
        count(unit, place, 1)
    }

    /// How many others there have a word that should keep them apart.
    func crowd(_ unit: Int, at place: Int) -> Int {
        let own: Int32 = units[unit].place == place ? 1 : 0
        return units[unit].aparts.reduce(0) { $0 + Int(crowds[$1][place] - own) }
    }

    func candidates(_ unit: Int) -> Candidates { kinds[units[unit].kind] }

    /// How little the unit fits there, whatever the load: first the crowd counts, then labels that it would rather have.
    func misfit(_ unit: Int, at place: Int) -> (crowd: Int, lacks: Int) {
        (crowd(unit, at: place), candidates(unit).lacks(place))
    }

    /// Where the unit fits best, the least loaded of these, the first of those.
    func best(_ unit: Int) -> Int? {
        let weight = units[unit].weight
        var best: (place: Int, misfit: (Int, Int), load: Int)?
        for place in candidates(unit).places {
            let misfit = misfit(unit, at: place)
            let load = loads[place] + (units[unit].place == place ? 0 : weight)
            if let known = best {
                if misfit > known.misfit { continue }
                if misfit == known.misfit, load * weights[known.place] >= known.load * weights[place] {
                    continue
                }
            }
            best = (place, misfit, load)
        }
        return best?.place
    }

    func isLessLoaded(_ left: Int, than right: Int) -> Bool {
        loads[left] * weights[right] < loads[right] * weights[left]
    }
}
