import Basics
import Engine
import Failover
import Wire

@testable import Membership

/// One engine, driven as a node drives it, and what must hold after each input whatever came in.
struct Station {
    private(set) var engine: Engine
    private(set) var now: Instant
    /// Requests that the engine waits for.
    private(set) var requests: [Request] = []
    private(set) var isOver = false
    /// Roles that the host was told to stop acting in.
    private var stopping: [String] = []
    private var tokens: [String: UInt64] = [:]
    private var ownRecord: MemberRecord
    private var lastRequest: UInt64 = 0
    /// Everything that could make a member known.
    private var reports = 0
    private var ticks = 0
    private var second: Int64 = 0

    struct Request {
        let id: UInt64
        let message: Message
        let address: Address
        let deadline: Instant
    }

    static let me = Identity(id: "me", generation: 1_000, nonce: 1)
    static let role = "primary"
    /// Members that the station knows at the beginning, one of each status.
    static let peers = ["a", "b", "c", "d", "e"].enumerated().map {
        Identity(id: $1, generation: 1_000 + UInt64($0), nonce: 10 + UInt64($0))
    }

    static func address(_ index: Int) -> Address { .loopback(port: UInt16(clamping: 7400 + index)) }

    static func record(_ index: Int, _ status: Status = .alive) -> MemberRecord {
        MemberRecord(
            identity: peers[index], incarnation: 0, status: status,
            attributes: Attributes(
                address: address(1 + index), seats: [SeatRecord(role: role, number: UInt32(1 + index))],
                version: 1))
    }

    /// A station that has heard of its peers. Made once: inputs begin with a copy.
    static let met: Station = {
        var station = Station()
        let statuses: [Status] = [.alive, .alive, .suspect, .unresponsive, .dead]
        let records = statuses.enumerated().map { record($0, $1) }
        _ = station.requested(Message(kind: .sync, sender: peers[0], records: records))
        station.step { $0.openSeat(role: role, savedToken: 0, now: $1).actions }
        return station
    }()

    private init() {
        now = Instant(nanoseconds: 10_000_000_000)
        var settings = MembershipSettings()
        settings.tombstoneTime = .seconds(10)
        settings.suspectMax = .seconds(3)
        settings.expectedSize = 4
        // What the envelope leaves, with a key and the longest id.
        settings.datagramBudget = 1283
        engine = Engine(
            identity: Station.me, attributes: Attributes(address: Station.address(0)), membership: settings,
            failover: FailoverSettings(), seed: 1, wallSeconds: 1_700_000_000, now: now)
        ownRecord = engine.membership.ownRecord
        step { $0.start(seeds: [Station.address(99)], now: $1) }
    }

    // MARK: inputs

    mutating func received(
        _ message: Message, from sender: Identity, at address: Address, isFresh: Bool
    ) {
        reports += message.records.count
        step { $0.received(message, from: sender, at: address, isFresh: isFresh, now: $1) }
    }

    mutating func requested(_ message: Message) -> Message? {
        reports += message.records.count
        var reply: Message?
        step {
            let answer = $0.requested(message, now: $1)
            reply = answer.reply
            return answer.actions
        }
        if let reply { requireSameAgain(reply) }
        return reply
    }

    /// Ends the oldest open request.
    mutating func requestEnded(_ outcome: RequestOutcome) {
        guard let request = requests.first else { return }
        requests.removeFirst()
        if case .replied(let message) = outcome { reports += message.records.count }
        step { $0.requestEnded(request.id, outcome, now: $1) }
    }

    /// Lets time pass, with a tick whenever one is due; of a process that sleeps only the last.
    mutating func wait(_ interval: Interval, asleep: Bool = false) {
        let end = now + interval
        while !isOver {
            let due = min(engine.nextDeadline, requests.map(\.deadline).min() ?? .distantFuture)
            guard due <= end, !asleep else { break }
            // An event loop does not turn again within the same instant.
            now = max(due, now + .microseconds(10))
            turn()
        }
        now = max(now, end)
        if !isOver { turn() }
    }

