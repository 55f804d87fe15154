import Basics
import Tasks
import Testing

@Suite("rendezvous") struct RendezvousTests {
    private let settings = ResolverSettings(kind: .rendezvous)

    @Test func `every node finds the same owner, whatever it remembers`() {
        var field = Field(settings, ["a", "b", "c"], tasks: 100, seed: 1)
        field.resolve()
        var other = Field(settings, ["b", "d"], tasks: 100, seed: 2)
        other.resolve()
        other.leave("d")
        other.join("a")
        other.join("c")
        other.resolve()
        #expect(field.owners == other.owners)
    }

    /// What was found once, on any machine and with any release: a change would move tasks in a cluster of two releases.
    @Test func `finds what it always found`() {
        var field = Field(settings, ["a", "b", "c"], tasks: 12)
        field.nodes[2].weight = 3
        field.resolve()
        #expect(field.owners.map { $0 ?? "-" }.joined() == "caccabcaacac")
    }

    @Test func `respects the nodes' weights`() {
        var field = Field(settings, ["a", "b", "c"], tasks: 30_000)
        field.nodes[0].weight = 3
        field.nodes[2].weight = 2
        field.resolve()
        let counts = field.counts
        #expect(abs((counts["a"] ?? 0) - 15_000) < 400)
        #expect(abs((counts["b"] ?? 0) - 5_000) < 400)
        #expect(abs((counts["c"] ?? 0) - 10_000) < 400)
    }

    @Test func `a weight that grows only takes, and only for its node`() {
        var field = Field(settings, ["a", "b", "c"], tasks: 1_000)
        field.resolve()
        let before = field.owners
        field.nodes[1].weight = 5
        field.resolve()
        #expect(zip(before, field.owners).allSatisfy { $0 == $1 || $1 == "b" })
        #expect(before != field.owners)
    }

    @Test func `keeps tasks of one word together where one node can run them`() {
        var field = Field(settings, ["a", "b", "c", "d"], tasks: 40)
        for index in field.works.indices {
            field.works[index].placement.together = "group-\(index % 10)"
            if index < 10 { field.works[index].offeredBy = ["a", "b"] }
        }
        // Nobody can run both of these.
        field.works[19].offeredBy = ["c"]
        field.resolve()
        for group in 0..<9 {
            let owners = Set(stride(from: group, to: 40, by: 10).map { field.owners[$0] })
            #expect(owners == ["a"] || owners == ["b"])
        }
        #expect(field.owners[19] == "c" && ["a", "b"].contains(field.owners[9]))
    }

    @Test func `takes those with the most preferred labels that are there`() {
        var field = Field(settings, ["a", "b", "c"], tasks: 50)
        for index in field.works.indices { field.works[index].placement.prefers = ["big", "ssd"] }
        field.nodes[0].labels = ["ssd"]
        field.nodes[1].labels = ["ssd", "big"]
        field.resolve()
        #expect(Set(field.owners) == ["b"])
        field.leave("b")
        field.resolve()
        #expect(Set(field.owners) == ["a"])
        field.leave("a")
        field.resolve()
        #expect(Set(field.owners) == ["c"])
    }
}
