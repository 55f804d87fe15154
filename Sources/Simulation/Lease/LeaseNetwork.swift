import Basics
import Lease

/// Messages: between clients and the register, between voters, and what members tell each other.
extension LeaseWorld {
    func isCut(_ one: Int, _ other: Int) -> Bool {
        cuts.contains(Pair(one: min(one, other), other: max(one, other)))
    }

    /// How long a message takes; nil where it is lost.
    mutating func passage(_ from: Int, _ to: Int) -> Interval? {
        let delay = drawPassage(from, to)
        if let delay { lastArrival = max(lastArrival, now + delay) }
        return delay
    }

    private mutating func drawPassage(_ from: Int, _ to: Int) -> Interval? {
        if isCut(from, to) { return nil }
        if isRough, generator.below(1000) < scenario.lost { return nil }
        if isRough, generator.below(1000) < scenario.late {
            let most = Int(longestHold.milliseconds) * (generator.below(3) == 0 ? 16 : 3) / 10
            return .milliseconds(Int64(generator.below(most)))
        }
        return .microseconds(Int64(100 + generator.below(3000)))
    }

    /// A datagram may come twice.
    mutating func passages(_ from: Int, _ to: Int) -> [Interval] {
        var delays: [Interval] = []
        if let first = passage(from, to) { delays.append(first) }
        if isRough, generator.below(10) == 0, let second = passage(from, to) { delays.append(second) }
        return delays
    }

    // MARK: the store

    mutating func serve(_ request: StoreRequest, _ client: Int, _ start: UInt64, _ id: UInt64) {
        var answer: RegisterAnswer
        let errors = isCalm ? 0 : scenario.errors
        if now < store.downUntil || generator.below(1000) < errors {
            // Before anything happened; the connection may hang as well.
            guard generator.below(2) == 0 else { return }
            answer = .failed
        } else {
            switch request {
            case .read: answer = .row(store.row)
            case .compareAndSet(let expected, let holder, let row):
                let isDone = store.compareAndSet(expected, holder: holder, row)
                answer = isDone ? .applied : .conflict
                if generator.below(1000) < errors { answer = .unknown }
            }
        }
        guard let delay = passage(scenario.clients, client) else { return }
        agenda.push(.client(client, start: start, .storeAnswer(id, answer)), at: now + delay)
    }

    /// The store loses what it had acknowledged. That is noticed as long as somebody remembers; so it happens only while
    /// every node, the dead ones by their `state_dir`, knows the highest epoch that anybody led under.
    mutating func setStoreBack(_ row: LeaseRow?) {
        let isKnown = clients.allSatisfy {
            ($0.state == .dead ? $0.savedFloor : $0.lease.floor) >= checker.highestToken
        }
        guard isKnown else { return }
        note("the store shows epoch \(row?.epoch ?? 0) version \(row?.version ?? 0) again")
        store.set(back: row)
    }

    // MARK: what members tell each other

    mutating func tell(_ floor: UInt64, from index: Int) {
        for other in clients.indices where other != index && clients[other].state != .dead {
            guard let delay = passage(index, other) else { continue }
            agenda.push(
                .client(other, start: clients[other].start, .heard(floor: floor)),
                at: now + .milliseconds(5) + delay)
        }
    }

    /// Now and then each tells one other what it knows, and looks who is there.
    mutating func gossip() {
        agenda.push(.gossip, at: now + .milliseconds(400))
        for index in clients.indices where clients[index].state == .running {
            let other = generator.below(clients.count)
            if other != index, clients[other].lease.floor < clients[index].lease.floor,
                let delay = passage(index, other)
            {
                let floor = clients[index].lease.floor
                agenda.push(
                    .client(other, start: clients[other].start, .heard(floor: floor)), at: now + delay)
            }
            var line: [LeaseCandidate] = []
            for other in clients.indices where clients[other].state == .running && clients[other].isReady {
                guard other == index || !isCut(index, other) else { continue }
                line.append(LeaseCandidate(id: clients[other].id, instance: clients[other].start))
            }
            if line != clients[index].lease.line { call(index) { $0.setLine(line, now: $1) } }
        }
    }

    // MARK: voters

    /// A new one, that knows the newest list.
    mutating func addVoter(_ name: String) {
        guard let list = lists.last else { return }
        let clock = LocalClock(within: scenario.clockRate, at: now, generator: &generator)
        let voter = Voter(
            id: name, list: list, lists: lists, memory: nil, longestHold: longestHold,
            now: clock.reading(at: now),
            isOpened: scenario.willCheck, broken: scenario.broken)
        expect(voter, clock)
        voters.append(VoterProcess(id: name, voter: voter, clock: clock, listed: lists.count))
        deliver(.tick, toVoter: voters.count - 1)
    }

