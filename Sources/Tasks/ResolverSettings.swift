package import Basics

/// Which resolver decides, and how.
package struct ResolverSettings: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case single
        case roundRobin = "round-robin"
        case nodes
        case leastLoaded = "least-loaded"
        case rendezvous
        case host
    }

    package var kind: Kind
    /// Of `roundRobin`: with fewer nodes nothing new is given out.
    package var serverCount: Int
    /// Of `roundRobin`: after so long with fewer nodes it goes on with those that are there; zero: never.
    package var serverGrace: Interval
    /// Of `nodes`: their ids in order; one that stands there twice gets twice as much.
    package var nodes: [String]
    /// Of `leastLoaded`: how many tasks it takes from living nodes in a minute to even the load; 0: none.
    package var movesPerMinute: Int

    package init(
        kind: Kind = .single, serverCount: Int = 1, serverGrace: Interval = .zero, nodes: [String] = [],
        movesPerMinute: Int = 60
    ) {
        self.kind = kind
        self.serverCount = serverCount
        self.serverGrace = serverGrace
        self.nodes = nodes
        self.movesPerMinute = movesPerMinute
    }
}
