import Simulation
import Tasks

/// How long a coordinator takes to share out ten thousand tasks to a hundred nodes (or `--members`): the whole step, with
/// what it says to all nodes, of one processor. `benchmarks/tasks.py` reads the lines.
enum SharingReport {
    static let report = Report(
        name: "sharing", summary: "how long a coordinator takes to share out 10,000 tasks", run: run)

    private static let tasks = 10_000

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        let nodes = arguments.members ?? 100
        var isWell = true
        for kind in [ResolverSettings.Kind.single, .leastLoaded, .rendezvous] {
            for seed in arguments.seeds ?? 1...5 {
                var sharing = Sharing(kind, tasks: tasks, nodes: nodes, seed: seed)
                step("first", kind, &sharing) { $0.introduce() }
                isWell = isWell && sharing.shared == tasks
                step("look", kind, &sharing) { $0.look() }
                step("lose", kind, &sharing) { $0.lose() }
                isWell = isWell && sharing.shared == tasks
            }
        }
        return isWell
    }

    private static func step(
        _ name: String, _ kind: ResolverSettings.Kind, _ sharing: inout Sharing,
        _ body: (inout Sharing) -> [CoordinatorAction]
    ) {
        let began = Command.processorTime()
        let actions = body(&sharing)
        let took = Command.processorTime() - began
        print("\(kind.rawValue) \(name) \(Int(took * 1e6)) us \(actions.count) actions")
        sharing.obey(actions)
        // What a first look leaves to the next.
        sharing.obey(sharing.look())
    }
}
