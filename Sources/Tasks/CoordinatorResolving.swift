package import Basics

/// What a coordinator's resolver remembers between two looks.
struct Resolving: Sendable {
    var resolver: Resolver
    var isNeeded = true
    /// When to look again: for grace times and limits of the resolver, and now and then whatever happens.
    var due: Instant
    fileprivate var notes: Set<ResolverNote> = []
    fileprivate var earliest: Instant
    fileprivate var looks = 0
    /// Whether some task had no node at the last look, and when the resolver wants to look again.
    fileprivate var hasOpen = true
    fileprivate var nextLook = Instant.distantPast
    /// What the host was asked and has not answered.
    fileprivate var asked: Question?
    fileprivate var isAskedAgain = false
    fileprivate var lastQuestion: UInt64 = 0

    fileprivate struct Question: Sendable {
        var number: UInt64
        var tasks: [ResolverTask]
        var nodes: [ResolverNode]
        var until: Instant
    }

    /// How long a host may take to decide.
    fileprivate static let hostPatience = Interval.seconds(5)

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
            // All is as it was when it was looked at last, and nobody waits for anything.
            guard resolving.hasOpen || resolving.nextLook <= now else {
                resolving.due = min(resolving.nextLook, now + settings.resolvingPeriod)
                return
            }
        }
        resolving.isNeeded = false
        resolving.earliest = now + Resolving.pause(tasks.count)
        let nodes = crew.values.filter { $0.isReady && !$0.isLost }.sorted { $0.id < $1.id }
        var places: [String: Int] = [:]
        for (place, node) in nodes.enumerated() { places[node.id] = place }
        var wanted: [ResolverTask] = []
        for name in tasks.keys.sorted() {
            guard let entry = tasks[name] else { continue }
            guard !isResting(name), !entry.offeredBy.isEmpty, entry.owner != nil || !isKept(name) else {
                // Nobody is to have it now.
                if entry.waitsFor != nil { tasks[name]?.waitsFor = nil }
                continue
            }
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
        let seen = nodes.map { ResolverNode(id: $0.id, weight: $0.weight, labels: $0.labels) }
        resolving.due = now + settings.resolvingPeriod
        guard settings.resolver.kind != .host else { return askHost(wanted, seen, now: now) }
        let resolution = resolving.resolver.resolve(wanted, nodes: seen, now: now)
        resolving.nextLook = resolution.nextLook
        resolving.hasOpen = resolution.owners.contains(nil)
        resolving.due = min(resolution.nextLook, resolving.due)
        carryOut(resolution, wanted, seen, now: now)
    }

    /// The host decides, in its own time, and sees what stands at the moment when it is asked.
    private mutating func askHost(_ tasks: [ResolverTask], _ nodes: [ResolverNode], now: Instant) {
        if let asked = resolving.asked {
            // News meanwhile are for the next question; an answer that never comes is not waited for.
            guard asked.until <= now else {
                resolving.isAskedAgain = true
                return
            }
            hostDidNotAnswer(asked.tasks)
        }
        resolving.lastQuestion += 1
        resolving.asked = Resolving.Question(
            number: resolving.lastQuestion, tasks: tasks, nodes: nodes, until: now + Resolving.hostPatience)
        actions.append(.askHost(resolving.lastQuestion, tasks, nodes))
    }

    /// What the host has decided; nil where it could not. A place of a node for each task, nil for nobody.
    package mutating func hostResolved(_ number: UInt64, _ owners: [Int?]?, now: Instant)
        -> [CoordinatorAction]
    {
        guard let asked = resolving.asked, asked.number == number else { return settle(now: now) }
        resolving.asked = nil
        resolving.isNeeded = resolving.isNeeded || resolving.isAskedAgain
        resolving.isAskedAgain = false
        if let owners {
            var resolution = Resolver.checked(owners, asked.tasks, nodes: asked.nodes)
            // What has changed since is decided anew.
            for (place, task) in asked.tasks.enumerated() {
                guard let owner = resolution.owners[place], let entry = tasks[task.name] else { continue }
                let id = asked.nodes[owner].id
                let isStill =
                    crew[id]?.isReady == true && crew[id]?.isLost == false && entry.offeredBy.contains(id)
                let hadIt = task.owner.map { asked.nodes[$0].id }
                // On its way it was shown where it goes.
                let hasIt = entry.owner?.phase == .stopping ? entry.heading : entry.owner?.node
                if !isStill || isResting(task.name) || hadIt != hasIt {
                    resolution.owners[place] = nil
                    resolving.isNeeded = true
                }
            }
            carryOut(resolution, asked.tasks, asked.nodes, now: now)
        } else {
            hostDidNotAnswer(asked.tasks)
        }
        return settle(now: now)
    }

    private mutating func hostDidNotAnswer(_ asked: [ResolverTask]) {
        let reasons = asked.map {
            ($0.name, tasks[$0.name]?.owner == nil ? ResolverNote.hostDidNotAnswer : nil)
        }
        say([.hostDidNotAnswer], reasons)
    }

    private mutating func carryOut(
        _ resolution: Resolution, _ wanted: [ResolverTask], _ nodes: [ResolverNode], now: Instant
    ) {
        var reasons: [(String, ResolverNote?)] = []
        for (index, task) in wanted.enumerated() {
            guard let place = resolution.owners[index], nodes.indices.contains(place) else {
                let isNobodys = tasks[task.name]?.owner == nil
                reasons.append((task.name, isNobodys ? resolution.reasons[index] : nil))
                continue
            }
            guard place != task.owner, tasks[task.name]?.owner?.phase != .stopping else { continue }
            settleOn(nodes[place].id, for: task.name, now: now)
        }
        say(resolution.notes, reasons)
    }

    /// Each is told once, while it lasts: of the tasks that wait for it, or, where none does, of none.
    private mutating func say(_ notes: [ResolverNote], _ reasons: [(name: String, note: ResolverNote?)]) {
        var told: Set<ResolverNote> = []
        var count = 0
        for (name, note) in reasons {
            if let note { told.insert(note) }
            guard let entry = tasks[name], entry.waitsFor != note else { continue }
            tasks[name]?.waitsFor = note
            changed(name)
            // Whoever has read of a hundred looks at them all.
            guard let note, count < Resolution.mostNotes else { continue }
            count += 1
            tell(.waiting, name, settings.id, note.text)
        }
        let others = notes.filter { !told.contains($0) }
        for note in others where !resolving.notes.contains(note) {
            tell(.waiting, "", settings.id, note.text)
        }
        resolving.notes = Set(others)
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
