import Basics
import Tasks

/// A stream between a node and the coordinator, or a node and itself.
struct TaskLink: Sendable {
    let id: UInt64
    let node: Int
    let nodeStart: UInt64
    let leader: Int
    let leaderStart: UInt64
    /// What is sent arrives in order.
    var upAt = Instant.distantPast
    var downAt = Instant.distantPast
}

extension TaskWorld {
    // MARK: who coordinates

    /// A lease, or the members' view, as they promise.
    mutating func consultOracle() {
        later(.milliseconds(60)) { $0.consultOracle() }
        if isLeased { consultLease() } else { consultMembers() }
    }

    private mutating func consultLease() {
        // Who has lost its trust takes the lease anew, like everybody else.
        if let leader, canReachStore(leader), local(leader) < nodes[leader].roleUntil, leads(leader) {
            renewed = now
            let asked = local(leader)
            nodes[leader].roleUntil = asked + hold / 10 * 7
            later(delay(5), on: leader) { world in
                world.coordinate(leader) { $0.confirmed(since: asked, now: $1) }
            }
            return
        }
        // The grain of clocks, and a hundredth that they may run apart.
        guard leader == nil || now - renewed > hold / 100 * 101 else { return }
        let able = nodes.indices.filter { canReachStore($0) }
        guard !able.isEmpty else { return }
        promote(able[generator.below(able.count)], epoch + 1)
    }

    /// Or will in a moment.
    private func leads(_ index: Int) -> Bool {
        nodes[index].coordinator?.epoch == epoch || now - promoted < .milliseconds(50)
    }

    private func canReachStore(_ index: Int) -> Bool {
        nodes[index].isUp && !nodes[index].isPaused && !cuts.contains(Pair(one: index, other: -1))
    }

    private mutating func consultMembers() {
        for index in nodes.indices where nodes[index].isUp { nodes[index].roleUntil = nodes[index].trusted }
        if let leader, nodes[leader].isUp, nodes[leader].lostAt > now { return }
        let able = nodes.indices.filter { nodes[$0].isUp && !nodes[$0].isPaused }
        guard !able.isEmpty else { return }
        promote(able[generator.below(able.count)], epoch + 1 << 17)
    }

    private mutating func promote(_ index: Int, _ newEpoch: UInt64) {
        leader = index
        epoch = newEpoch
        renewed = now
        promoted = now
        nodes[index].roleUntil = local(index) + (isLeased ? hold / 10 * 7 : Self.ownTrust)
        note("\(nodes[index].id) coordinates, epoch \(newEpoch)")
        let start = nodes[index].start
        later(delay(5), on: index) { world in
            guard world.epoch == newEpoch, world.nodes[index].start == start else { return }
            world.begin(index)
        }
        for other in nodes.indices { later(delay(100), on: other) { $0.hearOfLeader(other) } }
    }

    private mutating func begin(_ index: Int) {
        var settings = CoordinatorSettings(
            id: nodes[index].id, isLeased: isLeased, trust: hold / 2 * 3, lostAfter: Self.ownTrust,
            keepsRows: scenario.authority != .store, resolver: scenario.resolving)
        if scenario.broken == .noWait { settings.trust = .zero }
        if scenario.broken == .noCopies { settings.copies = 0 }
        let worker = nodes[index].worker
        let rows = worker.rows.values.map { scenario.broken == .levelEpochs ? level($0, epoch) : $0 }
        var coordinator = Coordinator(
            settings: settings, epoch: epoch, seed: generator.next(), rows: rows,
            told: Array(worker.table.values), now: local(index))
        let actions = coordinator.see(peers(), now: local(index))
        nodes[index].coordinator = coordinator
        perform(actions) { $0.perform($1, index) }
        look(index)
        hearOfLeader(index)
    }

    /// The coordinator sees the members.
    private mutating func look(_ index: Int) {
        guard nodes[index].coordinator != nil else { return }
        let epoch = nodes[index].coordinator?.epoch
        later(.milliseconds(40), on: index) { world in
            guard world.nodes[index].coordinator?.epoch == epoch else { return }
            let peers = world.peers()
            world.coordinate(index) { $0.see(peers, now: $1) }
            world.look(index)
        }
    }

    private func peers() -> [TaskPeer] {
        nodes.indices.filter { nodes[$0].isUp }.map {
            TaskPeer(
                id: nodes[$0].id, instance: nodes[$0].instance, isLost: !isLeased && nodes[$0].lostAt <= now)
        }
    }

