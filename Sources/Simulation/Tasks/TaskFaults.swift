import Basics
import Tasks

/// What goes wrong.
extension TaskWorld {
    mutating func strike() {
        guard !isCalm else { return }
        let isSomeoneMissing = nodes.contains { !$0.isUp || $0.isPaused }
        if !mayLose, isSomeoneMissing || isLeased && !cuts.isEmpty { lastLoss = now }
        later(.milliseconds(Int64(300 + generator.below(2500)))) { $0.strike() }
        let index = generator.below(nodes.count)
        if !isLeased, chance(30) { return cutStream(index, generator.below(nodes.count)) }
        if scenario.isCutOnly { return cutHost(chance(50) ? leader ?? index : index) }
        switch generator.below(isLeased ? 7 : 3) {
        case 0: crash(index)
        case 1: pause(index)
        case 2: restart(index)
        case 3: cut(index, from: [generator.below(nodes.count)])
        case 4: cut(index, from: [-1])
        case 5: cutHost(chance(50) ? leader ?? index : index)
        default: heal()
        }
    }

    /// Nodes that keep rows promise something for the loss of one at a time.
    private var mayLose: Bool {
        guard scenario.authority != .store else { return true }
        // Streams alone lose nobody; who coordinates has all of them then, and the others have all rows.
        let areConnected = cuts.allSatisfy {
            $0.other == -1 || !isLeased && $0.one != leader && $0.other != leader
        }
        let areAllThere = nodes.allSatisfy { $0.isUp && !$0.isPaused } && areConnected
        return areAllThere && now - lastLoss > .seconds(5)
    }

    private mutating func crash(_ index: Int) {
        guard mayLose else { return }
        lastLoss = now
        kill(index)
        let wait = Interval.milliseconds(Int64(500 + generator.below(6000)))
        later(wait) { world in if !world.nodes[index].isUp { world.boot(index) } }
    }

    mutating func kill(_ index: Int) {
        guard nodes[index].isUp else { return }
        note("\(nodes[index].id) dies")
        nodes[index].isUp = false
        nodes[index].coordinator = nil
        nodes[index].jobs = [:]
        nodes[index].line = nil
        for link in links.values.sorted(by: { $0.id < $1.id })
        where link.node == index || link.leader == index {
            let other = link.node == index ? link.leader : link.node
            guard other != index else {
                links[link.id] = nil
                continue
            }
            end(link, survivor: other)
        }
    }

    private mutating func end(_ link: TaskLink, survivor: Int) {
        links[link.id] = nil
        let wait = areCut(link.node, link.leader) ? delay(3000) : delay(3)
        if survivor == link.node {
            if nodes[survivor].line == link.id {
                nodes[survivor].line = nil
                nodes[survivor].hasLostLine = true
            }
            later(wait, on: survivor) { $0.lostLine(survivor) }
        } else {
            let id = nodes[link.node].id
            later(wait, on: survivor) { world in
                guard !world.links.values.contains(where: { $0.node == link.node && $0.leader == survivor })
                else { return }
                world.coordinate(survivor) { $0.disconnected(id, now: $1) }
            }
        }
    }

    private mutating func restart(_ index: Int) {
        if !nodes[index].isUp { boot(index) }
        if nodes[index].isPaused { resume(index) }
    }

    private mutating func pause(_ index: Int) {
        guard nodes[index].isUp, !nodes[index].isPaused, mayLose else { return }
        lastLoss = now
        note("\(nodes[index].id) stands still")
        nodes[index].isPaused = true
        // Noticed a little after it has begun to be silent.
        nodes[index].lostAt = now + Self.ownTrust / 100 * 103 + delay(500)
        let start = nodes[index].start
        later(.milliseconds(Int64(100 + generator.below(6000)))) { world in
            if world.nodes[index].start == start { world.resume(index) }
        }
    }

    private mutating func resume(_ index: Int) {
        guard nodes[index].isPaused else { return }
        note("\(nodes[index].id) goes on")
        nodes[index].isPaused = false
        nodes[index].lostAt = .distantFuture
        nodes[index].tickAt = .distantFuture
        let backlog = nodes[index].backlog
        nodes[index].backlog = []
        for event in backlog { agenda.push(event, at: now) }
        later(.zero, on: index) { _ in }
    }

    private mutating func cut(_ one: Int, from others: [Int]) {
        guard mayLose else { return }
        for other in others where other != one {
            note("\(nodes[one].id) is cut off from \(other < 0 ? "the store" : nodes[other].id)")
            cuts.insert(
                other < 0 ? Pair(one: one, other: -1) : Pair(one: min(one, other), other: max(one, other)))
        }
        for link in links.values.sorted(by: { $0.id < $1.id })
        where areCut(link.node, link.leader) && (link.node == one || link.leader == one) {
            let id = link.id
            later(delay(4000)) { $0.timeOut(id) }
        }
    }

    /// From everything, for a while: who coordinates goes on for itself until its trust ends, and writes down what nobody
    /// else hears of.
    private mutating func cutHost(_ index: Int) {
        guard mayLose else { return }
        cut(index, from: Array(-1..<nodes.count))
        later(.milliseconds(Int64(500 + generator.below(6000)))) { $0.heal() }
    }

    /// The kernel has given up on it.
    mutating func timeOut(_ id: UInt64) {
        guard let link = links[id], areCut(link.node, link.leader) else { return }
        end(link, survivor: link.leader)
        if nodes[link.node].line == id {
            nodes[link.node].line = nil
            nodes[link.node].hasLostLine = true
        }
        later(delay(1000), on: link.node) { $0.lostLine(link.node) }
    }

    /// The members go on seeing each other by datagrams; for less than a coordinator waits, or for longer.
    private mutating func cutStream(_ one: Int, _ other: Int) {
        let pair = Pair(one: min(one, other), other: max(one, other))
        guard one != other, !cuts.contains(pair) else { return }
        let wait = chance(50) ? delay(1400) : .milliseconds(1600) + delay(4000)
        note("no stream between \(nodes[one].id) and \(nodes[other].id) for \(wait.milliseconds) ms")
        cuts.insert(pair)
        for link in links.values.sorted(by: { $0.id < $1.id })
        where areCut(link.node, link.leader)
            && Pair(one: min(link.node, link.leader), other: max(link.node, link.leader)) == pair
        {
            let id = link.id
            later(delay(1000)) { $0.timeOut(id) }
        }
        later(wait) { world in
            world.cuts.remove(pair)
            // What it has missed is still to be copied.
            if pair.one == world.leader || pair.other == world.leader { world.lastLoss = world.now }
            world.note("streams go between \(world.nodes[one].id) and \(world.nodes[other].id)")
        }
    }

    private mutating func heal() {
        note("all ways are open")
        cuts = []
    }

    mutating func calmDown() {
        isCalm = true
        heal()
        for index in nodes.indices {
            if nodes[index].isPaused { resume(index) }
            if !nodes[index].isUp { boot(index) }
        }
    }

    /// Its line has ended without its doing.
    mutating func lostLine(_ index: Int) {
        guard nodes[index].hasLostLine else { return }
        lineEnded(index)
    }
}
