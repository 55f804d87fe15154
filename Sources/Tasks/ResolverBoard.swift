import Basics

/// The nodes that may have a task: they can run it and have the labels that it requires.
struct Candidates: Sendable {
    let set: NodeSet
    /// The same, ascending.
    let places: [Int]
    /// How many of the preferred labels each node lacks, by place; empty where none are preferred.
    private let lacking: [Int]
    /// How many the best of them lack.
    let leastLacking: Int

    init(set: NodeSet, lacking: [Int]) {
        self.set = set
        places = set.places
        self.lacking = lacking
        leastLacking = lacking.isEmpty ? 0 : places.map { lacking[$0] }.min() ?? 0
    }

    func lacks(_ place: Int) -> Int { lacking.isEmpty ? 0 : lacking[place] }
}

/// What a resolver works on: who may have what, who keeps what, and what is to be given out.
///
/// Most tasks of a cluster may run on the same nodes, so these are found once for each kind of task.
struct ResolverBoard {
    let tasks: [ResolverTask]
    let nodes: [ResolverNode]
    private(set) var kinds: [Candidates] = []
    /// The kind of each task.
    private(set) var kindOf: [Int] = []
    /// Who has each task now.
    var owners: [Int?]
    /// The tasks that nobody has and somebody may have, in order.
    private(set) var open: [Int] = []
    private(set) var notes: [ResolverNote] = []
    /// Why a task has no node.
    private var reasons: [Int: ResolverNote] = [:]
    var nextLook = Instant.distantFuture

    private var noted: Set<ResolverNote> = []
    private var kindsByKey: [KindKey: Int] = [:]
    private var labels: [String: NodeSet] = [:]

    init(_ tasks: [ResolverTask], _ nodes: [ResolverNode]) {
        self.tasks = tasks
        self.nodes = nodes
        owners = Array(repeating: nil, count: tasks.count)
        for (place, node) in nodes.enumerated() {
            for label in node.labels { labels[label, default: NodeSet(of: nodes.count)].insert(place) }
        }
        var capable: [Int] = []
        var whole = NodeSet(of: nodes.count)
        for (index, task) in tasks.enumerated() {
            if task.capable != capable {
                capable = task.capable
                whole = NodeSet(of: nodes.count)
                for place in capable { whole.insert(place) }
            }
            take(index, task, whole)
        }
        if nodes.isEmpty { for task in tasks.indices { note(.noNodes, of: task) } }
    }

    private mutating func take(_ index: Int, _ task: ResolverTask, _ whole: NodeSet) {
        var set = whole
        for label in task.placement.requires {
            set.formIntersection(labels[label] ?? NodeSet(of: nodes.count))
        }
        let kind = self.kind(of: set, prefers: task.placement.prefers)
        kindOf.append(kind)
        if kinds[kind].places.isEmpty {
            guard !nodes.isEmpty else { return }
            note(
                whole.isEmpty
                    ? .nobodyOffers(task: task.name)
                    : .nobodyHasLabels(task: task.name, labels: task.placement.requires), of: index)
        } else if let owner = task.owner, set.contains(owner) {
            owners[index] = owner
        } else {
            open.append(index)
        }
    }

    /// The kind of a task that these nodes may have and that prefers these labels.
    mutating func kind(of set: NodeSet, prefers: [String]) -> Int {
        let key = KindKey(set: set, prefers: prefers)
        if let known = kindsByKey[key] { return known }
        var lacking: [Int] = []
        if !prefers.isEmpty {
            lacking = nodes.indices.map { place in
                prefers.count { labels[$0]?.contains(place) != true }
            }
        }
        kindsByKey[key] = kinds.count
        kinds.append(Candidates(set: set, lacking: lacking))
        return kinds.count - 1
    }

    func candidates(_ task: Int) -> Candidates { kinds[kindOf[task]] }

    /// Where each node stands; of two with one id the first.
    var places: [String: Int] {
        Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func note(_ note: ResolverNote) {
        guard notes.count < Resolution.mostNotes, noted.insert(note).inserted else { return }
        notes.append(note)
    }

    /// It is for this that the task has no node.
    mutating func note(_ note: ResolverNote, of task: Int) {
        explain(task, note)
        self.note(note)
    }

    /// The same, where it is nothing that is odd.
    mutating func explain(_ task: Int, _ note: ResolverNote) { reasons[task] = note }

    var resolution: Resolution {
        Resolution(owners: owners, notes: notes, reasons: reasons, nextLook: nextLook)
    }

    private struct KindKey: Hashable {
        let set: NodeSet
        let prefers: [String]
    }
}