    mutating func dropCoordinator(_ index: Int) {
        note("\(nodes[index].id) coordinates no more")
        nodes[index].coordinator = nil
        for link in links.values.sorted(by: { $0.id < $1.id }) where link.leader == index {
            close(link, seenBy: link.node)
        }
        if nodes[index].line != nil { hangUp(index) }
    }

    mutating func coordinate(_ index: Int, _ body: (inout Coordinator, Instant) -> [CoordinatorAction]) {
        guard var coordinator = nodes[index].coordinator else { return }
        var actions = body(&coordinator, local(index))
        if scenario.broken == .loneWord {
            actions += coordinator.confirmed(since: .distantFuture, now: local(index))
        }
        nodes[index].coordinator = coordinator
        perform(actions) { $0.perform($1, index) }
    }

    private mutating func perform(_ action: CoordinatorAction, _ index: Int) {
        switch action {
        case .send(let mail, let id): sendDown(mail, to: id, from: index)
        case .spread(let mail, let ids): for id in ids { sendDown(mail, to: id, from: index) }
        case .hangUp(let id):
            for link in links.values.sorted(by: { $0.id < $1.id })
            where link.leader == index && nodes[link.node].id == id {
                close(link, seenBy: link.node)
            }
        case .list:
            let epoch = nodes[index].coordinator?.epoch ?? self.epoch
            askStore(index) {
                $0.store.values.sorted { $0.name < $1.name }
            } answer: { world, rows in
                guard world.nodes[index].coordinator?.epoch == epoch else { return }
                guard let rows else { return world.perform(.list, index) }
                world.coordinate(index) { $0.listed(rows, now: $1) }
            }
        case .read(let name):
            askStore(index) {
                $0.store[name]
            } answer: { world, row in
                guard let row else { return world.perform(.read(name), index) }
                world.coordinate(index) { $0.found(name, row, now: $1) }
            }
        case .write(let expected, let row):
            writeStore(index, expected, row) { world, outcome in
                world.coordinate(index) { $0.wrote(row.name, row, outcome, now: $1) }
            }
        case .remove(let name, let expected):
            removeFromStore(index, name, expected) { world, outcome in
                world.coordinate(index) { $0.wrote(name, nil, outcome, now: $1) }
            }
        case .askHost(let number, let tasks, let nodes): askHost(index, number, tasks, nodes)
        case .stepDown: break
        case .news(let news):
            note("\(nodes[index].id), coordinator: \(news.name) \(news.kind.word) \(news.detail)")
        }
    }

    // MARK: streams

    func areCut(_ one: Int, _ other: Int) -> Bool {
        one != other && cuts.contains(Pair(one: min(one, other), other: max(one, other)))
    }

    /// A node learns who coordinates, and goes over to it.
    mutating func hearOfLeader(_ index: Int) {
        guard let leader else { return }
        // Where the members decide, who led goes on until it hears of another.
        if leader != index, nodes[index].coordinator != nil { dropCoordinator(index) }
        if let line = nodes[index].line, let link = links[line], link.leader == leader,
            link.leaderStart == nodes[leader].start, nodes[index].known?.epoch == epoch
        {
            return
        }
        nodes[index].known = (leader, epoch)
        hangUp(index)
        dial(index)
    }

    private mutating func dial(_ index: Int) {
        guard let known = nodes[index].known, nodes[index].line == nil else { return }
        guard nodes[known.leader].isUp, nodes[known.leader].coordinator?.epoch == known.epoch,
            !areCut(index, known.leader),
            nodes[known.leader].coordinator?.knows(nodes[index].id, instance: nodes[index].instance) == true
        else {
            later(.milliseconds(50), on: index) { world in
                guard world.nodes[index].known?.epoch == known.epoch else { return }
                world.dial(index)
            }
            return
        }
        // Of the former line it hears before it has another.
        if nodes[index].hasLostLine { return lineEnded(index) }
        lastLink += 1
        links[lastLink] = TaskLink(
            id: lastLink, node: index, nodeStart: nodes[index].start, leader: known.leader,
            leaderStart: nodes[known.leader].start)
        nodes[index].line = lastLink
        feed(index) { $0.connected(now: $1) }
    }

    mutating func hangUp(_ index: Int) {
        guard let line = nodes[index].line, let link = links[line] else { return }
        close(link, seenBy: nil)
    }

