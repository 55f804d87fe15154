import Basics
import Tasks
import Testing

/// Whatever nodes and tasks there are: an answer for each task, and never a node that may not have it.
@Suite struct ResolverPropertyTests {
    private static let labels = ["ssd", "gpu", "east", "west"]
    private static let words = ["", "", "x", "y"]

    private static func settings(_ kind: ResolverSettings.Kind, _ generator: inout SeededGenerator)
        -> ResolverSettings
    {
        ResolverSettings(
            kind: kind, serverCount: generator.below(4), serverGrace: .seconds(Int64(generator.below(2) * 5)),
            nodes: (0..<5).map { _ in "n\(generator.below(8))" },
            movesPerMinute: [0, 3, 60, 1_000_000][generator.below(4)])
    }

    private static func some(_ texts: [String], _ generator: inout SeededGenerator) -> [String] {
        texts.filter { _ in generator.below(4) == 0 }
    }

    @Test(arguments: ResolverSettings.Kind.allCases.filter { $0 != .host }, 0..<12 as Range<UInt64>)
    func `a node that lives, can and has what is required`(kind: ResolverSettings.Kind, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let settings = Self.settings(kind, &generator)
        var field = Field(settings, [], seed: seed)
        let hasGroups = seed.isMultiple(of: 2)
        var history: [(at: Instant, moves: Int)] = []
        for _ in 0..<60 {
            change(&field, hasGroups, &generator)
            let tasks = field.tasks
            let resolution = field.resolve()
            let isReproducible = kind == .rendezvous
            if isReproducible {
                var other = Resolver(settings, seed: seed &+ 1)
                #expect(other.resolve(tasks, nodes: field.nodes, now: field.now).owners == resolution.owners)
            }
            #expect(resolution.owners.count == tasks.count)
            #expect(Set(resolution.notes).count == resolution.notes.count)
            var moves = 0
            for (task, owner) in zip(tasks, resolution.owners) {
                let isRight =
                    owner.map { isFit($0, task, field.nodes) } ?? mayBeNobody(kind, task, field.nodes)
                if !isRight { Issue.record("\(task) went to \(owner as Any)") }
                if let former = task.owner, isFit(former, task, field.nodes), owner != former { moves += 1 }
            }
            history.append((field.now, moves))
            switch kind {
            case .rendezvous: break
            case .leastLoaded:
                let lastMinute = history.filter { field.now - $0.at < .seconds(60) }.reduce(0) {
                    $0 + $1.moves
                }
                // A group moves as one, more of it than the limit where nothing else moved.
                if !hasGroups || settings.movesPerMinute == 0 {
                    #expect(lastMinute <= settings.movesPerMinute)
                }
            default: #expect(moves == 0)
            }
        }
    }

    /// Whether nobody need have the task, or nobody can: a count or a list may say so, of tasks that have nobody yet.
    private func mayBeNobody(_ kind: ResolverSettings.Kind, _ task: ResolverTask, _ nodes: [ResolverNode])
        -> Bool
    {
        if [.roundRobin, .nodes].contains(kind) {
            return !(task.owner.map { isFit($0, task, nodes) } ?? false)
        }
        return !nodes.indices.contains { isFit($0, task, nodes) }
    }

    private func isFit(_ place: Int, _ task: ResolverTask, _ nodes: [ResolverNode]) -> Bool {
        nodes.indices.contains(place) && task.capable.contains(place)
            && task.placement.requires.allSatisfy { nodes[place].labels.contains($0) }
    }

    private func change(_ field: inout Field, _ hasGroups: Bool, _ generator: inout SeededGenerator) {
        field.now = field.now + .milliseconds(Int64(generator.below(20_000)))
        let id = "n\(generator.below(8))"
        if field.nodes.contains(where: { $0.id == id }) {
            field.leave(id)
        } else {
            let weight = UInt32(1 + generator.below(3))
            field.nodes.append(
                ResolverNode(id: id, weight: weight, labels: Self.some(Self.labels, &generator)))
        }
        for _ in 0..<generator.below(5) {
            let offering = Set((0..<8).filter { _ in generator.below(2) == 0 }.map { "n\($0)" })
            field.works.append(
                Field.Work(
                    name: "task-\(generator.below(1000))",
                    placement: Placement(
                        requires: generator.below(3) == 0 ? Self.some(Self.labels, &generator) : [],
                        prefers: Self.some(Self.labels, &generator), apart: Self.words[generator.below(4)],
                        together: hasGroups ? Self.words[generator.below(4)] : "",
                        weight: UInt32(1 + generator.below(4))),
                    offeredBy: generator.below(2) == 0 ? nil : offering))
        }
        if field.works.count > 40 { field.works.removeFirst(10) }
    }

    @Test(arguments: ResolverSettings.Kind.allCases, 0..<30 as Range<UInt64>)
    func `an answer to whatever is asked`(kind: ResolverSettings.Kind, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let odd = [0, 1, 2, 3, -1, 64, 65, .max, .min]
        let weights: [UInt32] = [0, 1, 2, 1000, 1001, .max]
        var settings = Self.settings(kind, &generator)
        settings.serverCount = odd[generator.below(odd.count)]
        settings.movesPerMinute = odd[generator.below(odd.count)]
        settings.serverGrace = Interval(nanoseconds: Int64(odd[generator.below(odd.count)]))
        if generator.below(3) == 0 { settings.nodes = [] }
        let answers = (0..<20).map { _ in generator.below(3) == 0 ? nil : odd[generator.below(odd.count)] }
        var resolver = Resolver(settings, seed: seed) { _, _ in answers }
        let moments: [Instant] = [
            .distantPast, seconds(0), seconds(0), seconds(30), seconds(3000), .distantFuture,
        ]
        for now in moments {
            let nodes = (0..<generator.below(4) * generator.below(40)).map { _ in
                ResolverNode(
                    id: ["", "a", "b", "n\(generator.below(50))"][generator.below(4)],
                    weight: weights[generator.below(weights.count)],
                    labels: Self.some(Self.labels + ["ssd", ""], &generator))
            }
            let tasks = (0..<generator.below(3) * generator.below(60)).map { _ in
                ResolverTask(
                    name: ["", "a", "t\(generator.below(9))"][generator.below(3)],
                    capable: (0..<generator.below(9)).map { _ in odd[generator.below(odd.count)] },
                    owner: generator.below(2) == 0 ? nil : odd[generator.below(odd.count)],
                    placement: Placement(
                        requires: generator.below(3) == 0 ? ["ssd", "ssd"] : [],
                        prefers: Self.some(Self.labels + ["gpu"], &generator),
                        apart: Self.words[generator.below(4)],
                        together: Self.words[generator.below(4)],
                        weight: weights[generator.below(weights.count)]))
            }
            let resolution = resolver.resolve(tasks, nodes: nodes, now: now)
            #expect(resolution.owners.count == tasks.count && resolution.notes.count <= Resolution.mostNotes)
            for (task, owner) in zip(tasks, resolution.owners) {
                if let owner, !isFit(owner, task, nodes) { Issue.record("\(task) went to \(owner)") }
            }
        }
    }
}
