import Basics

/// What a coordinator's resolver remembers between two looks.
struct Resolving: Sendable {
    var resolver: Resolver
    var isNeeded = true
    /// When to look again: for grace times and limits of the resolver, and now and then whatever happens.
    var due: Instant
    fileprivate var notes: Set<ResolverNote> = []
    fileprivate var earliest: Instant
    fileprivate var looks = 0

    /// News come in showers; one look serves many, the more tasks there are.
    static func pause(_ tasks: Int) -> Interval {
        .milliseconds(5) + .microseconds(20) * Int64(tasks)
    }

    init(_ settings: ResolverSettings, seed: UInt64, now: Instant) {
        resolver = Resolver(settings, seed: seed)
        due = now
        earliest = now
    }
}

extension Coordinator {
    mutating func resolve(now: Instant) {
        guard resolving.isNeeded || resolving.due <= now else { return }
        guard resolving.earliest <= now else {
            resolving.due = min(resolving.due, resolving.earliest)
            return
        }
        if !resolving.isNeeded {
            resolving.looks += 1
            if resolving.looks % max(1, settings.resolvingFrequency) == 0 { needsSweep = true }
        }
        resolving.isNeeded = false
        resolving.earliest = now + Resolving.pause(tasks.count)
        let nodes = crew.values.filter { $0.isReady && !$0.isLost }.sorted { $0.id < $1.id }
        var places: [String: Int] = [:]
        for (place, node) in nodes.enumerated() { places[node.id] = place }
        var wanted: [ResolverTask] = []
        for name in tasks.keys.sorted() {
            guard let entry = tasks[name], !isResting(name), !entry.offeredBy.isEmpty else { continue }
            let capable = entry.offeredBy.compactMap { id in
                (entry.benched[id] ?? .distantPast) <= now ? places[id] : nil
            }
            var owner: Int?
            if entry.owner?.phase == .stopping {
                // On its way it counts where it goes.
                guard let heading = entry.heading, let place = places[heading] else { continue }
                owner = place
            } else if let current = entry.owner {
                // Whoever does not answer just now may well have it still.
                guard let place = places[current.node] else { continue }
                owner = place
            }
            wanted.append(
                ResolverTask(
                    name: name, capable: capable.sorted(), owner: owner, placement: entry.definition.placement
                ))
        }
        let resolution = resolving.resolver.resolve(
            wanted,
            nodes: nodes.map { ResolverNode(id: $0.id, weight: $0.weight, labels: $0.labels) }, now: now)
        resolving.due = min(resolution.nextLook, now + settings.resolvingPeriod)
        for (task, place) in zip(wanted, resolution.owners) {
            guard let place, nodes.indices.contains(place), place != task.owner,
                tasks[task.name]?.owner?.phase != .stopping
            else { continue }
            settleOn(nodes[place].id, for: task.name, now: now)
        }
        let fresh = resolution.notes.filter { !resolving.notes.contains($0) }
        resolving.notes = Set(resolution.notes)
        for note in fresh { tell(.waiting, "", settings.id, note.text) }
    }

    private mutating func settleOn(_ id: String, for name: String, now: Instant) {
        guard let entry = tasks[name] else { return }
        if let owner = entry.owner {
            tasks[name]?.heading = id
            sendStop(name, owner)
        } else if let heading = entry.heading, heading != id, let member = crew[heading], member.isReady,
            !member.isLost, entry.offeredBy.contains(heading),
            (entry.benched[heading] ?? .distantPast) <= now
        {
            assign(name, to: heading)
        } else {
            assign(name, to: id)
        }
    }
}
