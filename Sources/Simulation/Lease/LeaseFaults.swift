import Basics
import Lease

/// What goes wrong.
extension LeaseWorld {
    mutating func strike() {
        let span = Int(scenario.strikeInterval.nanoseconds)
        agenda.push(.strike, at: now + Interval(nanoseconds: Int64(generator.below(2 * span)) + 1))
        let fault = scenario.faults[generator.below(scenario.faults.count)]
        let victim = generator.below(clients.count)
        guess()
        switch fault {
        case .kill: kill(victim)
        case .restart:
            if let dead = clients.indices.first(where: { clients[$0].state == .dead }) { restart(dead) }
        case .pause: pause(victim)
        case .resume:
            if let still = clients.indices.first(where: { clients[$0].state == .paused }) { resume(still) }
        case .cut: cut(victim, scenario.clients + generator.below(max(1, voters.count)))
        case .partition: partition()
        case .heal: cuts = []
        case .rough: isRough = true
        case .smooth: isRough = false
        case .storeDown:
            store.downUntil = max(store.downUntil, now + .milliseconds(Int64(generator.below(8000))))
        case .storeForgets: failOver(to: nil)
        case .storeRollsBack: rollBack()
        case .voterRestarts:
            if !voters.isEmpty { restartVoter(generator.below(voters.count), losesDisk: false) }
        case .voterLosesDisk: loseDisk()
        case .voterPauses: if !voters.isEmpty { voters[generator.below(voters.count)].isPaused = true }
        case .voterResumes:
            if let still = voters.indices.first(where: { voters[$0].isPaused }) { resumeVoter(still) }
        case .blackout: blackout()
        case .votersChange: appendList()
        case .stepDown: call(victim) { $0.stepDown(now: $1).actions }
        case .promote:
            let target = clients[generator.below(clients.count)].id
            call(victim) { $0.promote(target, now: $1).actions }
        case .resign: call(victim) { $0.resign(now: $1) }
        case .hold: call(victim) { $0.pause(now: $1) }
        case .release: call(victim) { $0.resume(now: $1) }
        case .unready, .ready:
            clients[victim].isReady = fault == .ready
            call(victim) { $0.setReady(fault == .ready, now: $1) }
        }
    }

    private mutating func cut(_ one: Int, _ other: Int) {
        note("cut between \(one) and \(other)")
        cuts.insert(Pair(one: min(one, other), other: max(one, other)))
    }

    private mutating func partition() {
        let hosts = clients.count + max(1, voters.count)
        let sides = (0..<hosts).map { _ in generator.below(2) }
        for one in 0..<hosts {
            for other in one + 1..<max(hosts, one + 1) where sides[one] != sides[other] { cut(one, other) }
        }
    }

    /// The store fails over to a copy that is behind.
    private mutating func rollBack() {
        guard !store.history.isEmpty else { return }
        let back = 1 + generator.below(min(12, store.history.count))
        var row = store.history[store.history.count - back]
        // The worst: just what somebody was looking at before it changed.
        let seen = clients.filter { $0.state == .running }.compactMap(\.lease.watch?.row)
            .filter { $0.stamp != store.row?.stamp && store.history.contains($0) }
        if generator.below(2) == 0, let worst = seen.first { row = worst }
        guard row.stamp != store.row?.stamp else { return }
        failOver(to: row)
    }

    /// Either the store is away for longer than an observer may go without a look, or nobody alive has last seen the
    /// very row (or its absence), wishes apart, that it comes back with: else no observer could tell.
    private mutating func failOver(to row: LeaseRow?) {
        let isSeen = clients.contains {
            guard $0.state != .dead, let watch = $0.lease.watch else { return false }
            return watch.row?.mark == row?.mark
        }
        if !isSeen, generator.below(2) == 0 { return setStoreBack(row) }
        let gap = clients.map(\.lease.settings.longestGap).max() ?? .zero
        let away = gap + gap / 20 + .milliseconds(Int64(generator.below(2000)))
        store.downUntil = max(store.downUntil, now + away)
        agenda.push(.setBack(row), at: store.downUntil)
    }