    /// Both sides hear of it, in time.
    private mutating func close(_ link: TaskLink, seenBy slow: Int?) {
        guard links.removeValue(forKey: link.id) != nil else { return }
        let wait = areCut(link.node, link.leader) ? delay(3000) : delay(3)
        if nodes[link.node].line == link.id, nodes[link.node].start == link.nodeStart {
            nodes[link.node].line = nil
            nodes[link.node].hasLostLine = true
            if slow == nil {
                lineEnded(link.node)
            } else {
                later(wait, on: link.node) { $0.lostLine(link.node) }
            }
        }
        guard nodes[link.leader].start == link.leaderStart, nodes[link.leader].isUp else { return }
        let id = nodes[link.node].id
        later(wait, on: link.leader) { world in
            // Another line of the same node may stand by now.
            guard !world.links.values.contains(where: { $0.node == link.node && $0.leader == link.leader })
            else { return }
            world.coordinate(link.leader) { $0.disconnected(id, now: $1) }
        }
    }

    mutating func lineEnded(_ index: Int) {
        nodes[index].hasLostLine = false
        nodes[index].asked = [:]
        let waiting = nodes[index].jobs.keys.sorted()
        feed(index) { worker, _ in worker.disconnected() }
        if scenario.authority != .store {
            for name in waiting {
                drive(index, name) { $0.written(.unknown, $1) }
                drive(index, name) { $0.found(nil, isKnown: false, $1) }
            }
        }
        dial(index)
    }

    mutating func sendUp(_ mail: TaskMail, _ index: Int) {
        guard let line = nodes[index].line, var link = links[line] else { return }
        let bytes = mail.encoded()
        let id = nodes[index].id
        if scenario.broken == .noHoldings, case .holdings = mail { return }
        guard link.leader != index else { return deliverUp(bytes, id, link) }
        link.upAt = max(link.upAt, now + delay(5))
        links[line] = link
        let (at, leader, start) = (link.upAt, link.leader, link.leaderStart)
        agenda.push(
            Event(node: (leader, start)) { world in
                // A stream loses nothing: it ends.
                guard !world.areCut(index, leader) else { return world.timeOut(line) }
                guard let link = world.links[line] else { return }
                world.deliverUp(bytes, id, link)
            }, at: at)
    }

    /// As if this coordinator had had it written.
    private func level(_ row: TaskRow, _ epoch: UInt64) -> TaskRow {
        var row = row
        row.epoch = epoch
        return row
    }

    private mutating func deliverUp(_ bytes: [UInt8], _ id: String, _ link: TaskLink) {
        guard var mail = try? TaskMail.decode(bytes[...]) else { return violate("mail that nobody can read") }
        if scenario.broken == .levelEpochs, case .rows(let rows, let isLast) = mail {
            let epoch = nodes[link.leader].coordinator?.epoch ?? 0
            mail = .rows(rows.map { level($0, epoch) }, isLast: isLast)
        }
        if tellsMail { note("\(id) -> \(nodes[link.leader].id): \(mail)") }
        let isTrusted = local(link.leader) < nodes[link.leader].roleUntil
        coordinate(link.leader) { $0.received(mail, from: id, isTrusted: isTrusted, now: $1) }
    }

    private mutating func sendDown(_ mail: TaskMail, to id: String, from leader: Int) {
        guard let found = links.values.first(where: { $0.leader == leader && nodes[$0.node].id == id }) else {
            return
        }
        var link = found
        let bytes = mail.encoded()
        guard link.node != leader else { return deliverDown(bytes, link) }
        link.downAt = max(link.downAt, now + delay(5))
        links[link.id] = link
        let place = link
        agenda.push(
            Event(node: (link.node, link.nodeStart)) { world in
                guard !world.areCut(place.node, leader) else { return world.timeOut(place.id) }
                guard world.links[place.id] != nil else { return }
                world.deliverDown(bytes, place)
            }, at: link.downAt)
    }

    private mutating func deliverDown(_ bytes: [UInt8], _ link: TaskLink) {
        guard let mail = try? TaskMail.decode(bytes[...]) else { return violate("mail that nobody can read") }
        if scenario.broken == .noCopies, link.node != link.leader, case .keep = mail { return }
        if tellsMail { note("\(nodes[link.leader].id) -> \(nodes[link.node].id): \(mail)") }
        if case .table(let entries, _, _) = mail, link.node != link.leader { heardOfEnds(entries) }
        feed(link.node) { $0.received(mail, now: $1) }
    }

