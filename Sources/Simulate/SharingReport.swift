import Simulation
import Tasks

/// How long a coordinator takes to share out ten thousand tasks to a hundred nodes (or `--members`): the whole step, with
/// what it says to all nodes, of one processor. With and without words, weights and nodes of their own. `benchmarks/tasks.py` reads the lines.
enum SharingReport {
    static let report = Report(
        name: "sharing", summary: "how long a coordinator takes to share out 10,000 tasks", run: run)

    private static let tasks = 10_000

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        let nodes = arguments.members ?? 100
        var isWell = true
        let plain: [ResolverSettings.Kind] = [.single, .leastLoaded, .rendezvous]
        let mixed = ResolverSettings.Kind.allCases.filter { $0 != .host }
        for (kind, areMixed) in plain.map({ ($0, false) }) + mixed.map({ ($0, true) }) {
            let resolver = kind.rawValue + (areMixed ? "-mixed" : "")
            for seed in arguments.seeds ?? 1...5 {
                var sharing = Sharing(kind, tasks: tasks, nodes: nodes, seed: seed, areMixed: areMixed)
                step("first", resolver, &sharing) { $0.introduce() }
                isWell = isWell && sharing.shared == tasks
                step("look", resolver, &sharing) { $0.look() }
                step("lose", resolver, &sharing) { $0.lose() }
                isWell = isWell && sharing.shared == tasks
            }
        }
        return isWell
    }

    private static func step(
        _ name: String, _ resolver: String, _ sharing: inout Sharing,
        _ body: (inout Sharing) -> [CoordinatorAction]
    ) {
        let began = Command.processorTime()
        let actions = body(&sharing)
        let took = Command.processorTime() - began
        print("\(resolver) \(name) \(Int(took * 1e6)) us \(actions.count) actions")
        sharing.obey(actions)
        // What a first look leaves to the next.
        sharing.obey(sharing.look())
    }
}
