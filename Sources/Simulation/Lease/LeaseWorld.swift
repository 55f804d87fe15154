package import Basics
package import Lease
import Wire

/// One history: programs that want to lead, and a register that is a store or a few voters, in virtual time.
///
/// The machines are the real ones; the messages of the voters travel as bytes. Everything follows from one seed.
package struct LeaseWorld: Sendable {
    package let scenario: LeaseScenario
    package private(set) var now = Instant(nanoseconds: 0)
    package internal(set) var clients: [LeaseClient] = []
    package internal(set) var checker = LeaseChecker()
    package private(set) var eventCount = 0
    /// Lines for people, where asked for.
    package var isTraced = false
    package private(set) var trace: [String] = []

    var store: Store
    var voters: [VoterProcess] = []
    var guardians: LeaseGuardians
    /// The lists of voters that were ever in force, one after the other; none where nobody votes.
    var lists: [VoterList] = []
    /// How many voters there ever were.
    var votersEver: Int
    var generator: SeededGenerator
    var agenda = EventQueue<Event>()
    /// Pairs of hosts without a way: clients first, then the store or the voters.
    var cuts: Set<Pair> = []
    var isRough = false
    var isCalm = false
    /// When the last message that is under way arrives, and the last voter that was started votes.
    var lastArrival = Instant(nanoseconds: 0)
    var allVoteAt = Instant(nanoseconds: 0)
    private let settings: [LeaseSettings]
    let longestHold: Interval

    struct Pair: Hashable, Sendable { var one: Int, other: Int }

    /// What a client's process receives.
    package enum Input: Sendable {
        case tick
        case storeAnswer(UInt64, RegisterAnswer)
        case voterReply([UInt8])
        case heard(floor: UInt64)
        case hostStopped
    }

    enum VoterInput: Sendable {
        case tick
        case request([UInt8], from: Int)
        case recalled([UInt8])
        case persisted(Voter.Memory)
    }

    enum StoreRequest: Sendable {
        case read
        case compareAndSet(RowStamp?, holder: String?, LeaseRow)
    }

    enum Event: Sendable {
        case client(Int, start: UInt64, Input)
        case voter(Int, start: UInt64, VoterInput)
        case store(StoreRequest, client: Int, start: UInt64, id: UInt64, incarnation: Int)
        case gossip
        case strike
        case rollOut
        case setBack(LeaseRow?)
        case resume(Int, start: UInt64)
        case guardian(LeaseGuardians.Event)
    }

    package init(scenario: LeaseScenario, seed: UInt64) {
        self.scenario = scenario
        generator = SeededGenerator(seed: seed)
        guardians = LeaseGuardians(seed: seed)
        store = Store(comparesHolder: scenario.broken == .compareHolder)
        let names = (0..<scenario.voters).map { "v\($0 + 1)" }
        let list = scenario.authority == .voters ? VoterList(number: 1, voters: names) : nil
        lists = list.map { [$0] } ?? []
        votersEver = names.count
        var drawn: [LeaseSettings] = []
        let kinds: [LeaseSettings] = [.usual, .fast]
        let common = kinds[generator.below(2)]
        for _ in 0..<scenario.clients {
            drawn.append(scenario.holdsDiffer ? kinds[generator.below(2)] : common)
        }
        let longest = drawn.map(\.hold).max() ?? .seconds(3)
        longestHold = longest
        settings = drawn.map { one in
            var one = one
            one.longestHold = longest
            one.broken = scenario.broken?.ofClients
            if scenario.broken == .noMargin { one.trust = one.hold }
            return one
        }
        for index in 0..<scenario.clients { addClient(index) }
        for name in list?.voters ?? [] { addVoter(name) }
        agenda.push(.gossip, at: now + .milliseconds(200))
        agenda.push(.strike, at: now + longest * 2)
    }

    // MARK: the clock of the world

    package mutating func run(until end: Instant) {
        while checker.violation == nil, let next = agenda.nextTime, next <= end {
            guard let (at, event) = agenda.pop() else { break }
            now = at
            eventCount += 1
            handle(event)
        }
        now = max(now, end)
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .client(let index, let start, let input):
            guard clients[index].start == start else { return }
            if case .tick = input { clients[index].scheduled = .distantFuture }
            deliver(input, to: index)
        case .voter(let index, let start, let input):
            guard voters[index].start == start else { return }
            if case .tick = input { voters[index].scheduled = .distantFuture }
            deliver(input, toVoter: index)
        case .store(let request, let client, let start, let id, let incarnation):
            guard incarnation == store.incarnation else { return }
            serve(request, client, start, id)
        case .gossip: gossip()
        case .strike: if !isCalm { strike() }
        case .guardian(let event): handle(event)
        case .rollOut: rollOut()
        case .setBack(let row): setStoreBack(row)
        case .resume(let index, let start): if clients[index].start == start { resume(index) }
        }
    }

    // MARK: clients

    private mutating func addClient(_ index: Int) {
        let id = "n\(index + 1)"
        let clock = LocalClock(within: scenario.clockRate, at: now, generator: &generator)
        guard let lease = newLease(index, id, start: 1, floor: 0, clock) else { return }
        var client = LeaseClient(id: id, lease: lease, clock: clock, start: 1)
        client.register = newRegister(index, id, start: 1)
        clients.append(client)
        agenda.push(.client(index, start: 1, .tick), at: now + .milliseconds(Int64(generator.below(300))))
    }

    private mutating func newLease(
        _ index: Int, _ id: String, start: UInt64, floor: UInt64, _ clock: LocalClock
    ) -> Lease? {
        let seed = Nonce(high: generator.next(), low: generator.next())
        var settings = settings[index]
        if scenario.isGuarded {
            settings.will = LeaseGuardians.will(LeaseGuardians.secret(index, start: start))
        }
        let lease = Lease(
            id: id, instance: start, settings: settings, floor: floor, seed: seed,
            now: clock.reading(at: now))
        if lease == nil { checker.fail(now, "\(id) has impossible settings") }
        return lease
    }

    private mutating func newRegister(_ index: Int, _ id: String, start: UInt64) -> VoterRegister? {
        let listed = index < clients.count ? clients[index].listed : 1
        guard listed <= lists.count else { return nil }
        return VoterRegister(
            writer: LeaseCandidate(id: id, instance: start), list: lists[listed - 1],
            patience: settings[index].patience, seed: generator.next(), broken: scenario.broken)
    }

    /// `isAlone`: nothing else of its machine dies with it.
    mutating func kill(_ index: Int, isAlone: Bool = true) {
        guard clients[index].state != .dead else { return }
        note("\(clients[index].id) is killed")
        clients[index].state = .dead
        clients[index].start += 1
        clients[index].inbox = []
        if isAlone { guardianSawDeath(of: index, start: clients[index].start - 1) }
    }

    mutating func restart(_ index: Int) {
        guard clients[index].state == .dead else { return }
        let isStoreBehind = scenario.authority == .store && (store.row?.epoch ?? 0) < checker.highestToken
        let remembers = generator.below(2) == 0 || isStoreBehind
        let clock = LocalClock(within: scenario.clockRate, at: now, generator: &generator)
        let start = clients[index].start
        let floor = remembers ? clients[index].savedFloor : 0
        note("\(clients[index].id) starts again as \(start), floor \(floor)")
        guard let lease = newLease(index, clients[index].id, start: start, floor: floor, clock) else {
            return
        }
        var client = LeaseClient(id: clients[index].id, lease: lease, clock: clock, start: start)
        client.register = newRegister(index, client.id, start: start)
        client.savedFloor = clients[index].savedFloor
        client.listed = clients[index].listed
        clients[index] = client
        deliver(.tick, to: index)
    }

    mutating func pause(_ index: Int) {
        guard clients[index].state == .running else { return }
        note("\(clients[index].id) stands still")
        clients[index].state = .paused
        clients[index].pausedSince = now
        guardianSawStop(of: index)
        // Half of all stops are short.
        guard generator.below(2) == 0 else { return }
        let most = Int(settings[index].trust.milliseconds)
        let stood = Interval.milliseconds(Int64(generator.below(most)))
        agenda.push(.resume(index, start: clients[index].start), at: now + stood)
    }

    mutating func resume(_ index: Int) {
        guard clients[index].state == .paused else { return }
        note("\(clients[index].id) goes on")
        let stood: Interval = now - clients[index].pausedSince
        if scenario.broken == .clockStops { clients[index].clock.loses(stood) }
        clients[index].state = .running
        // Half a renewal more than the machine allows, since it looks at the clock that often.
        if stood > settings[index].renew * 2, scenario.broken != .clockStops {
            clients[index].mustRefresh = clients[index].lease.leaseUntil != nil
        }
        let waiting = clients[index].inbox
        clients[index].inbox = []
        let ticksFirst = generator.below(2) == 0
        if ticksFirst { deliver(.tick, to: index) }
        for input in waiting { deliver(input, to: index) }
        if !ticksFirst { deliver(.tick, to: index) }
    }

    mutating func deliver(_ input: Input, to index: Int) {
        switch clients[index].state {
        case .dead: return
        case .paused: return clients[index].inbox.append(input)
        case .running: break
        }
        let local = clients[index].local(now)
        switch input {
        case .tick:
            if clients[index].register != nil {
                let actions = clients[index].register?.tick(now: local) ?? []
                perform(actions, by: index)
            }
            call(index) { $0.tick(now: $1) }
        case .storeAnswer(let id, let answer): call(index) { $0.answered(id, answer, now: $1) }
        case .voterReply(let bytes):
            guard let reply = try? VoterReply(decoding: bytes[...]) else {
                return checker.fail(now, "a voter's reply does not decode")
            }
            let actions = clients[index].register?.received(reply, now: local) ?? []
            perform(actions, by: index)
        case .heard(let floor): call(index) { $0.heard(floor: floor, now: $1) }
        case .hostStopped:
            clients[index].stoppingSince = nil
            call(index) { $0.hostStopped(now: $1) }
        }
        schedule(index)
    }

    mutating func call(_ index: Int, _ body: (inout Lease, Instant) -> [LeaseAction]) {
        guard clients[index].state == .running else { return }
        let actions = body(&clients[index].lease, clients[index].local(now))
        perform(actions, by: index)
        check(index)
        schedule(index)
    }

    private mutating func schedule(_ index: Int) {
        guard clients[index].state == .running else { return }
        var local = clients[index].lease.nextDeadline
        if let register = clients[index].register { local = min(local, register.nextDeadline) }
        let at = max(clients[index].clock.worldTime(of: local), now + .microseconds(10))
        guard at < clients[index].scheduled else { return }
        clients[index].scheduled = at
        agenda.push(.client(index, start: clients[index].start, .tick), at: at)
    }

    // MARK: what a client wants done

    private mutating func perform(_ actions: [LeaseAction], by index: Int) {
        let name = clients[index].id
        for action in actions {
            switch action {
            case .read(let id): ask(.read, id, by: index)
            case .compareAndSet(let id, let expected, let row):
                checker.writes += 1
                if isTraced {
                    note(
                        "\(name) writes \(row.version) epoch \(row.epoch) holder \(row.holder) to '\(row.target)'"
                    )
                }
                let holder = clients[index].lease.watch?.row?.holder
                let isHandOver = holder == name && row.holder != name
                if isHandOver, let since = clients[index].stoppingSince, now - since < .seconds(9) {
                    checker.fail(now, "\(name) hands over while its host is at work")
                }
                ask(.compareAndSet(expected, holder: holder, row), id, by: index)
            case .promoted(let token):
                note("\(name) is primary, token \(token)")
                clients[index].mustRefresh = false
                checker.promoted(name, token, at: now)
            case .demote(let token, let reason):
                note("\(name) must stop, token \(token): \(reason)")
                if case .expired = reason { checker.expiries += 1 }
                clients[index].stoppingSince = now
                let takes = Interval.milliseconds(
                    Int64(generator.below(generator.below(10) == 0 ? 3000 : 200)))
                agenda.push(.client(index, start: clients[index].start, .hostStopped), at: now + takes)
            case .suspended:
                note("\(name) is suspended")
                checker.suspensions += 1
            case .resumed: clients[index].mustRefresh = false
            case .warning: break
            case .storeForgot(let floor, let found):
                note("\(name): the store forgot, floor \(floor), found \(found ?? 0)")
                checker.forgotten += 1
            case .handedOver(let target):
                note("\(name) has handed over to \(target ?? "whoever comes")")
                checker.handOvers += 1
            case .floor(let floor):
                clients[index].savedFloor = max(clients[index].savedFloor, floor)
                tell(floor, from: index)
            }
        }
    }

    private mutating func ask(_ request: StoreRequest, _ id: UInt64, by index: Int) {
        guard scenario.authority == .store else {
            let local = clients[index].local(now)
            let actions: [VoterRegisterAction]
            switch request {
            case .read: actions = clients[index].register?.read(id, now: local) ?? []
            case .compareAndSet(let expected, _, let row):
                actions =
                    clients[index].register?.compareAndSet(id, expected: expected, row: row, now: local) ?? []
            }
            return perform(actions, by: index)
        }
        guard let delay = passage(index, scenario.clients) else { return }
        agenda.push(
            .store(
                request, client: index, start: clients[index].start, id: id, incarnation: store.incarnation),
            at: now + delay)
    }

    private mutating func perform(_ actions: [VoterRegisterAction], by index: Int) {
        for action in actions {
            switch action {
            case .ask(let name, let request):
                let bytes = request.encoded()
                guard let voter = voters.firstIndex(where: { $0.id == name }) else { continue }
                for delay in passages(index, scenario.clients + voter) {
                    agenda.push(
                        .voter(voter, start: voters[voter].start, .request(bytes, from: index)),
                        at: now + delay)
                }
            case .answer(let id, let answer):
                if case .row(let row?) = answer { checker.found(row, by: clients[index].id, at: now) }
                call(index) { $0.answered(id, answer, now: $1) }
            case .avoid(let epoch): clients[index].lease.avoid(epoch: epoch)
            }
        }
    }

    // MARK: checks

    /// Two leases that stand at once would be seen at the step in which the second begins.
    private mutating func check(_ index: Int) {
        if clients[index].mustRefresh {
            if clients[index].isPrimary(now) {
                checker.fail(now, "\(clients[index].id) says that it is primary right after standing still")
            }
            if clients[index].lease.leaseUntil == nil { clients[index].mustRefresh = false }
        }
        let holders = clients.filter { $0.holds(now) }
        guard holders.count > 1 else { return }
        checker.fail(now, "two valid leases: \(holders.map(\.id).joined(separator: " and "))")
    }

    mutating func note(_ text: String) {
        guard isTraced else { return }
        let milliseconds = now.nanoseconds / 1_000_000
        trace.append("\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst())  \(text)")
    }
}
