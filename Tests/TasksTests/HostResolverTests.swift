import Basics
import Tasks
import Testing

@Suite("host") struct HostResolverTests {
    private let settings = ResolverSettings(kind: .host)

    @Test func `does as the host says`() {
        var field = Field(settings, ["a", "b"], tasks: 4) { tasks, nodes in
            tasks.map { $0.name == "task-3" ? nil : nodes.count - 1 }
        }
        #expect(field.resolve().notes.isEmpty)
        #expect(field.owners == ["b", "b", "b", nil])
        field.join("c")
        field.resolve()
        #expect(field.owners == ["c", "c", "c", nil])
    }

    @Test func `believes nothing that cannot be`() {
        var field = Field(settings, ["a", "b"], tasks: 6) { _, _ in [0, 2, -1, .max, 1, 0, 0] }
        field.works[4].offeredBy = ["a"]
        field.works[5].placement.requires = ["gpu"]
        let resolution = field.resolve()
        #expect(resolution.owners == [0, nil, nil, nil, nil, nil])
        #expect(
            resolution.notes == [
                .nobodyHasLabels(task: "task-5", labels: ["gpu"]), .hostAnswered(owners: 7, tasks: 6),
                .hostChoseNoNode(task: "task-1", place: 2), .hostChoseNoNode(task: "task-2", place: -1),
                .hostChoseNoNode(task: "task-3", place: .max), .hostChoseIncapable(task: "task-4", node: "b"),
                .hostChoseIncapable(task: "task-5", node: "a"),
            ])
    }

    @Test func `leaves tasks that the host forgot without a node`() {
        var field = Field(settings, ["a"], tasks: 3) { _, _ in [0] }
        #expect(field.resolve().notes == [.hostAnswered(owners: 1, tasks: 3)])
        #expect(field.owners == ["a", nil, nil])
    }

    @Test func `leaves all where it is when nobody answers`() {
        var field = Field(settings, ["a", "b"], tasks: 2)
        field.works[0].owner = "b"
        #expect(field.resolve().notes == [.hostDidNotAnswer])
        #expect(field.owners == ["b", nil])
    }

    @Test func `takes an answer that came later`() {
        let field = Field(settings, ["a", "b"], tasks: 2)
        let resolution = Resolver.checked([1, 7], field.tasks, nodes: field.nodes)
        #expect(resolution.owners == [1, nil])
        #expect(resolution.notes == [.hostChoseNoNode(task: "task-1", place: 7)])
    }
}
