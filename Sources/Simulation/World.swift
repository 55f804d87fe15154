package import Basics
package import Engine
package import Failover
import Lease
package import Membership
import Wire

/// Many members in one process and in virtual time: every engine gets its inputs from one queue of events, and
/// what it wants done becomes further events. One seed is one history.
package struct World: Sendable {
    package let seed: UInt64
    package private(set) var now = Instant(nanoseconds: 0)
    package internal(set) var processes: [Process] = []
    package var network: Network
    package var trace = Trace()
    package var timeline = Timeline()
    package internal(set) var checker = Checker()
    package var membershipSettings = MembershipSettings()
    package var failoverSettings = FailoverSettings()
    /// Roles in which every new process takes a seat.
    package var roles: [String] = []
    /// Whether beacons reach the others; else members find each other by the seeds of `boot`.
    package var hasMulticast = true
    /// How long a host takes to stop acting, at most.
    package var demoteTakes = Interval.milliseconds(20)
    /// One in ten takes up to so long instead.
    package var lateHosts = Interval.zero
    /// Where the lease of the role is kept; nil where the members decide.
    package var register: Register?
    /// By so many parts of a million the clock of a process is fast or slow, at most.
    package var driftMost = 0
    /// The rule of the protocol that is switched off, to see whether the checker notices.
    package var mutation: Mutation?

    /// Whether a death is judged whatever is lost meanwhile: no living process may be declared dead before its time.
    var judgesEveryDeath = false

    /// Whether verdicts are kept, for experiments that count them.
    package var isJudging = false
    package internal(set) var verdicts: [Verdict] = []

    var queue = EventQueue<Event>()
    var generator: SeededGenerator
    /// The process listening at an address, if any, and the one that was there last.
    var listeners: [Int: Int] = [:]
    var formerListeners: [Int: Int] = [:]
    /// Every process by its nonce.
    var started: [UInt64: Int] = [:]
    var runningCount = 0
    var hostsDown: Set<Int> = []
    var streams = Streams()
    var knownRecords = KnownRecords()
    /// The processes that were promoted in some role and have not been demoted since.
    var acting: [Int] = []
    var nemesis: Nemesis?
    var hostWords = HostWords()
    /// What the members of former processes would find in their `state_dir`.
    var savedTokens: [String: UInt64] = [:]
    /// When the store comes back with less than it had.
    var setsBackAt: Instant?
    package private(set) var eventCount = 0
    package internal(set) var packetCount = 0
    /// How long after the last fault all were of one mind.
    package internal(set) var settledAfter: Interval?

    enum Event: Sendable {
        case wake(Int)
        case datagram(to: Int, from: Int, payload: [UInt8], sender: Identity)
        case connect(stream: Int)
        case streamEnds(stream: Int, RequestOutcome)
        case dial(link: Int)
        case linkStands(link: Int)
        case linkFails(process: Int, Identity)
        case linkEnds(link: Int, at: Int, tries: Int)
        case hostStops(process: Int, role: String)
        case turn(process: Int)
        case flip(hosts: [Int], isDeaf: Bool, period: Interval, ends: Instant)
        indirect case asks(process: Int, LeaseQuestion, incarnation: Int)
        indirect case storeAnswers(process: Int, Input)
        case storeForgets(LeaseRow?)
        case fault
    }

    package init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        network = Network(seed: seed ^ 0x6E65_7477_6F72_6B)
    }

    /// Every address that members of a cluster of this size have, in the order of hosts.
    package static func address(host: Int, port: UInt16 = 7400) -> Address {
        let bytes: [UInt8] = [10, UInt8(host >> 16 & 255), UInt8(host >> 8 & 255), UInt8(host & 255)]
        return Address(bytes: bytes, port: port) ?? .loopback(port: port)
    }

    // MARK: running

    /// Plays on until the given time of the world's clock, or until a rule is broken.
    package mutating func run(until end: Instant) {
        while checker.violation == nil, let next = queue.nextTime, next <= end { step() }
        if checker.violation == nil { now = max(now, end) }
    }

    package mutating func run(for interval: Interval) { run(until: now + interval) }

    /// Plays on until the condition holds. False when it did not within the limit.
    package mutating func run(atMost limit: Interval, until condition: (World) -> Bool) -> Bool {
        let end = now + limit
        while checker.violation == nil {
            if condition(self) { return true }
            guard let next = queue.nextTime, next <= end else { break }
            step()
        }
        return condition(self)
    }

    private mutating func step() {
        guard let (at, event) = queue.pop() else { return }
        now = at
        eventCount += 1
        switch event {
        case .wake(let process): wake(process)
        case .datagram(let to, let from, let payload, let sender):
            deliver(.datagram(payload: payload, sender: sender, from: processes[from].address), to: to)
        case .connect(let stream): connect(stream)
        case .streamEnds(let stream, let outcome): endStream(stream, outcome)
        case .dial(let link): dial(link)
        case .linkStands(let link): linkStands(link)
        case .linkFails(let process, let peer): deliver(.linkFailed(peer), to: process)
        case .linkEnds(let link, let end, let tries): linkEnds(link, at: end, tries: tries)
        case .hostStops(let process, let role): deliver(.hostStopped(role: role), to: process)
        case .turn(let process): turn(process)
        case .flip(let hosts, let isDeaf, let period, let ends):
            flip(hosts, isDeaf: isDeaf, period: period, ends: ends)
        case .asks(let process, let question, let incarnation):
            serve(question, of: process, incarnation: incarnation)
        case .storeAnswers(let process, let input):
            if register?.cut.contains(processes[process].host) != true { deliver(input, to: process) }
        case .storeForgets(let row): setStoreBack(to: row)
        case .fault: strike()
        }
        if acting.count > 1 { checkPrimaries() }
    }

    // MARK: inputs

    /// Hands something to a process, or to the kernel's buffers where it is stopped.
    mutating func deliver(_ input: Input, to index: Int) {
        switch processes[index].state {
        case .dead, .departed: return
        case .paused:
            if case .datagram = input {
                guard processes[index].datagramsWaiting < Process.datagramsMost else { return }
                processes[index].datagramsWaiting += 1
            }
            processes[index].inbox.append(input)
        case .running: feed(input, to: index)
        }
    }

    mutating func feed(_ input: Input, to index: Int) {
        let local = local(index)
        let actions: [EngineAction]
        switch input {
        case .datagram(let payload, let sender, let from):
            processes[index].traffic.receives(.datagram(payload), now)
            guard let message = read(payload, from: sender, at: index) else { return }
            if trace.isOn { note("\(name(index)) <- \(sender.id)  \(message.summary)") }
            if mutation == .echoes { for told in message.broadcasts { hear(told, at: index) } }
            actions = processes[index].engine.received(
                message, of: payload.count, from: sender, at: from, now: local)
        case .request(let stream, let question):
            guard let message = read(question, from: nil, at: index) else { return }
            if trace.isOn { note("\(name(index)) <= \(message.sender?.id ?? "?")  \(message.summary)") }
            processes[index].requestsServed += 1
            let (reply, more) = processes[index].engine.requested(message, now: local)
            answer(stream, reply)
            actions = more
        case .ended(let request, let outcome, let asked):
            let outcome = mutation == nil ? outcome : tampered(outcome, at: index)
            if trace.isOn { note("\(name(index)) request \(request) \(outcome.summary)") }
            if case .replied(let message) = outcome, message.kind == .syncReply {
                checker.viewCame(&processes[index], asked)
            }
            actions = processes[index].engine.requestEnded(request, outcome, now: local)
        case .linkOpened(let peer):
            if trace.isOn { note("\(name(index)) link to \(peer.id) stands") }
            actions = processes[index].engine.linkOpened(peer, now: local)
        case .linkFailed(let peer):
            if trace.isOn { note("\(name(index)) link to \(peer.id) failed") }
            actions = processes[index].engine.linkFailed(peer, now: local)
        case .linkClosed(let peer):
            if trace.isOn { note("\(name(index)) link to \(peer.id) closed") }
            actions = processes[index].engine.linkClosed(peer, now: local)
        case .answered(let question, let answer):
            if trace.isOn { note("\(name(index)) store: \(answer.summary)") }
            actions = processes[index].engine.answered(question, answer, now: local)
        case .hostStopped(let role):
            if trace.isOn { note("\(name(index)) host has stopped acting in \(role)") }
            actions = processes[index].engine.hostStopped(role: role, now: local)
        }
        perform(actions, by: index)
    }

    private mutating func wake(_ index: Int) {
        guard processes[index].scheduledWake == now else { return }
        processes[index].scheduledWake = .distantFuture
        guard processes[index].isRunning else { return }
        checkRest(of: index)
        tick(index)
    }

    mutating func tick(_ index: Int) {
        let local = local(index)
        let actions = processes[index].engine.tick(now: mutation == nil ? local : tampered(local))
        perform(actions, by: index)
    }

    /// Asks an engine for something on behalf of its host.
    package mutating func call(_ index: Int, _ body: (inout Engine, Instant) -> [EngineAction]) {
        guard processes[index].isRunning else { return }
        let actions = body(&processes[index].engine, local(index))
        perform(actions, by: index)
    }

    /// Where nothing is switched off nothing gets between: a world that is asked what would, is copied for that.
    private mutating func read(_ bytes: [UInt8], from sender: Identity?, at index: Int) -> Message? {
        let message = decode(bytes[...])
        return mutation == nil ? message : tampered(message, from: sender, at: index)
    }

    private mutating func decode(_ bytes: ArraySlice<UInt8>) -> Message? {
        do {
            return try Message.decode(bytes) { bytes throws(WireError) in try knownRecords.read(bytes) }
        } catch {
            fail(.wire, "an engine's own message does not decode: \(error)")
            return nil
        }
    }

    private mutating func schedule(_ index: Int) {
        guard processes[index].isRunning else { return }
        let deadline = max(processes[index].nextWake(), now)
        guard deadline < processes[index].scheduledWake else { return }
        // A node's loop does not turn again within the same instant.
        let at = deadline == now ? now + .microseconds(10) : deadline
        guard at < processes[index].scheduledWake else { return }
        processes[index].scheduledWake = at
        queue.push(.wake(index), at: at)
    }

    // MARK: actions

    mutating func perform(_ actions: [EngineAction], by index: Int) {
        for action in actions {
            switch action {
            case .membership(let action): perform(action, by: index)
            case .role(let event): perform(event, by: index)
            case .lease(let question): ask(question, by: index)
            }
        }
        checkTrust(of: index)
        checkLeases(of: index)
        checkQuorum(of: index)
        schedule(index)
    }

    private mutating func perform(_ action: MembershipAction, by index: Int) {
        switch action {
        case .send(let payload, let address, let recipient):
            send(payload, from: index, to: address, recipient: recipient)
        case .beacon(let payload):
            guard hasMulticast else { return }
            processes[index].traffic.sends(.datagram(payload), now)
            for other in processes.indices where processes[other].exists {
                transmit(payload, from: index, to: other)
            }
        case .request(let id, let message, let address, let timeout):
            processes[index].requestsMade += 1
            openStream(id, message, from: index, to: address, timeout: timeout)
        case .openLink(let peer, let address):
            openLink(from: index, to: peer, at: address)
        case .closeLink(let peer):
            closeLinks(of: index, to: peer)
        case .departed:
            if isTold { tell(.fault, "has left", index) }
            end(index, as: .departed)
        case .deliver(let message): hear(message, at: index)
        case .company(let company):
            if isTold {
                tell(.news, "isolated: \(company.isIsolated), minority: \(company.isMinority)", index)
            }
        case .notify(let event):
            guard mutation != nil else { return notify(event, at: index) }
            for event in tampered(event) { notify(event, at: index) }
        }
    }

    private mutating func notify(_ event: MemberEvent, at index: Int) {
        if trace.isOn {
            note(
                "\(name(index)) hears: \(event.identity.id) \(event.kind) (\(event.evidence) by \(event.accuser))"
            )
        }
        if timeline.isOn {
            timeline.hear(now, event, at: index, name: processes[index].id, of: observers(of: event.identity))
        }
        checkEvent(event, at: index)
        if event.kind == .refused { closeSockets(of: index) }
    }

    /// How many run, the member itself left out.
    private func observers(of identity: Identity) -> Int {
        let isRunning = started[identity.nonce].map { processes[$0].isRunning } == true
        return runningCount - (isRunning ? 1 : 0)
    }

    private mutating func perform(_ event: RoleEvent, by index: Int) {
        if trace.isOn { note("\(name(index)) \(event)") }
        if timeline.isOn { tellPeople(event, at: index) }
        checkRole(event, at: index)
        if case .demoted(let role, _, isAwaited: true, _) = event { stopHost(index, role: role) }
    }

    private mutating func tellPeople(_ event: RoleEvent, at index: Int) {
        switch event {
        case .promoted(let role, let token):
            timeline.add(now, .role, "leads \(role) under token \(token)", name(index))
        case .demoted(let role, _, let isAwaited, _):
            let why = isAwaited ? "gives \(role) back" : "gives way in \(role)"
            timeline.add(now, .role, why, name(index))
        case .overlap(let role, let other, _):
            timeline.add(now, .role, "meets \(other), which leads \(role), too", name(index))
        case .outOfTokens(let role): timeline.add(now, .role, "has no token left for \(role)", name(index))
        case .paused(let role, let isPaused):
            timeline.add(now, .role, "\(isPaused ? "pauses" : "resumes") \(role)", name(index))
        case .storeForgot(let role, let floor, let found):
            timeline.add(
                now, .role, "finds \(found ?? 0) in the store of \(role), where \(floor) was", name(index))
        case .holderUnseen(let role, let holder):
            timeline.add(now, .role, "sees \(holder) renew \(role), and no such member", name(index))
        case .primaryChanged, .positionChanged, .wishEnded, .authorityDiffers: break
        }
    }

    // MARK: datagrams

    private mutating func send(
        _ payload: [UInt8], from index: Int, to address: Address, recipient: String?
    ) {
        processes[index].traffic.sends(.datagram(payload), now)
        packetCount += 1
        if payload.count > World.datagramBudget {
            fail(.datagramSize, "\(name(index)) sends a datagram of \(payload.count) bytes")
        }
        guard let to = listeners[World.key(address)] else { return }
        guard mutation == nil || !isHeldBack(from: index, recipient: recipient) else { return }
        transmit(payload, from: index, to: to)
    }

    /// What the protocol promises of every datagram.
    static let datagramBudget = MembershipSettings().datagramBudget

    private mutating func transmit(_ payload: [UInt8], from index: Int, to: Int) {
        let (here, there) = (processes[index].host, processes[to].host)
        // The envelope names the cluster; a stranger's datagrams go no further.
        guard processes[to].cluster == processes[index].cluster || mutation == .openEnvelopes else { return }
        guard !network.isBlocked(from: here, to: there), !network.isLost(from: here, to: there) else {
            return
        }
        let copies = network.isDoubled() ? 2 : 1
        let sender = processes[index].identity
        let payload = mutation == nil ? payload : tampered(payload)
        for _ in 0..<copies {
            let event = Event.datagram(to: to, from: index, payload: payload, sender: sender)
            queue.push(event, at: now + network.delay())
            if mutation != nil { replay(event) }
        }
    }

    /// What the clock of a process shows. The clock alone is read: a process is much to copy.
    func local(_ index: Int) -> Instant { processes[index].clock.reading(at: now) }

    // MARK: words

    package func name(_ index: Int) -> String {
        "\(processes[index].id)#\(index)"
    }

    /// Adds a line to the trace. To be asked for only where the trace is on: making the text costs more than the event.
    mutating func note(_ text: String) { trace.add(now, text) }

    mutating func fail(_ rule: Rule, _ text: String) {
        if isTold { tell(.end, "VIOLATION of \(rule.rawValue): \(text)") }
        checker.fail(now, rule, text)
    }
}
