import Basics
package import Tasks

/// How many tasks move when one of five nodes goes and comes back: docs/resolvers.md promises the fewest that can be.
package struct TaskMovement: Sendable {
    package let resolver: ResolverSettings.Kind
    /// Extra moves when it goes, and moves when it comes back.
    package private(set) var leaving = 0
    package private(set) var coming = 0
    package private(set) var violation: String?

    package init(_ resolver: ResolverSettings.Kind, seed: UInt64, broken: TaskBreak? = nil) {
        self.resolver = resolver
        var world = TaskWorld(scenario: TaskScenario(moving: resolver, broken: broken), seed: seed)
        world.run(until: world.now + .seconds(5))
        let first = world.shares
        guard first.reduce(0, +) == 200 else {
            violation = "\(first) tasks run on five nodes, not 200"
            return
        }
        let gone = Int(seed % 5)
        world.kill(gone)
        world.run(until: world.now + .seconds(8))
        leaving = world.checker.moves
        world.boot(gone)
        world.run(until: world.now + .seconds(8))
        coming = world.checker.moves - leaving
        violation = world.checker.violation?.text ?? wrong(first, gone, world.shares)
    }

    private func wrong(_ first: [Int], _ gone: Int, _ last: [Int]) -> String? {
        let wanted =
            switch resolver {
            case .leastLoaded: 40
            // What was its own before is so again.
            case .rendezvous: first[gone]
            case .single, .roundRobin, .nodes, .host: 0
            }
        if leaving != 0 { return "\(leaving) tasks of others moved when n\(gone) went" }
        if coming != wanted { return "\(coming) tasks moved when n\(gone) came back, not \(wanted)" }
        if last.reduce(0, +) != 200 { return "\(last) tasks run at the end, not 200" }
        if resolver == .leastLoaded, last != [40, 40, 40, 40, 40] {
            return "\(last) tasks at the end: not even"
        }
        return nil
    }
}

extension TaskWorld {
    /// How many tasks run on each node.
    var shares: [Int] {
        nodes.map { node in
            node.isUp ? node.worker.offers.values.count { $0.phase == .running } : 0
        }
    }
}