    private mutating func turn() {
        countTick()
        while let late = requests.firstIndex(where: { $0.deadline <= now }) {
            let request = requests.remove(at: late)
            step { $0.requestEnded(request.id, .unreachable, now: $1) }
        }
        step { $0.tick(now: $1) }
        for role in stopping { step { $0.hostStopped(role: role, now: $1) } }
        stopping = []
    }

    /// Feeds the engine, performs what it wants, and looks whether everything still holds.
    mutating func step(_ input: (inout Engine, Instant) -> [EngineAction]) {
        guard !isOver else { return }
        for action in input(&engine, now) {
            switch action {
            case .membership(let action): perform(action)
            case .role(let event): perform(event)
            // Nobody here has a lease.
            case .lease: break
            }
        }
        if engine.membership.standing == .refused { isOver = true }
        check()
        guard engine.membership.ownRecord != ownRecord else { return }
        ownRecord = engine.membership.ownRecord
        requireReadable(Message(kind: .gossip, records: [ownRecord]).encoded())
    }

    // MARK: actions

    private mutating func perform(_ action: MembershipAction) {
        switch action {
        case .send(let payload, _, let recipient):
            let longest = engine.membership.settings.datagramBudget
            require(payload.count <= longest, "a datagram of \(payload.count) bytes")
            requireReadable(payload)
            require(recipient.map { Identity.isValidId($0) } ?? true, "a datagram to nobody")
        case .beacon(let payload):
            requireReadable(payload)
        case .request(let id, let message, let address, let timeout):
            require(id > lastRequest, "request \(id) comes after \(lastRequest)")
            lastRequest = id
            requireSameAgain(message)
            requests.append(Request(id: id, message: message, address: address, deadline: now + timeout))
        case .openLink(let peer, _):
            require(peer.id > Station.me.id, "\(peer.id) connects, not this node")
        case .departed:
            isOver = true
        case .closeLink, .notify, .company, .deliver:
            break
        }
    }

    private mutating func perform(_ event: RoleEvent) {
        switch event {
        case .promoted(let role, let token):
            require(token > tokens[role] ?? 0, "token \(token) after \(tokens[role] ?? 0)")
            require(token < 1 << 53, "token \(token) is too large for JSON")
            tokens[role] = token
        case .demoted(let role, _, isAwaited: true, _):
            stopping.append(role)
        default:
            break
        }
    }

    // MARK: rules

    /// A deadline that has passed and stays makes a node turn in circles.
    private mutating func countTick() {
        if second != now.nanoseconds / 1_000_000_000 {
            second = now.nanoseconds / 1_000_000_000
            ticks = 0
        }
        ticks += 1
        require(ticks <= 1_000 + 20 * engine.membership.view.members.count, "wakes up without end")
    }

    private func check() {
        let membership = engine.membership
        let members = membership.view.members
        require(members.count <= reports, "\(members.count) members out of \(reports) reports")
        let isInOrder = zip(members, members.dropFirst()).allSatisfy { ($0.point, $0.id) < ($1.point, $1.id) }
        require(isInOrder, "the view is out of order")
        let areFound = members.allSatisfy { membership.view[$0.id]?.identity == $0.identity }
        require(areFound, "a member is not found")
        require(!members.contains { $0.id == membership.me.id }, "the view holds this node itself")
        let present = members.filter(\.isPresent)
        require(present.count == membership.view.presentCount, "the view is miscounted")
        let alive = present.filter { $0.status == .alive }
        require(alive.count == membership.view.aliveCount, "the alive are miscounted")
        require(
            present.reduce(0) { $0 ^ $1.digest } == membership.view.digest, "the digest is not the view's")

        let pending = membership.pendingWork
        require(pending.requests == requests.count, "a request that nobody will end, or that ended twice")
        require(pending.relays <= 64 && pending.inquests <= 64, "\(pending)")
        require(pending.newcomers <= 256 && pending.judged <= reports, "\(pending)")
        require(membership.gossip.count <= reports + 1, "\(pending)")
        require(membership.broadcasts.entries.count <= Broadcasts.most, "too many broadcasts wait")
        let longest = membership.gossip.levels.joined().map { $0.record.encoded().count }.max() ?? 0
        require(longest <= RecordLimit.longestRead, "news of \(longest) bytes, which nobody reads")
    }
}
