import Basics
import Tasks
import Testing

/// How long it takes is printed, and nothing is asked of it. Figures that count:
/// `swift test -c release -Xswiftc -enable-testing --filter ResolverSpeedTests`.
@Suite(.serialized) struct ResolverSpeedTests {
    #if DEBUG
        private let tasks = 1_000
        private let nodes = 40
    #else
        private let tasks = 10_000
        private let nodes = 100
    #endif

    @Test(arguments: ResolverSettings.Kind.allCases)
    func `resolve many tasks on many nodes`(kind: ResolverSettings.Kind) {
        let ids = (0...nodes).map { "node-\($0)" }
        let settings = ResolverSettings(
            kind: kind, nodes: kind == .nodes ? ids : [], movesPerMinute: 1_000_000)
        var field = Field(settings, Array(ids.dropLast()), tasks: tasks) { tasks, nodes in
            tasks.indices.map { $0 % nodes.count }
        }
        for index in field.works.indices {
            field.works[index].placement.weight = UInt32(1 + index % 7)
            if index % 3 == 0, kind != .host {
                field.works[index].offeredBy = Set(ids.filter { Fnv1a.hash($0) % 17 != index % 17 })
            }
            if index % 5 == 0 { field.works[index].placement.apart = "word-\(index % 500)" }
            if index % 11 == 0 { field.works[index].placement.together = "word-\(index % 1000)" }
        }
        var times: [String] = []
        for (change, id) in [("start", ""), ("again", ""), ("leave", ids[3]), ("join", ids[nodes])] {
            if change == "leave" { field.leave(id) }
            if change == "join" { field.join(id) }
            let tasks = field.tasks
            let time = ContinuousClock().measure {
                let resolution = field.resolver.resolve(tasks, nodes: field.nodes, now: field.now)
                for (index, owner) in resolution.owners.enumerated() {
                    field.works[index].owner = owner.map { field.nodes[$0].id }
                }
            }
            times.append("\(change) \(time)")
        }
        print(
            "\(kind.rawValue): \(self.tasks) tasks on \(self.nodes) nodes: \(times.joined(separator: ", "))")
        #expect(field.owners.allSatisfy { $0 != nil })
    }
}
