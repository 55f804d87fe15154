import Basics
import Tasks
import Testing

@Suite("nodes") struct NodeListTests {
    private func settings(_ nodes: String...) -> ResolverSettings {
        ResolverSettings(kind: .nodes, nodes: nodes)
    }

    @Test func `follows the list, the second first, as the reference`() {
        var field = Field(settings("z", "x", "y"), ["w", "x", "y", "z"], tasks: 7)
        field.resolve()
        #expect(field.owners == ["x", "y", "z", "x", "y", "z", "x"])
    }

    @Test func `goes on where it was, one task at a time`() {
        var field = Field(settings("z", "x", "y"), ["w", "x", "y", "z"])
        for number in 0..<5 {
            field.works.append(Field.Work(name: "task-\(number)"))
            field.resolve()
        }
        #expect(field.owners == ["x", "y", "z", "x", "y"])
    }

    @Test func `is fair when one is down`() {
        // The reference gives node-2 534 of them, node-3 533 and node-1 133.
        let listed = ["node-1", "node-2", "node-3", "node-4"]
        var field = Field(
            ResolverSettings(kind: .nodes, nodes: listed), Array(listed.dropLast()), tasks: 1200)
        field.resolve()
        #expect(field.counts == ["node-1": 400, "node-2": 400, "node-3": 400])
    }

    @Test func `gives twice as much to one that is listed twice`() {
        var field = Field(settings("a", "b", "a"), ["a", "b", "c"], tasks: 300)
        field.resolve()
        #expect(field.counts == ["a": 200, "b": 100, "c": 0])
        field = Field(settings("a", "b", "a", "d"), ["a", "b", "c"], tasks: 300)
        field.resolve()
        #expect(field.counts == ["a": 200, "b": 100, "c": 0])
    }

    @Test func `says that none of the list is there, and leaves what runs elsewhere`() {
        var field = Field(settings("x", "y"), ["a", "b"], tasks: 3)
        field.works[1].owner = "b"
        let resolution = field.resolve()
        #expect(resolution.notes == [.nobodyOfListIsHere] && field.owners == [nil, "b", nil])
        field.join("y")
        #expect(field.resolve().notes.isEmpty)
        #expect(field.owners == ["y", "b", "y"])
    }

    @Test func `says which task none of the list can run`() {
        var field = Field(settings("a", "b"), ["a", "b", "c"], tasks: 1)
        field.works.append(Field.Work(name: "special", offeredBy: ["c"]))
        #expect(field.resolve().notes == [.nobodyOfListCan(task: "special")])
        #expect(field.owners == ["b", nil])
    }

    @Test func `compares ids exactly`() {
        var field = Field(settings("Node-1"), ["node-1"], tasks: 1)
        #expect(field.resolve().notes == [.nobodyOfListIsHere])
    }

    @Test func `with an empty list gives out nothing`() {
        var field = Field(settings(), ["a"], tasks: 1)
        #expect(field.resolve().notes == [.nobodyOfListIsHere])
    }
}
