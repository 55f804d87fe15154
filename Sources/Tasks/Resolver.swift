package import Basics

/// What one way of giving out tasks does with the tasks that nobody has.
protocol ResolverAlgorithm: Sendable {
    mutating func assign(_ board: inout ResolverBoard, now: Instant)
}

/// Decides which node has which task: a function of what it sees and of the little that it remembers (whose turn it is,
/// how many tasks moved in the last minute). A successor that remembers nothing leaves every task where it is.
///
/// Under every resolver a task goes only to a node that can run it and has the labels it requires. A task whose node lives
/// and may have it stays there, except that `leastLoaded` evens the load, `rendezvous` follows the view and `host` does as
/// it likes. Preferred labels and `together` count with `leastLoaded` and `rendezvous`, the weights of nodes too; the weights of tasks
/// and `apart` with `leastLoaded` alone.
package struct Resolver: Sendable {
    private var algorithm: any ResolverAlgorithm

    /// Chance comes from the seed. `host` is what the host decides by; only the kind of that name asks it.
    package init(_ settings: ResolverSettings, seed: UInt64, host: HostChoice? = nil) {
        algorithm =
            switch settings.kind {
            case .single: SingleResolver(seed: seed)
            case .roundRobin: RoundRobinResolver(count: settings.serverCount, grace: settings.serverGrace)
            case .nodes: NodeListResolver(settings.nodes)
            case .leastLoaded: LeastLoadedResolver(movesPerMinute: settings.movesPerMinute)
            case .rendezvous: RendezvousResolver()
            case .host: HostResolver(host)
            }
    }

    /// Total: whatever the tasks and nodes are, there is one answer for each task. `now` never runs backwards.
    ///
    /// A task that is on its way counts where it is going: give that node as its owner. A resolver that does not see it, or
    /// sees it where it was, takes the new node for empty and sends more there.
    package mutating func resolve(
        _ tasks: [ResolverTask], nodes: [ResolverNode], now: Instant
    ) -> Resolution {
        var board = ResolverBoard(tasks, nodes)
        algorithm.assign(&board, now: now)
        return board.resolution
    }
}
