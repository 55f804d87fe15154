/// What least-loaded places and moves as one: a group of tasks, or a member of a group that has strayed from it.
struct LoadUnit {
    let tasks: [Int]
    let kind: Int
    let weight: Int
    /// The `apart` words that other tasks have too, each once.
    let aparts: [Int]
    /// Where it was found; nil where it had no node.
    let kept: Int?
    /// How many tasks leave a node if it moves from where it was found.
    let keptTasks: Int
    /// The unit that it should be with.
    var leader: Int?
    /// Not to be moved by itself for now: it has strays, or is one.
    var isHeld = false
    var place: Int?

    /// How many tasks move, in a host's eyes, if it goes elsewhere.
    var cost: Int { place != nil && place == kept ? keptTasks : 0 }
}

/// Makes the units of a board.
struct LoadUnits {
    private(set) var all: [LoadUnit] = []
    /// How many `apart` words count.
    private(set) var words = 0
    private var wordOf: [String: Int] = [:]
    private let board: ResolverBoard

    init(_ board: inout ResolverBoard) {
        let groups = board.groups()
        self.board = board
        numberWords()
        for group in groups {
            if group.tasks.count == 1 { _ = add(group.tasks, group.kind) } else { split(group) }
        }
    }

    /// A word that only one task has keeps nothing apart.
    private mutating func numberWords() {
        var seen: Set<String> = []
        for task in board.tasks where !task.placement.apart.isEmpty {
            let word = task.placement.apart
            if seen.insert(word).inserted || wordOf[word] != nil { continue }
            wordOf[word] = words
            words += 1
        }
    }

    /// Those where most of the group is, with those that are nowhere yet, are one unit; each of the others strays.
    private mutating func split(_ group: TaskGroup) {
        let set = board.kinds[group.kind].set
        var weights = Array(repeating: 0, count: board.nodes.count)
        for task in group.tasks {
            if let owner = board.owners[task], set.contains(owner) { weights[owner] += weight(task) }
        }
        let most = weights.max() ?? 0
        let home = most > 0 ? weights.firstIndex(of: most) : nil
        let together = group.tasks.filter { board.owners[$0] == nil || board.owners[$0] == home }
        let leader = add(together, group.kind, kept: home)
        for task in group.tasks where board.owners[task] != nil && board.owners[task] != home {
            let stray = add([task], board.kindOf[task])
            all[stray].leader = leader
            all[stray].isHeld = true
            all[leader].isHeld = true
        }
    }

    private mutating func add(_ tasks: [Int], _ kind: Int) -> Int {
        add(tasks, kind, kept: tasks.first.flatMap { board.owners[$0] })
    }

    private mutating func add(_ tasks: [Int], _ kind: Int, kept: Int?) -> Int {
        var aparts: [Int] = []
        for task in tasks {
            if let word = wordOf[board.tasks[task].placement.apart], !aparts.contains(word) {
                aparts.append(word)
            }
        }
        all.append(
            LoadUnit(
                tasks: tasks, kind: kind, weight: tasks.reduce(0) { $0 + weight($1) }, aparts: aparts,
                kept: kept, keptTasks: tasks.count { board.owners[$0] != nil }, place: kept))
        return all.count - 1
    }

    private func weight(_ task: Int) -> Int {
        Int(max(1, min(board.tasks[task].placement.weight, Placement.heaviest)))
    }
}