    // MARK: rows

    mutating func read(_ name: String, _ index: Int) {
        guard scenario.authority == .store else {
            nodes[index].lastNumber += 1
            let number = nodes[index].lastNumber
            nodes[index].asked[number] = name
            return ask(.read(id: number, name: name), index) {
                $0.drive(index, name) { $0.found(nil, isKnown: false, $1) }
            }
        }
        askStore(index) { world in
            Found(row: world.store[name])
        } answer: { world, found in
            world.drive(index, name) { $0.found(found?.row, isKnown: found != nil, $1) }
        }
    }

    private struct Found: Sendable { var row: TaskRow? }

    mutating func write(_ expected: RowStamp?, _ row: TaskRow, _ index: Int) {
        let name = row.name
        guard scenario.authority == .store else {
            nodes[index].lastNumber += 1
            let number = nodes[index].lastNumber
            nodes[index].asked[number] = name
            return ask(.write(id: number, expected: expected, row: row), index) {
                $0.drive(index, name) { $0.written(.failed, $1) }
            }
        }
        guard scenario.broken != .noClaim || row.run?.status != .begun else {
            return later(.microseconds(10), on: index) { $0.drive(index, name) { $0.written(.applied, $1) } }
        }
        writeStore(index, expected, row) { world, outcome in
            world.drive(index, name) { $0.written(outcome, $1) }
        }
    }

    private mutating func ask(
        _ mail: TaskMail, _ index: Int, unsent: @escaping @Sendable (inout TaskWorld) -> Void
    ) {
        var isSent = false
        feed(index) { worker, _ in
            let asked = worker.ask(mail)
            isSent = asked.isSent
            return asked.actions
        }
        guard !isSent else { return }
        nodes[index].asked[nodes[index].lastNumber] = nil
        // Never within the step that asks.
        later(.microseconds(10), on: index, unsent)
    }

    private mutating func askStore<Answer: Sendable>(
        _ index: Int, _ look: @escaping @Sendable (TaskWorld) -> Answer,
        answer: @escaping @Sendable (inout TaskWorld, Answer?) -> Void
    ) {
        guard !cuts.contains(Pair(one: index, other: -1)), isCalm || !chance(3) else {
            return later(.milliseconds(150), on: index) { answer(&$0, nil) }
        }
        let start = nodes[index].start
        let back = delay(4)
        later(delay(4)) { world in
            let found = look(world)
            guard world.nodes[index].start == start else { return }
            world.later(back, on: index) { answer(&$0, found) }
        }
    }

    private mutating func writeStore(
        _ index: Int, _ expected: RowStamp?, _ row: TaskRow,
        answer: @escaping @Sendable (inout TaskWorld, TaskWrite) -> Void
    ) {
        var row = row
        if scenario.broken == .lostPause { row.isPaused = false }
        if scenario.broken == .lostEnd { row.isCompleted = false }
        changeStore(index, row.name, expected, to: row, answer)
    }

    private mutating func removeFromStore(
        _ index: Int, _ name: String, _ expected: RowStamp,
        answer: @escaping @Sendable (inout TaskWorld, TaskWrite) -> Void
    ) {
        guard scenario.broken != .noForgetting else {
            return later(delay(4), on: index) { answer(&$0, .applied) }
        }
        changeStore(index, name, expected, to: nil, answer)
    }

    private mutating func changeStore(
        _ index: Int, _ name: String, _ expected: RowStamp?, to row: TaskRow?,
        _ answer: @escaping @Sendable (inout TaskWorld, TaskWrite) -> Void
    ) {
        guard !cuts.contains(Pair(one: index, other: -1)), isCalm || !chance(2) else {
            return later(.milliseconds(150), on: index) { answer(&$0, .failed) }
        }
        let start = nodes[index].start
        // Sent, and the answer is lost: it may take effect long after nobody waits any more.
        let isLost = !isCalm && chance(4)
        let there = isLost && chance(50) ? delay(2000) : delay(4)
        let back = delay(4)
        let never = isLost && chance(30)
        later(there) { world in
            guard !never else { return }
            let isFree = world.store[name]?.stamp == expected
            if isFree { world.store[name] = row }
            guard !isLost, world.nodes[index].start == start else { return }
            world.later(back, on: index) { answer(&$0, isFree ? .applied : .conflict) }
        }
        if isLost { later(.milliseconds(150), on: index) { answer(&$0, .unknown) } }
    }
}