    mutating func restartVoter(_ index: Int, losesDisk: Bool) {
        guard !lists.isEmpty else { return }
        if losesDisk {
            // Whoever sets it up anew gives it the newest options.
            voters[index].disk = nil
            voters[index].listed = lists.count
        }
        let list = lists[voters[index].listed - 1]
        note("\(voters[index].id) starts again\(losesDisk ? " and has lost its disk" : "")")
        let clock = LocalClock(within: scenario.clockRate, at: now, generator: &generator)
        voters[index].voter = Voter(
            id: voters[index].id, list: list, lists: Array(lists.prefix(voters[index].listed)),
            memory: voters[index].disk,
            longestHold: voters[index].voter.longestHold, now: clock.reading(at: now),
            isOpened: scenario.willCheck, broken: scenario.broken)
        expect(voters[index].voter, clock)
        checker.votersForgot()
        voters[index].clock = clock
        voters[index].start += 1
        voters[index].isPaused = false
        voters[index].inbox = []
        voters[index].scheduled = .distantFuture
        deliver(.tick, toVoter: index)
    }

    private mutating func expect(_ voter: Voter, _ clock: LocalClock) {
        allVoteAt = max(allVoteAt, clock.worldTime(of: voter.silentUntil))
    }

    mutating func resumeVoter(_ index: Int) {
        guard voters[index].isPaused else { return }
        voters[index].isPaused = false
        let waiting = voters[index].inbox
        voters[index].inbox = []
        for input in waiting { deliver(input, toVoter: index) }
        deliver(.tick, toVoter: index)
    }

    mutating func deliver(_ input: VoterInput, toVoter index: Int) {
        guard !voters[index].isPaused else {
            if voters[index].inbox.count < 1000 { voters[index].inbox.append(input) }
            return
        }
        let local = voters[index].clock.reading(at: now)
        let actions: [VoterAction]
        switch input {
        case .tick: actions = voters[index].voter.tick(now: local)
        case .persisted(let memory):
            voters[index].disk = memory
            actions = voters[index].voter.persisted()
        case .recalled(let bytes):
            guard let reply = try? VoterReply(decoding: bytes[...]) else { return }
            actions = voters[index].voter.recalled(reply, now: local)
        case .request(let bytes, let from):
            guard var request = try? VoterRequest(decoding: bytes[...]) else {
                return checker.fail(now, "a request to a voter does not decode")
            }
            if scenario.broken == .listsIgnored { request.list = voters[index].voter.list }
            actions = voters[index].voter.received(request, from: String(from), now: local)
        }
        perform(actions, byVoter: index)
        scheduleVoter(index)
    }

    private mutating func scheduleVoter(_ index: Int) {
        let local = voters[index].voter.nextDeadline
        guard local < .distantFuture else { return }
        let at = max(voters[index].clock.worldTime(of: local), now + .microseconds(10))
        guard at < voters[index].scheduled else { return }
        voters[index].scheduled = at
        agenda.push(.voter(index, start: voters[index].start, .tick), at: at)
    }

    private mutating func perform(_ actions: [VoterAction], byVoter index: Int) {
        let here = scenario.clients + index
        for action in actions {
            switch action {
            case .reply(let to, let reply):
                // Clients are named by their number, voters by theirs after the clients'.
                guard let to = Int(to) else { continue }
                let bytes = reply.encoded()
                let execution = to - scenario.clients - voters.count
                if execution >= 0 {
                    answer(bytes, from: index, toExecution: execution)
                    continue
                }
                for delay in passages(here, to) {
                    if to < scenario.clients {
                        agenda.push(
                            .client(to, start: clients[to].start, .voterReply(bytes)), at: now + delay)
                    } else {
                        let voter = to - scenario.clients
                        agenda.push(
                            .voter(voter, start: voters[voter].start, .recalled(bytes)), at: now + delay)
                    }
                }
            case .persist(let memory):
                // The slower the disk, the more it matters that it is waited for.
                let most = scenario.broken == .epochNotDurable ? 2000 : 20
                let takes = Interval.milliseconds(Int64(1 + generator.below(most)))
                agenda.push(.voter(index, start: voters[index].start, .persisted(memory)), at: now + takes)
            case .ask(let name, let request):
                guard let to = voters.firstIndex(where: { $0.id == name }) else { continue }
                let bytes = request.encoded()
                for delay in passages(here, scenario.clients + to) {
                    agenda.push(
                        .voter(to, start: voters[to].start, .request(bytes, from: here)), at: now + delay)
                }
            }
        }
    }
}
