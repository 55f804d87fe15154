import Basics
import CGuest
import Engine
import Failover
import Lease
import Membership
import NIOCore
import Options
import Sealing
import Stores
import Synchronization
import Threads
import Transport
import Wire

/// One node on the event loop: feeds the engine with packets, ticks and calls, and performs what it decides.
///
/// Everything here runs on the loop, `init` apart; that is what makes `@unchecked Sendable` true. The host's
/// threads talk to it through `Node`.
package final class Runtime: SocketHandler, @unchecked Sendable {
    let settings: Settings
    /// Empty in plain mode.
    private(set) var ring: KeyRing
    /// In which other members hand over keys.
    private(set) var keyBox = KeyBox()
    /// What hosts wait for of the keys.
    var keyWork: [ObjectIdentifier: KeyWork] = [:]
    let queue: EventQueue
    let published: Monitor<Published>
    let log: Log
    let keeper: Keeper?
    /// Nil where the members' view decides who leads.
    var desk: RegisterDesk?
    /// Nil where this node is no voter.
    private(set) var booth: VoterBooth?
    var voterLines: [String: VoterLine] = [:]
    /// Roles in which a dead node's lease is being given back, by this one as a voter.
    var wills: [String: WillExecution] = [:]
    /// Nil where no guardian is asked for.
    let guarding: Guarding?
    /// Nil until the host has anything to do with tasks.
    var tasks: TaskDesk?
    /// Runs what hosts do for tasks.
    let pool = TaskPool()
    /// How the host shares tasks out, where it does.
    let taskResolver = Monitor(TaskResolverSeat())
    let taskTrust = TaskTrust()
    let taskSeed: UInt64

    private(set) var engine: Engine
    private var seal: DatagramSeal
    private var sealedAs: Identity
    private(set) var ports: PortPair?
    private(set) var multicast: Multicast?
    /// Nil where members do not look for each other in a store.
    var storeSeeking: StoreSeeking?
    /// Where the seeds are, and the addresses of them that the engine has.
    var lookup: SeedLookup?
    var nextSeek: Scheduled<Void>?
    var seeds: [Address] = []
    var scopes = Scopes()
    private var hasToldOfCrowd = false
    /// Where the node listens; known from its start on.
    private(set) var bound = Address.loopback(port: 0)
    var hasSeenInterfaces = false
    private var wakeups: (any Channel)?
    private lazy var alarm = Alarm { [weak self] in self?.step { $0.tick(now: $1) } }
    private(set) var seats: [String: SeatState] = [:]
    private var seenChanges: UInt64 = 0
    private var seenVersion: UInt64 = .max
    private var seenIncarnation: UInt64 = 0
    private(set) var isShut = false
    /// What the host was told of how much it sees.
    private var told = Company()
    var streams = Streams()
    var inbox = Inbox()
    var outbox = Outbox()
    private(set) var control: Control?
    private var watchers: [any NodeWatcher] = []
    /// While the host wants to be told of the state from time to time.
    var reporting: RepeatedTask?
    /// Where people find the console; nil without one.
    var consoleAddress: String?
    /// What a signal handler writes to; set once, before the node is known to anybody.
    var wakeupDescriptor: Int32 = -1
    let startedAt: Instant
    let startedWallMicroseconds: UInt64
    var traffic = Traffic()

    init(
        settings: Settings, ring: KeyRing, identity: Identity, address: Address, seal: consuming DatagramSeal,
        queue: EventQueue,
        published: Monitor<Published>, log: Log, keeper: Keeper?, desk: RegisterDesk?, directory: Store?,
        guarding: Guarding?, seed: Nonce
    ) {
        self.settings = settings
        self.ring = ring
        self.queue = queue
        self.published = published
        self.log = log
        self.keeper = keeper
        self.desk = desk
        storeSeeking = directory.map {
            StoreSeeking(
                store: $0, board: MemberBoard(id: identity.id, instance: identity.nonce, address: ""))
        }
        self.guarding = guarding
        taskSeed = seed.high &+ seed.low
        startedAt = Clock.now
        startedWallMicroseconds = Clock.wallMicroseconds
        sealedAs = identity
        let budget = seal.longestPayload
        self.seal = seal
        var lease = settings.lease
        lease?.will = guarding?.will
        engine = Engine(
            identity: identity, attributes: Attributes(address: address, name: settings.name ?? ""),
            membership: settings.membership(datagramBudget: budget), failover: settings.failover,
            lease: lease.map { (settings: $0, seed: seed) }, seed: seed.high ^ seed.low,
            wallSeconds: startedWallMicroseconds / 1_000_000, now: startedAt)
    }

    // MARK: life

    func start(
        ports: PortPair, multicast: Multicast?, wakeups: (any Channel)?, control: Control?,
        lookup: SeedLookup, interfaces: [Interface]
    ) {
        self.ports = ports
        bound = ports.address
        openBooth()
        keeper?.gather = { [weak self] in self?.remember() }
        self.control = control
        if let control { watch(control) }
        queue.observer = { [weak self] in self?.tellWatchers($0) }
        self.multicast = multicast
        self.wakeups = wakeups
        // The port was not known before the sockets were bound.
        nameAfterHost()
        see(interfaces)
        self.lookup = lookup
        seeds = seedAddresses()
        logJoined()
        step { $0.start(seeds: seeds, remembered: keeper?.memory.addresses ?? [], now: $1) }
        seek()
        seekInStore()
        watchInterfaces()
    }

    /// Ends everything at once. `isGoodbye` tells the others, without waiting for an answer.
    func shut(isGoodbye: Bool, as standing: Published.Standing) {
        // A host may wake its node until it has closed it: before, the number must not become another's.
        if standing == .closed { wakeups?.close(promise: nil) }
        guard !isShut else {
            // What has left or was refused may still be closed, and nothing comes after that.
            if standing == .closed { published.change { $0.standing = standing } }
            return
        }
        if isGoodbye { step { $0.vanish(now: $1) } }
        keeper?.end()
        tasks?.close(standing == .refused ? .refused : .closed)
        desk?.register.close()
        booth?.close()
        for execution in wills.values { execution.close() }
        wills = [:]
        leaveStore(isOrderly: isGoodbye || standing == .left)
        guarding?.end()
        isShut = true
        alarm.cancel()
        setReporting(false)
        for state in seats.values {
            state.set(token: nil, trustedUntil: .distantPast, rank: nil)
            state.forgetWork()
            state.callbacks.change { $0.isGone = true }
        }
        endSends(standing == .refused ? .refused : .closed)
        for connection in streams.takeAll() { connection.close() }
        ports?.close()
        multicast?.close()
        queue.observer = nil
        for watcher in watchers { watcher.nodeEnded(as: standing) }
        watchers = []
        control = nil
        end(standing == .refused ? .refused : .closed, as: standing)
    }

    package func watch(_ watcher: any NodeWatcher) {
        // The youngest is told first: who waits for the end of the node speaks before the line it speaks on is closed.
        watchers.insert(watcher, at: 0)
    }

    package func unwatch(_ watcher: any NodeWatcher) { watchers.removeAll { $0 === watcher } }

    package func watcher<Watcher: NodeWatcher>(_: Watcher.Type) -> Watcher? {
        watchers.lazy.compactMap { $0 as? Watcher }.first
    }

    private func tellWatchers(_ event: NodeEvent) {
        for watcher in watchers { watcher.observe(event) }
    }

    /// Wakes whoever waits for something of this node. The queue is first: who knows that the node has ended finds
    /// its last event there, and nothing behind it.
    private func end(_ reason: Failure, as standing: Published.Standing) {
        queue.close(reason)
        for work in keyWork.values { work.end(reason) }
        for state in seats.values { state.callbacks.change { $0.ending = reason } }
        published.change { $0.standing = standing }
    }

    private func openBooth() {
        voterDesk?.send = { [weak self] in self?.ask(voter: $0, $1, $2) }
        voterDesk?.avoid = { [weak self] role, epoch in
            self?.step { engine, _ in
                engine.avoid(role: role, epoch: epoch)
                return []
            }
        }
        let id = engine.membership.me.id
        guard let list = settings.voterList, list.voters.contains(id), let lease = settings.lease, let keeper
        else { return }
        booth = VoterBooth(
            id: id, list: list, lists: settings.voterLists, longestHold: lease.longestHold,
            startedAt: startedAt, keeper: keeper)
        booth?.send = { [weak self] in self?.ask(voter: $0, $1, $2) }
        booth?.overcrowded = { [weak self] role in
            self?.tellOfAuthority(
                .noAnswer, role: role,
                "this voter has voted in \(VoterBooth.mostRoles) roles, and remembers no more: in \(role), and any "
                    + "other that is new, it does not answer")
        }
        keeper.voteTrouble = { [weak self] trouble in
            self?.tellOfAuthority(
                trouble == nil ? .wellAgain : .noAnswer, role: "",
                trouble.map { "this voter gives no vote that it cannot write down: \($0)" }
                    ?? "this voter writes its votes again")
        }
    }

    /// Nil where no voters are asked.
    var voterDesk: VoterDesk? { desk?.register as? VoterDesk }

    // MARK: inputs

    /// Feeds the engine and performs what it decides. What the host may ask is published first, so that no
    /// callback finds an older answer than the news it brings.
    func step(_ input: (inout Engine, Instant) -> [EngineAction]) {
        guard !isShut else { return }
        let actions = input(&engine, Clock.now)
        resealIfRenamed()
        publish()
        followGuardian()
        for action in actions {
            switch action {
            case .membership(let action): perform(action)
            case .role(let event): tell(event)
            case .lease(let question): ask(question)
            }
        }
        forgetClosedSeats()
        tasks?.follow()
        tellOfCrowd()
        // Only now: first the host is to hear of it.
        if engine.membership.standing == .refused { shut(isGoodbye: false, as: .refused) }
        schedule()
    }

    /// Once: a view that is full is full of inventions.
    private func tellOfCrowd() {
        guard !hasToldOfCrowd, engine.membership.tally.turnedAway > 0 else { return }
        hasToldOfCrowd = true
        let most = engine.membership.settings.entriesMost
        log.write(.error, "\(most) members are known, present or not: no more are taken in")
    }

    private func schedule() {
        guard !isShut else { return }
        alarm.set(at: engine.nextDeadline)
    }

    func datagramArrived(_ bytes: [UInt8], from address: Address) {
        guard !isShut else { return }
        do {
            if WillLetter.isClaimed(by: bytes) { return try willArrived(bytes, from: address) }
            let opened = try seal.open(bytes)
            // Of a kind that a later version has.
            guard let message = try Message.decode(opened.payload[...]) else {
                return traffic.foundUnreadable()
            }
            traffic.received(message.kind, bytes.count)
            if settings.debug { logContact(opened.sender.id, message, address) }
            var isFresh = !seal.isSealed || opened.isKnown
            if !isFresh, engine.isAnswered(by: message, from: opened.sender) {
                // From here on a replay of what it sent so far is refused.
                seal.admit(opened.sender, after: opened.counter)
                isFresh = true
            }
            let home = scopes.learn(address)
            let length = opened.payload.count
            step {
                $0.received(message, of: length, from: opened.sender, at: home, isFresh: isFresh, now: $1)
            }
        } catch let error as DatagramError {
            refuse(error, from: address)
        } catch {
            traffic.foundUnreadable()
            log.write(.debug, "a datagram from \(address.text) was no message: \(error)")
        }
    }

    private func refuse(_ reason: DatagramError, from address: Address) {
        let count = traffic.refused(reason)
        // Neighbours on the same group are nothing to report; the rest is said once in a power of two.
        guard reason != .otherCluster, count & (count - 1) == 0 else { return }
        log.write(.warning, "\(count) datagrams refused as \(reason), the last from \(address.text)")
    }

    var keys: [Key] { ring.keys }

    /// The one place where the ring changes. Whoever keeps it beyond this process writes `ring.fileText` here.
    func change(to ring: KeyRing) {
        self.ring = ring
        _ = seal.rotate(to: ring.keys)
        for connection in streams.others.values { connection.keepOnly(ring.fingerprints) }
        // What was recorded on its way here must stay unreadable.
        keyBox = KeyBox()
    }

    /// Whether a task is this node's: its trust in itself must be looked at while it is.
    func setHasWork(_ hasWork: Bool) {
        guard engine.hasWork != hasWork else { return }
        engine.hasWork = hasWork
        schedule()
    }

    func hasSeat(_ role: String) -> Bool { seats[role] != nil }

    func seatOpened(_ state: SeatState) -> Bool {
        guard seats[state.role] == nil else { return false }
        var isAccepted = false
        seats[state.role] = state
        let savedToken = remember()?.tokens[state.role] ?? 0
        step {
            let result = $0.openSeat(role: state.role, savedToken: savedToken, now: $1)
            isAccepted = result.isAccepted
            return result.actions
        }
        if isAccepted { guarding?.seatOpened(state.role) } else { seats[state.role] = nil }
        return isAccepted
    }

    /// Gives the seat up; it is gone once the host has stopped acting.
    func seatClosed(_ role: String) {
        step { $0.closeSeat(role: role, now: $1) }
    }

    /// A seat that is closed as primary is there until the host has stopped; nobody may take it anew before.
    private func forgetClosedSeats() {
        for (role, state) in seats where !engine.failover.roles.contains(role) {
            guard state.callbacks.with({ $0.isClosed }) else { continue }
            seats[role] = nil
            guarding?.seatClosed(role)
            state.callbacks.change { $0.isGone = true }
        }
    }

    // MARK: outputs

    private func perform(_ action: MembershipAction) {
        switch action {
        case .send(let payload, let address, let recipient):
            guard let datagram = try? seal.seal(payload, to: recipient) else { return }
            traffic.sent(Message.kind(of: payload), datagram.count)
            ports?.send(datagram, to: scopes.complete(address))
        case .beacon(let payload):
            guard let multicast, let datagram = try? seal.seal(payload) else { return }
            traffic.sent(.beacon, datagram.count)
            multicast.send(datagram)
        case .request(let id, let message, let address, let timeout):
            openRequest(id, message, to: address, timeout: timeout)
        case .openLink(let identity, let address):
            openLink(to: identity, at: address)
        case .closeLink(let identity):
            streams.closeLinks(to: identity)
        case .departed:
            queue.push(.left, member: engine.membership.me.id, role: "", value: 0, detail: "left the cluster")
            shut(isGoodbye: false, as: .left)
        case .notify(let event):
            tell(event)
        case .deliver(let message): hear(message)
        case .company(let company):
            tell(company)
        }
    }

    /// The engine took a higher generation, since the others remembered one: the envelope must say so too.
    private func resealIfRenamed() {
        let me = engine.membership.me
        guard me != sealedAs else { return }
        guard let renewed = DatagramSeal(cluster: settings.cluster, identity: me, keys: keys) else { return }
        seal = renewed
        sealedAs = me
        keeper?.consider()
    }

    private func publish() {
        for (role, state) in seats {
            let token = engine.failover.token(of: role)
            state.set(
                token: token, trustedUntil: engine.trust(in: role), rank: engine.failover.position(of: role))
            state.setWork(token: token, until: engine.standing(in: role))
        }
        let membership = engine.membership
        let hasChanged =
            membership.view.changes != seenChanges || membership.attributes.version != seenVersion
            || membership.incarnation != seenIncarnation
        guard hasChanged else { return }
        forgetReplaysOfOthers()
        keeper?.consider()
        seenChanges = membership.view.changes
        seenVersion = membership.attributes.version
        seenIncarnation = membership.incarnation
        published.change { published in
            published.revision += 1
            published.aliveCount = membership.view.present.reduce(1) { $0 + ($1.status == .alive ? 1 : 0) }
        }
    }

    /// Whoever is not remembered any more needs no guard against its replays.
    private func forgetReplaysOfOthers() {
        guard seal.knownCount > engine.membership.view.members.count + 64 else { return }
        seal.keep { engine.knows($0) }
    }

    // MARK: telling the host

    private func tell(_ event: MemberEvent) {
        let kind: EventKind
        switch event.kind {
        case .joined: kind = .memberJoined
        case .changed: kind = .memberChanged
        case .suspect: kind = .memberSuspect
        case .unresponsive: kind = .memberUnresponsive
        case .recovered: kind = .memberRecovered
        case .left: kind = .memberLeft
        case .dead: kind = .memberDead
        case .duplicate, .refused: kind = .duplicate
        }
        if event.kind == .dead || event.kind == .left {
            streams.closeLinks(to: event.identity)
            endSends(to: event.identity.id)
        }
        let grounds = NodeEvent.Grounds(event, now: Clock.now)
        var detail = grounds?.text ?? event.evidence.words
        if !event.tags.isEmpty { detail = "tags changed: " + event.tags.joined(separator: ", ") }
        if event.kind == .refused {
            detail = "this node is refused: an older live instance holds the id '\(event.identity.id)'"
        } else if event.kind == .duplicate {
            detail = "another instance with this node's id was seen; it will be refused"
        }
        log(kind, of: event.identity.id, detail)
        queue.push(
            kind, member: event.identity.id, role: "", value: event.identity.generation, detail: detail,
            grounds: grounds)
    }

    private func tell(_ company: Company) {
        let me = engine.membership.me.id
        if company.isIsolated != told.isIsolated {
            let detail = company.isIsolated ? "no other member is alive here" : "others are alive here again"
            log.write(.warning, detail)
            queue.push(.isolated, member: me, role: "", value: company.isIsolated ? 1 : 0, detail: detail)
        }
        if company.isMinority != told.isMinority {
            let seen = "\(engine.membership.view.aliveCount + 1) of \(settings.expectedSize) expected members"
            let detail = company.isMinority ? "only \(seen) are alive here" : "\(seen) are alive here"
            log.write(company.isMinority ? .warning : .info, detail)
            queue.push(.minority, member: me, role: "", value: company.isMinority ? 1 : 0, detail: detail)
        }
        told = company
    }

    private func tell(_ event: RoleEvent) {
        let me = engine.membership.me.id
        switch event {
        case .promoted(TaskDesk.role, let token):
            logCoordinating(token)
        case .demoted(TaskDesk.role, _, let isAwaited, let why):
            log.write(.info, "coordinates the tasks no more: \(words(for: why))")
            if isAwaited { SharedLoop.loop.execute { self.hostStopped(TaskDesk.role) } }
        case .positionChanged(TaskDesk.role, _): break
        case .primaryChanged(TaskDesk.role, let primary, _): logPrimary(primary, in: TaskDesk.role)
        case .promoted(let role, let token):
            logPromoted(in: role, token: token)
            queue.push(.promoted, member: me, role: role, value: token, detail: "")
            guard let state = seats[role] else { return }
            // Its callback may ask who is primary before this node's change of primary is told.
            state.callbacks.change {
                $0.primary = me
                $0.primaryToken = token
            }
            announcePromotion(state, token)
        case .demoted(let role, let token, let isAwaited, let why):
            let detail = words(for: why)
            log.write(why == .noQuorum ? .warning : .info, "no longer primary of \(role): \(detail)")
            queue.push(.demoted, member: me, role: role, value: token, detail: detail)
            guard let state = seats[role], state.callbacks.with({ $0.onDemote != nil }) else {
                seats[role]?.callbacks.with { $0.stoppedToken = token }
                if isAwaited { SharedLoop.loop.execute { self.hostStopped(role) } }
                return
            }
            state.callbacks.with { $0.waiting += 1 }
            queue.deliver(.demoted(state, token, isAwaited: isAwaited))
            limitDemotion(state, token)
        case .primaryChanged(let role, let primary, let token):
            seats[role]?.callbacks.change {
                $0.primary = primary
                $0.primaryToken = token
                $0.primarySinceMs = Clock.wallMilliseconds
            }
            if primary != me { logPrimary(primary, in: role) }
            queue.push(
                .primaryChanged, member: primary ?? "", role: role, value: token,
                detail: primary.map { "\($0) is primary" } ?? "nobody is primary")
        case .positionChanged(let role, let position):
            logPosition(position, in: role)
            queue.push(.positionChanged, member: me, role: role, value: UInt64(position), detail: "")
        case .paused(let role, let isPaused):
            let detail = isPaused ? "nobody is promoted by itself any more" : "the line decides again"
            log.write(.info, "\(role) is \(isPaused ? "paused" : "resumed"): \(detail)")
            queue.push(.rolePaused, member: "", role: role, value: isPaused ? 1 : 0, detail: detail)
        case .wishEnded(let role, let isFulfilled):
            seats[role]?.callbacks.change {
                $0.wishesEnded += 1
                if isFulfilled { $0.wishFulfilled = $0.wishesEnded }
            }
        case .outOfTokens(let role):
            log.write(
                .error, "nobody can be promoted in \(role): a member claimed the highest token there is")
        case .storeForgot(let role, let floor, let found):
            tellOfAuthority(
                .forgot, role: role,
                "the store has lost the lease of \(role): it shows \(found.map { "epoch \($0)" } ?? "nothing"), and "
                    + "\(floor) was given out; goes on above it, when every older lease has ended")
        case .authorityDiffers(let role, let other, let authority):
            tellOfAuthority(
                .differs, role: role, member: other,
                "\(other) has a seat in \(role) under failover.authority=\(authority), this node under "
                    + "\(settings.failoverAuthority.rawValue): no promise holds")
        case .holderUnseen(let role, let holder):
            tellOfAuthority(
                .unseen, role: role, member: holder,
                "\(holder) renews the lease of \(role), and is no member that this node sees: the network between "
                    + "them is cut, or another cluster named '\(settings.cluster)' asks "
                    + (desk?.name ?? "the register"))
        case .overlap(let role, let other, let token):
            let text = "met another primary of \(role): \(other) with token \(token)"
            log.write(.warning, text)
        }
    }

    /// Runs the promote callback for this token, unless there is none yet: registering one asks again.
    func announcePromotion(_ state: SeatState, _ token: UInt64) {
        let registration: UInt64? = state.callbacks.with { callbacks in
            guard callbacks.onPromote != nil, callbacks.announced != token else { return nil }
            callbacks.announced = token
            callbacks.waiting += 1
            return callbacks.registration
        }
        guard let registration else { return }
        queue.deliver(.promoted(state, token, registration: registration))
        limitPromotion(state, token)
    }

    func hostStopped(_ role: String) { step { $0.hostStopped(role: role, now: $1) } }
}
