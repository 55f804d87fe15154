import Basics
import Tasks
import Testing

@Suite("least-loaded") struct LeastLoadedTests {
    private func settings(_ movesPerMinute: Int = 1_000_000) -> ResolverSettings {
        ResolverSettings(kind: .leastLoaded, movesPerMinute: movesPerMinute)
    }

    private func weights(_ field: Field) -> [String: Int] {
        var sums = field.counts.mapValues { _ in 0 }
        for work in field.works {
            if let owner = work.owner { sums[owner, default: 0] += Int(work.placement.weight) }
        }
        return sums
    }

    @Test func `gives each the same`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 10)
        field.resolve()
        #expect(field.counts.values.sorted() == [3, 3, 4])
        let before = field.owners
        field.resolve()
        #expect(field.owners == before)
    }

    @Test func `counts the weights of tasks`() {
        var field = Field(settings(), ["a", "b"], tasks: 6)
        for (index, weight) in [9, 1, 5, 2, 5, 8].enumerated() {
            field.works[index].placement.weight = UInt32(weight)
        }
        field.resolve()
        #expect(weights(field) == ["a": 15, "b": 15])
    }

    @Test func `counts the weights of nodes`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 600)
        field.nodes[0].weight = 3
        field.nodes[1].weight = 2
        field.resolve()
        #expect(field.counts == ["a": 300, "b": 200, "c": 100])
        field.nodes[0].weight = 1
        let before = field.owners
        field.resolve()
        #expect(field.counts == ["a": 150, "b": 300, "c": 150] && field.moves(since: before) == 150)
    }

    @Test func `takes weights for 1 to 1000`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 1002)
        field.nodes[0].weight = 0
        field.nodes[1].weight = .max
        field.works[7].placement.weight = 0
        field.resolve()
        #expect(field.counts == ["a": 1, "b": 1000, "c": 1])
        field.nodes[1].weight = 0
        field.resolve()
        #expect(field.counts == ["a": 334, "b": 334, "c": 334])
    }

    @Test func `moves only what a node that comes should have`() {
        var field = Field(settings(), ["a", "b", "c", "d"], tasks: 200)
        field.resolve()
        let before = field.owners
        field.join("e")
        field.resolve()
        #expect(field.counts.values.allSatisfy { $0 == 40 } && field.moves(since: before) == 40)
    }

    @Test func `moves nothing for a small difference, and evens a great one out`() {
        var field = Field(settings(), ["a", "b"], tasks: 100)
        field.resolve()
        // 50 and 46: within a tenth of the mean. 50 and 38 is not.
        let onB = field.works.indices.filter { field.works[$0].owner == "b" }
        for index in onB.prefix(4).reversed() { field.works.remove(at: index) }
        var before = field.owners
        field.resolve()
        #expect(field.moves(since: before) == 0 && field.counts == ["a": 50, "b": 46])
        for index in field.works.indices.filter({ field.works[$0].owner == "b" }).prefix(8).reversed() {
            field.works.remove(at: index)
        }
        before = field.owners
        field.resolve()
        #expect(field.counts == ["a": 44, "b": 44] && field.moves(since: before) == 6)
    }

    @Test func `moves no more in any minute than it may`() {
        var field = Field(settings(15), ["a", "b", "c", "d"], tasks: 200)
        field.resolve()
        field.join("e")
        var moved: [Int64: Int] = [:]
        for second in stride(from: Int64(0), to: 300, by: 2) {
            field.now = seconds(second)
            let before = field.owners
            let resolution = field.resolve()
            moved[second] = field.moves(since: before)
            if second < 120 {
                #expect(resolution.notes == [.movesLimited(perMinute: 15)])
                #expect(resolution.nextLook == seconds(second / 60 * 60 + 60))
            } else {
                #expect(resolution.notes.isEmpty && resolution.nextLook == .distantFuture)
            }
        }
        #expect(moved.filter { $0.value > 0 } == [0: 15, 60: 15, 120: 10])
        #expect(field.counts.values.allSatisfy { $0 == 40 })
    }

    @Test func `moves what makes it even, not what is heaviest`() {
        var field = Field(settings(), ["a", "b"], tasks: 5)
        for (index, weight) in [10, 4, 2, 4, 15].enumerated() {
            field.works[index].placement.weight = UInt32(weight)
            field.works[index].owner = index == 4 ? "b" : "a"
        }
        field.resolve()
        #expect(weights(field) == ["a": 18, "b": 17])
    }

    @Test func `ends what it began, however little is left`() {
        var field = Field(settings(38), ["a", "b", "c", "d"], tasks: 200)
        field.resolve()
        field.join("e")
        field.resolve()
        #expect(field.counts["e"] == 38)
        field.now = seconds(60)
        field.resolve()
        #expect(field.counts.values.allSatisfy { $0 == 40 })
    }

    @Test func `gives out what has no node whatever the limit is`() {
        var field = Field(settings(0), ["a", "b"], tasks: 100)
        field.resolve()
        let before = field.owners
        field.join("c")
        #expect(field.resolve().notes.isEmpty)
        #expect(field.owners == before)
        field.leave("a")
        field.resolve()
        #expect(field.counts == ["b": 50, "c": 50])
    }

    @Test func `takes those that have the preferred labels, whatever they carry`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 30)
        field.nodes[1].labels = ["ssd"]
        for index in 0..<20 { field.works[index].placement.prefers = ["ssd"] }
        field.resolve()
        #expect(field.owners[0..<20].allSatisfy { $0 == "b" } && field.counts == ["a": 5, "b": 20, "c": 5])
        // A second one shares with it, and when both are gone any will do.
        field.nodes.append(ResolverNode(id: "d", labels: ["hdd", "ssd"]))
        field.resolve()
        #expect(field.counts == ["a": 5, "b": 10, "c": 5, "d": 10])
        field.leave("b")
        field.leave("d")
        field.resolve()
        #expect(field.counts == ["a": 15, "c": 15])
        field.nodes.append(ResolverNode(id: "b", labels: ["ssd"]))
        field.resolve()
        #expect(field.owners[0..<20].allSatisfy { $0 == "b" })
    }

    @Test func `keeps tasks apart where there are enough nodes`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 9)
        for index in 0..<3 { field.works[index].placement.apart = "replica" }
        field.resolve()
        #expect(Set(field.owners[0..<3]) == ["a", "b", "c"] && field.counts.values.allSatisfy { $0 == 3 })
        field.leave("c")
        field.resolve()
        #expect(Set(field.owners[0..<3]) == ["a", "b"])
        field.join("d")
        field.resolve()
        #expect(Set(field.owners[0..<3]) == ["a", "b", "d"])
    }

    @Test func `has as few on each as can be where there are not enough nodes`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 7)
        for index in 0..<7 { field.works[index].placement.apart = "replica" }
        // Weights would have it otherwise.
        field.works[0].placement.weight = 100
        field.resolve()
        #expect(field.counts.values.sorted() == [2, 2, 3])
    }

    @Test func `keeps tasks of one word together, and moves them as one`() {
        var field = Field(settings(), ["a", "b"], tasks: 40)
        for index in 0..<40 { field.works[index].placement.together = "group-\(index / 10)" }
        field.resolve()
        #expect(field.counts == ["a": 20, "b": 20])
        field.join("c")
        field.join("d")
        field.resolve()
        #expect(field.counts.values.allSatisfy { $0 == 10 })
        for group in 0..<4 { #expect(Set(field.owners[group * 10..<group * 10 + 10]).count == 1) }
    }

    @Test func `brings together what has strayed`() {
        var field = Field(settings(), ["a", "b", "c"], tasks: 6)
        for index in 0..<6 {
            field.works[index].placement.together = "group"
            field.works[index].offeredBy = index == 0 ? ["a"] : ["b", "c"]
        }
        field.resolve()
        // No node can run them all, so each goes where it can.
        #expect(field.owners[0] == "a" && field.counts.values.sorted() == [1, 2, 3])
        field.works[0].offeredBy = nil
        field.resolve()
        #expect(Set(field.owners).count == 1 && field.owners[0] != "a")
        let before = field.owners
        field.resolve()
        #expect(field.owners == before)
    }

    @Test func `moves a great group when nothing else moved for a minute`() {
        var field = Field(settings(5), ["a"], tasks: 20)
        for index in 0..<20 { field.works[index].placement.together = "group-\(index / 10)" }
        field.resolve()
        field.join("b")
        field.resolve()
        #expect(field.counts == ["a": 10, "b": 10])
    }

    @Test func `fills a node through others where it must`() {
        // What a has can go to b only, what b has can go to c: c is filled by b, b by a.
        var field = Field(settings(), ["a", "b"], tasks: 0)
        field.works = (0..<60).map { Field.Work(name: "left-\($0)", offeredBy: ["a", "b"], owner: "a") }
        field.works += (0..<30).map { Field.Work(name: "right-\($0)", offeredBy: ["b", "c"], owner: "b") }
        field.join("c")
        field.resolve()
        #expect(field.counts.values.allSatisfy { abs($0 - 30) <= 1 })
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `comes to rest, near an even load, whatever the weights are`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var field = Field(settings(), (0..<6).map { "node-\($0)" }, tasks: 300, seed: seed)
        for index in field.nodes.indices { field.nodes[index].weight = UInt32(1 + generator.below(4)) }
        for index in field.works.indices {
            field.works[index].placement.weight = UInt32(1 + generator.below(10))
            field.works[index].owner = "node-\(generator.below(6))"
        }
        field.resolve()
        let before = field.owners
        field.resolve()
        #expect(field.owners == before)
        let sums = weights(field)
        let total = Double(sums.values.reduce(0, +)) / Double(field.nodes.reduce(0) { $0 + Int($1.weight) })
        for node in field.nodes {
            #expect(abs(Double(sums[node.id] ?? 0) / Double(node.weight) / total - 1) < 0.11)
        }
    }
}