    /// A minority at most has lost its memory at any time, of every list that may be in use; one that is new has none yet.
    private mutating func loseDisk() {
        let settled = voters.compactMap { $0.disk?.settledList }.max() ?? 0
        let inUse = lists.filter { $0.number >= settled }
        guard let list = lists.last,
            inUse.allSatisfy({ forgetful(of: $0).count < ($0.voters.count - 1) / 2 })
        else { return }
        let name = list.voters[generator.below(list.voters.count)]
        guard let victim = voters.firstIndex(where: { $0.id == name }) else { return }
        restartVoter(victim, losesDisk: true)
    }

    /// The power fails: whatever was only in memory is gone everywhere.
    private mutating func blackout() {
        note("blackout")
        for index in clients.indices {
            kill(index, isAlone: false)
            clients[index].savedFloor = 0
            restart(index)
        }
        for index in voters.indices { restartVoter(index, losesDisk: false) }
    }

    // MARK: calm

    /// Everything works again, and exactly one must lead in time.
    package mutating func calm() {
        guard checker.violation == nil else { return }
        isCalm = true
        isRough = false
        cuts = []
        for index in voters.indices { resumeVoter(index) }
        for index in clients.indices {
            resume(index)
            restart(index)
            clients[index].isReady = true
            call(index) { $0.setReady(true, now: $1) }
            call(index) { $0.resume(now: $1) }
        }
        let longest = clients.map(\.lease.settings.longestHold).max() ?? .seconds(3)
        // The faults are over when the store is there again, voters that were started vote, and no message from before
        // is under way.
        let ended = max(now, store.downUntil, max(allVoteAt, lastArrival))
        run(until: ended)
        // So is a hand-over that was wished for before: its host takes the time that it may.
        let patience = clients.map(\.lease.settings.demoteWithin).max() ?? .zero
        let handedOver = now + patience
        while checker.violation == nil, now < handedOver, clients.contains(where: \.isYielding) {
            run(until: now + .milliseconds(20))
        }
        let began = now
        let most = longestWait
        while checker.violation == nil, !hasOnePrimary, now - began < most {
            run(until: now + .milliseconds(20))
        }
        guard checker.violation == nil else { return }
        guard hasOnePrimary else {
            return checker.fail(now, "no primary \(most.milliseconds) ms after calm")
        }
        checker.calms += 1
        checker.slowest = max(checker.slowest, now - began)
        // And it stays so, when hosts that were told to stop have done so: what they were asked for before is done then.
        run(until: now + .seconds(5))
        let token = clients.first { $0.isPrimary(now) }?.lease.token
        run(until: now + longest)
        if checker.violation == nil, clients.first(where: { $0.isPrimary(now) })?.lease.token != token {
            checker.fail(now, "the primary changes in calm")
        }
        nag()
        isCalm = false
        agenda.push(.strike, at: now)
    }

    /// The holder dies, and the others wish for this one and that one all the time: nobody waits any longer for it.
    private mutating func nag() {
        guard checker.violation == nil, let holder = clients.firstIndex(where: { $0.isPrimary(now) }),
            // Whoever does not have the list that is in force yet cannot lead.
            lists.last.map({ isInForce($0) }) ?? true
        else { return }
        kill(holder, isAlone: false)
        let began = now
        // Whoever begins may have to hand over again at once, for another's wish.
        let before = checker.promotions
        while checker.violation == nil, checker.promotions == before, now - began < longestWait {
            let alive = clients.indices.filter { clients[$0].state == .running }
            let wisher = alive[generator.below(alive.count)]
            let target = clients[alive[generator.below(alive.count)]].id
            call(wisher) { $0.promote(target, now: $1).actions }
            run(until: now + .milliseconds(Int64(100 + generator.below(700))))
            if generator.below(2) == 0 { call(wisher) { $0.withdraw(now: $1) } }
        }
        guard checker.violation == nil, checker.promotions == before else { return }
        checker.fail(
            now, "no primary \(longestWait.milliseconds) ms after the holder's death, for all the wishes")
    }

    private var hasOnePrimary: Bool { clients.filter { $0.isPrimary(now) }.count == 1 }

    /// L + poll + (k-1) steps + 1 s, by the slowest clock.
    private var longestWait: Interval {
        let hold = clients.map(\.lease.settings.longestHold).max() ?? .zero
        let renew = clients.map(\.lease.settings.renew).max() ?? .zero
        let step = clients.map(\.lease.settings.step).max() ?? .zero
        let sum = hold + renew + step * Int64(clients.count) + .seconds(1)
        return sum + sum / 1000 * LeaseSettings.clockRate
    }
}
