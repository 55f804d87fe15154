import Basics
import Tasks

/// Nodes that come and go and tasks that they have, resolved again and again by one resolver, as a coordinator does.
struct Field {
    struct Work {
        var name: String
        var placement = Placement()
        /// Who offers it; nil: every node.
        var offeredBy: Set<String>?
        var owner: String?
    }

    var resolver: Resolver
    var nodes: [ResolverNode] { didSet { nodes.sort { $0.id < $1.id } } }
    var works: [Work]
    var now = Instant(nanoseconds: 0)

    init(
        _ settings: ResolverSettings, _ nodes: [String], tasks: Int = 0, seed: UInt64 = 1,
        host: HostChoice? = nil
    ) {
        resolver = Resolver(settings, seed: seed, host: host)
        self.nodes = nodes.sorted().map { ResolverNode(id: $0) }
        works = (0..<tasks).map { Work(name: "task-\($0)") }
    }

    /// What the resolver sees.
    var tasks: [ResolverTask] {
        let places = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.id, $0) })
        let all = Array(nodes.indices)
        return works.map { work in
            let capable =
                work.offeredBy.map { offering in all.filter { offering.contains(nodes[$0].id) } } ?? all
            return ResolverTask(
                name: work.name, capable: capable, owner: work.owner.flatMap { places[$0] },
                placement: work.placement)
        }
    }

    /// Resolves, and does as the resolver says. Returns what it said.
    @discardableResult mutating func resolve() -> Resolution {
        let resolution = resolver.resolve(tasks, nodes: nodes, now: now)
        for (index, owner) in resolution.owners.enumerated() {
            works[index].owner = owner.map { nodes[$0].id }
        }
        return resolution
    }

    mutating func leave(_ id: String) { nodes.removeAll { $0.id == id } }
    mutating func join(_ id: String) { nodes.append(ResolverNode(id: id)) }

    var owners: [String?] { works.map(\.owner) }

    /// How many tasks each of the nodes has that are there.
    var counts: [String: Int] {
        var counts = Dictionary(nodes.map { ($0.id, 0) }, uniquingKeysWith: { first, _ in first })
        for owner in owners { if let owner { counts[owner, default: 0] += 1 } }
        return counts
    }

    /// The most that one has in relation to the mean.
    var unevenness: Double {
        let counts = counts.values
        return Double(counts.max() ?? 0) * Double(counts.count) / Double(max(1, counts.reduce(0, +)))
    }

    /// How many tasks left a node that is there since `before`.
    func moves(since before: [String?]) -> Int {
        let here = Set(nodes.map(\.id))
        return zip(before, owners).count { old, new in old.map { here.contains($0) && $0 != new } ?? false }
    }
}

func seconds(_ count: Int64) -> Instant { Instant(nanoseconds: 0) + .seconds(count) }
