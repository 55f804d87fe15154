package import Basics
package import Wire

/// Who is here: SWIM (Das, Gupta, Motivala, DSN 2002) with Lifeguard's confirmations (Dadgar, Phillips, Currey,
/// DSN 2018), anti-entropy by digests, and the word of the kernel where it has one.
///
/// A value without effects. Every input returns what is to be done; `nextDeadline` says when `tick` wants to be
/// called. The files beside this one each hold one part of the protocol:
/// `Probing` asks, `Inquest` looks at closed links, `Suspicions` judges, `Records` merges reports,
/// `Newcomers` and `Namesakes` tell two instances of one id apart, `Gossip` spreads news, `AntiEntropy` repairs what it
/// missed, `Broadcasts` carries what hosts tell all, `Contacts` finds and finds again,
/// `Remembered` outlives the process, `Links` keeps standing connections, `Departure` leaves.
package struct Membership: Sendable {
    package internal(set) var settings: MembershipSettings
    package internal(set) var me: Identity { didSet { profile = Profile(me, attributes) } }
    package internal(set) var incarnation: UInt64 = 0
    package internal(set) var attributes: Attributes { didSet { profile = Profile(me, attributes) } }
    /// Both of them, as the own record carries them.
    private(set) var profile: Profile
    package internal(set) var standing = Standing.member
    package internal(set) var view = View()

    /// How this node itself stands.
    package enum Standing: Sendable {
        case member
        case leaving
        case left
        /// An older instance of the same id lives; this one has no say any more.
        case refused
    }

    var generator: SeededGenerator
    var actions: [MembershipAction] = []
    var gossip = GossipQueue()
    var broadcasts = Broadcasts()
    package internal(set) var health = LocalHealth()
    package internal(set) var company = Company()
    var companyJudgedAt = UInt64.max
    var probing = Probing()
    var inquests = Inquests()
    var newcomers = Newcomers()
    var contacts: Contacts
    var links = Links()
    var departure = Departure()
    package internal(set) var tally = Tally()
    /// What each open request is for.
    var requests: [UInt64: Purpose] = [:]
    var lastRequest: UInt64 = 0
    var lastSequence: UInt32 = 0
    /// Members whose status has a deadline.
    var judged: [String] = []
    var nextSync: Instant
    var agreement = Agreement()
    var nextPrune: Instant
    package internal(set) var lastTick: Instant
    /// Whether any other member has ever been met.
    package internal(set) var isEstablished = false
    /// Whether another member has this start of this node in its view.
    package internal(set) var isAccepted = false
    var namesakes: Namesakes
    /// The probes that must be answered before this node trusts itself again after it slept.
    package internal(set) var wake = Wake()

    enum Purpose: Sendable {
        case contact(Address)
        case sync(with: String)
        case comparison(with: String)
        case offer
        case probe(UInt32)
        /// A look for the inquest that began then.
        case inquest(Identity, began: Instant)
        case arbitration(String)
    }

    package init(
        identity: Identity, attributes: Attributes, settings: MembershipSettings, seed: UInt64, now: Instant
    ) {
        me = identity
        self.attributes = attributes
        profile = Profile(identity, attributes)
        self.settings = settings
        generator = SeededGenerator(seed: seed)
        contacts = Contacts(now: now)
        namesakes = Namesakes(began: now)
        lastTick = now
        // Where to begin is for nobody to guess: an answer of before a restart must not answer anything.
        lastSequence = UInt32.random(in: 0...UInt32.max, using: &generator)
        nextSync = now + generator.jittered(settings.syncInterval)
        nextPrune = now + .seconds(10)
        probing.next = now + generator.jittered(settings.probeInterval)
    }

    // MARK: what others may read

    /// The digest of the whole view, this node included.
    package var digest: UInt64 {
        view.digest ^ ownDigest
    }

    /// This node's part of it.
    var ownDigest: UInt64 {
        ownStatus.isPresent ? Member.digest(profile, incarnation, ownStatus) : 0
    }

    var ownStatus: Status {
        switch standing {
        case .member: .alive
        case .leaving, .left: .left
        case .refused: .dead
        }
    }

    /// This node as it tells the others of itself.
    package var ownRecord: MemberRecord {
        MemberRecord(profile, incarnation: incarnation, status: ownStatus, evidence: ownEvidence)
    }

    private var ownEvidence: Evidence {
        switch standing {
        case .member: .none
        case .leaving, .left: .farewell
        case .refused: .duplicate
        }
    }

    /// When `tick` must be called at the latest.
    package var nextDeadline: Instant {
        guard standing == .member || standing == .leaving else { return .distantFuture }
        var deadline = min(nextSync, nextPrune)
        deadline = min(deadline, probing.nextDeadline)
        deadline = min(deadline, inquests.nextDeadline)
        deadline = min(deadline, gossip.nextDeadline)
        deadline = min(deadline, broadcasts.nextRound)
        deadline = min(deadline, contacts.nextDeadline)
        deadline = min(deadline, links.nextDeadline)
        deadline = min(deadline, departure.nextDeadline)
        deadline = min(deadline, newcomers.nextDeadline)
        for id in judged {
            if let end = view[id]?.deadline { deadline = min(deadline, end) }
        }
        return deadline
    }

    // MARK: inputs

    /// Begins: beacons, seeds and what is remembered of a former life at once.
    package mutating func start(
        seeds: [Address], remembered: [Address] = [], now: Instant
    ) -> [MembershipAction] {
        contacts.seeds = seeds
        contacts.remembered = remembered
        return tick(now: now)
    }

    /// The seeds' names have been resolved anew.
    package mutating func seedsResolved(_ seeds: [Address], now: Instant) -> [MembershipAction] {
        contacts.seeds = seeds
        contacts.searchedAt = .max
        contacts.hurry(now: now)
        return tick(now: now)
    }

    /// Time has come for whatever was due.
    package mutating func tick(now: Instant) -> [MembershipAction] {
        guard standing == .member || standing == .leaving else { return take() }
        if now - nextDeadline > settings.lateness / 4 { health.worsened() }
        noticeSleep(now: now)
        lastTick = max(lastTick, now)
        tickProbing(now: now)
        tickInquests(now: now)
        tickSuspicions(now: now)
        tickNewcomers(now: now)
        tickContacts(now: now)
        tickLinks(now: now)
        tickSync(now: now)
        tickDeparture(now: now)
        prune(now: now)
        tickGossip(now: now)
        return take()
    }

    /// A datagram came; its envelope named the sender (and, with a key, proved it). One that is not `isFresh` may be
    /// a replay from anywhere: what it says is merged, since old news changes nothing, but it does not show that its
    /// sender lives, and the answer goes where the sender is known to be. `length` is that of the message as it came;
    /// without it the usual one counts.
    package mutating func received(
        _ message: Message, of length: Int? = nil, from sender: Identity, at address: Address,
        isFresh: Bool = true, now: Instant
    ) -> [MembershipAction] {
        guard standing == .member || standing == .leaving else { return take() }
        noticeSleep(now: now)
        guard sender.id != me.id else {
            let home = message.kind == .beacon ? address.with(port: message.port) : address
            metNamesake(sender, at: home, now: now)
            return take()
        }
        if message.kind == .beacon {
            if view[identity: sender]?.isPresent == true {
                if isFresh { contacts.hasHeardBeacon = true }
            } else {
                considerContact(with: address.with(port: message.port), now: now)
            }
            return take()
        }
        guard let member = view.seek(sender) else {
            // An unknown instance changes nothing here; that it exists is a reason to ask.
            if message.kind == .ping {
                acknowledge(message, of: length ?? message.encoded().count, from: sender, at: address)
            }
            considerContact(with: address, now: now)
            return take()
        }
        let address = isFresh ? address : member.address
        if isFresh {
            heard(from: sender.id, now: now)
        } else {
            prove(member, now: now)
        }
        apply(message.records, now: now)
        // A replay of what was told long ago is new to whoever has just started.
        if isFresh { hear(message.broadcasts, now: now) }
        switch message.kind {
        case .ping:
            reply(to: message, from: sender, at: address, now: now)
        case .ack:
            // What answers no question of this node may be a recording: it must not close one.
            if isFresh { acknowledged(message, from: sender, now: now) }
        case .pingRequest:
            relay(message, from: sender, at: address, now: now)
        case .nack:
            helperGotNoAnswer(message)
        case .check:
            lookFor(message, requester: sender, at: address, now: now)
        case .checked:
            observerAnswered(message, from: sender, now: now)
        default:
            break
        }
        tickGossip(now: now)
        return take()
    }

    /// A stream opened with a request. Returns the reply to send on it, and what else is to be done.
    package mutating func requested(_ message: Message, now: Instant) -> (
        reply: Message?, actions: [MembershipAction]
    ) {
        guard standing == .member || standing == .leaving, let sender = message.sender else {
            return (nil, take())
        }
        noticeSleep(now: now)
        switch message.kind {
        case .challenge:
            // Who may have been replaced does not claim its place before it has asked.
            guard !wake.isOverslept(settings) else { return (nil, take()) }
            if let target = message.target, target.id == me.id, target.nonce != me.nonce {
                // Nor does who leaves: the other one is its successor.
                guard standing == .member else { return (nil, take()) }
                reportDuplicate(target)
            }
            return (Message(kind: .answer, sender: me, sequence: message.sequence), take())
        case .sync:
            if sender.id == me.id {
                namesakeAsked(sender)
            } else {
                heard(from: sender, now: now)
                apply(message.records, heldBy: sender, now: now)
            }
            let reply = syncMessage(.syncReply, to: sender.id)
            tickGossip(now: now)
            return (reply, take())
        case .compare:
            heard(from: sender, now: now)
            return (difference(from: message), take())
        case .offer:
            heard(from: sender, now: now)
            if view[identity: sender] != nil { apply(message.records, heldBy: sender, now: now) }
            tickGossip(now: now)
            return (Message(kind: .accepted, sender: me), take())
        default:
            return (nil, take())
        }
    }

    /// A request that this node made has ended.
    package mutating func requestEnded(
        _ id: UInt64, _ outcome: RequestOutcome, now: Instant
    ) -> [MembershipAction] {
        guard let purpose = requests.removeValue(forKey: id) else { return take() }
        guard standing == .member || standing == .leaving else { return take() }
        noticeSleep(now: now)
        switch purpose {
        case .contact(let address): contactEnded(address, outcome, now: now)
        case .sync:
            syncEnded(outcome, now: now)
            wakeRequestEnded(id, outcome, now: now)
        case .comparison(let id): comparisonEnded(outcome, with: id, now: now)
        case .offer: break
        case .probe(let sequence): streamProbeEnded(sequence, outcome, now: now)
        case .inquest(let subject, let began): lookEnded(subject, of: began, outcome, now: now)
        case .arbitration(let newcomer): arbitrationEnded(newcomer, outcome, now: now)
        }
        tickGossip(now: now)
        return take()
    }

    /// Says something new about this node itself. False where nobody could read the record; nothing has changed then.
    package mutating func describe(
        now: Instant, _ change: (inout Attributes) -> Void
    ) -> (isAccepted: Bool, actions: [MembershipAction]) {
        var changed = attributes
        change(&changed)
        guard changed != attributes else { return (true, take()) }
        changed.version += 1
        guard isSmallEnough(changed) else { return (false, take()) }
        attributes = changed
        spreadOwnRecord(now: now)
        tickGossip(now: now)
        return (true, take())
    }

    /// Whether others read the own record with these attributes: it fits a datagram, and has no more tags than they take.
    package func isSmallEnough(_ attributes: Attributes) -> Bool {
        attributes.tags.count <= RecordLimit.tags
            && MemberRecord(identity: me, incarnation: 0, status: .alive, attributes: attributes)
                .isSmallEnough
    }

    // MARK: helpers of all parts

    mutating func take() -> [MembershipAction] {
        judgeCompany()
        defer { actions = [] }
        return actions
    }

    mutating func nextSequence() -> UInt32 {
        lastSequence = lastSequence == .max ? 1 : lastSequence + 1
        return lastSequence
    }

    mutating func request(_ purpose: Purpose, _ message: Message, to address: Address, timeout: Interval) {
        lastRequest += 1
        requests[lastRequest] = purpose
        actions.append(.request(id: lastRequest, message: message, to: address, timeout: timeout))
    }

    /// `before` is the member as it was: what led to the change.
    mutating func notify(_ kind: MemberEvent.Kind, _ member: Member, before: Member? = nil) {
        var event = MemberEvent(
            kind: kind, identity: member.identity, accuser: member.accuser, evidence: member.evidence)
        event.heard = before?.heard
        if kind == .changed, let before {
            event.tags = member.attributes.changedTags(since: before.attributes)
        }
        event.confirmers = before?.confirmers.filter { $0 != member.accuser } ?? []
        actions.append(.notify(event))
    }
}
