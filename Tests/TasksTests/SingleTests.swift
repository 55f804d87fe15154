import Basics
import Tasks
import Testing

@Suite("single") struct SingleTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `has one node for all tasks, as long as it is there`(seed: UInt64) throws {
        var field = Field(ResolverSettings(), ["a", "b", "c"], tasks: 5, seed: seed)
        field.resolve()
        let first = try #require(field.owners[0])
        #expect(field.owners == Array(repeating: first, count: 5))

        for other in ["a", "b", "c"] where other != first { field.leave(other) }
        field.join("d")
        field.join("e")
        field.works.append(Field.Work(name: "later"))
        field.resolve()
        #expect(field.owners == Array(repeating: first, count: 6))

        field.leave(first)
        field.resolve()
        let second = try #require(field.owners[0])
        #expect(["d", "e"].contains(second))
        field.join(first)
        field.works.append(Field.Work(name: "last"))
        field.resolve()
        #expect(field.owners == Array(repeating: second, count: 7))
    }

    @Test func `takes any node`() {
        let chosen = (0..<100 as Range<UInt64>).map { seed -> String? in
            var field = Field(ResolverSettings(), ["a", "b", "c"], tasks: 1, seed: seed)
            field.resolve()
            return field.owners[0]
        }
        #expect(Set(chosen) == ["a", "b", "c"])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `gives what its node cannot run to another one, which stays too`(seed: UInt64) throws {
        var field = Field(ResolverSettings(), ["a", "b", "c", "d"], tasks: 5, seed: seed)
        field.works += (0..<3).map { Field.Work(name: "special-\($0)", offeredBy: ["c", "d"]) }
        field.works += (0..<3).map { Field.Work(name: "rare-\($0)", offeredBy: ["d"]) }
        field.resolve()
        // The one that can have them all is the one.
        #expect(Set(field.owners) == ["d"])

        field.leave("d")
        field.join("e")
        field.resolve()
        #expect(Set(field.owners[0..<8]) == ["c"] && field.owners[8...].allSatisfy { $0 == nil })
        field.leave("c")
        field.resolve()
        #expect(Set(field.owners[0..<5]).count == 1 && field.owners[5...].allSatisfy { $0 == nil })
        let main = try #require(field.owners[0])
        field.join("c")
        field.resolve()
        #expect(Set(field.owners[0..<5]) == [main] && Set(field.owners[5..<8]) == ["c"])
        field.works.append(Field.Work(name: "later"))
        field.works.append(Field.Work(name: "special-later", offeredBy: ["c", "d"]))
        field.join("d")
        field.resolve()
        #expect(field.owners[11] == main && field.owners[12] == "c" && field.owners[8] == "d")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `remembers its node when all tasks are gone`(seed: UInt64) throws {
        var field = Field(ResolverSettings(), ["a", "b", "c", "d"], tasks: 3, seed: seed)
        field.resolve()
        let first = try #require(field.owners[0])
        field.works = []
        field.resolve()
        field.works = [Field.Work(name: "later")]
        field.resolve()
        #expect(field.owners == [first])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `stays with its node when the coordinator changes`(seed: UInt64) throws {
        var field = Field(ResolverSettings(), ["a", "b", "c", "d"], tasks: 3, seed: seed)
        field.resolve()
        let first = try #require(field.owners[0])
        field.resolver = Resolver(ResolverSettings(), seed: seed &+ 1)
        field.works.append(Field.Work(name: "later"))
        field.resolve()
        #expect(field.owners == Array(repeating: first, count: 4))
    }

    @Test func `says why at most a hundred tasks have no node`() {
        var field = Field(ResolverSettings(), ["a"], tasks: 150)
        field.works[0].placement.requires = ["gpu"]
        for index in 1..<150 { field.works[index].offeredBy = [] }
        let notes = field.resolve().notes
        #expect(notes.count == Resolution.mostNotes)
        #expect(notes[0] == .nobodyHasLabels(task: "task-0", labels: ["gpu"]))
        #expect(notes[0].text.hasSuffix("all the labels that it requires: gpu"))
        #expect(notes[1] == .nobodyOffers(task: "task-1"))
    }

    @Test func `says that nobody is there`() {
        var field = Field(ResolverSettings(), [], tasks: 3)
        let resolution = field.resolve()
        #expect(resolution.owners == [nil, nil, nil] && resolution.notes == [.noNodes])
        #expect(resolution.nextLook == .distantFuture)
    }
}
