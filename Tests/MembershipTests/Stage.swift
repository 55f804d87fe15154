import Basics
import Membership
import Wire

/// One member whose others are played by the test: it says what arrives and reads what the member wants done.
struct Stage {
    var membership: Membership
    var now: Instant
    var events: [String] = []
    var sent: [(message: Message, to: Address)] = []
    var requests: [(id: UInt64, message: Message, to: Address)] = []
    var opened: [Identity] = []
    var closed: [Identity] = []
    var hasDeparted = false
    var delivered: [UserMessage] = []
    var beacons = 0
    /// Every datagram sent, also those that `sent` has forgotten.
    var log: [(at: Instant, message: Message)] = []
    /// Where pings went while time passed.
    var pinged: [Address] = []

    static let me = Identity(id: "n1", generation: 100, nonce: 1)

    init(
        seeds: [Address] = [], remembered: [Address] = [],
        _ change: (inout MembershipSettings) -> Void = { _ in }
    ) {
        var settings = MembershipSettings()
        settings.beaconInterval = nil
        change(&settings)
        now = Instant(nanoseconds: 1_000_000_000)
        membership = Membership(
            identity: Stage.me, attributes: Attributes(address: Stage.address(1)), settings: settings,
            seed: 1,
            now: now)
        perform(membership.start(seeds: seeds, remembered: remembered, now: now))
    }

    static func address(_ number: UInt8) -> Address {
        Address(bytes: [10, 0, 0, number], port: 7400) ?? .loopback(port: 1)
    }

    static func identity(_ number: UInt8, generation: UInt64 = 100) -> Identity {
        Identity(id: "n\(number)", generation: generation, nonce: UInt64(number) + generation * 1000)
    }

    static func record(
        _ number: UInt8, _ status: Status = .alive, incarnation: UInt64 = 0, generation: UInt64 = 100,
        version: UInt64 = 0, accuser: String = "", evidence: Evidence = .none, at address: UInt8? = nil
    ) -> MemberRecord {
        MemberRecord(
            identity: identity(number, generation: generation), incarnation: incarnation, status: status,
            attributes: Attributes(address: Stage.address(address ?? number), version: version),
            accuser: accuser,
            evidence: evidence)
    }

    // MARK: what happens

    mutating func perform(_ actions: [MembershipAction]) {
        for action in actions {
            switch action {
            case .send(let payload, let address, _):
                guard let message = try? Message.decode(payload[...]) else { continue }
                sent.append((message, address))
                log.append((now, message))
            case .request(let id, let message, let address, _): requests.append((id, message, address))
            case .openLink(let peer, _): opened.append(peer)
            case .closeLink(let peer): closed.append(peer)
            case .departed: hasDeparted = true
            case .notify(let event): events.append("\(event.kind) \(event.identity.id)")
            case .deliver(let message): delivered.append(message)
            case .company(let company):
                events.append("isolated \(company.isIsolated) minority \(company.isMinority)")
            case .beacon: beacons += 1
            }
        }
    }

    mutating func hear(_ message: Message, from number: UInt8, generation: UInt64 = 100) {
        let sender = Stage.identity(number, generation: generation)
        perform(membership.received(message, from: sender, at: Stage.address(number), now: now))
    }

    /// News, told by another member.
    mutating func hear(_ records: MemberRecord..., from number: UInt8) {
        hear(Message(kind: .gossip, records: records), from: number)
    }

    /// The numbered others come and open their views.
    mutating func meet(_ numbers: UInt8...) {
        for number in numbers {
            let question = Message(
                kind: .sync, sender: Stage.identity(number), records: [Stage.record(number)])
            perform(membership.requested(question, now: now).actions)
        }
        settle()
    }

    /// Lets time pass; everybody in `living` answers every ping.
    mutating func pass(_ interval: Interval, living: [UInt8] = []) {
        let end = now + interval
        while true {
            let next = membership.nextDeadline
            guard next <= end else { break }
            now = max(now, next)
            perform(membership.tick(now: now))
            answerPings(of: living)
        }
        now = end
    }

    mutating func answerPings(of living: [UInt8]) {
        let pings = sent.filter { $0.message.kind == .ping }
        sent.removeAll { $0.message.kind == .ping }
        pinged += pings.map(\.to)
        for ping in pings {
            guard let number = living.first(where: { Stage.address($0) == ping.to }) else { continue }
            hear(Message(kind: .ack, sequence: ping.message.sequence), from: number)
        }
    }

    /// Forgets what has been said so far.
    mutating func settle() {
        sent = []
        events = []
        requests = []
        opened = []
        closed = []
    }

    mutating func end(_ request: UInt64, _ outcome: RequestOutcome) {
        perform(membership.requestEnded(request, outcome, now: now))
    }

    /// Ends the request that was made to the numbered member last.
    mutating func endRequest(to number: UInt8, _ outcome: RequestOutcome) {
        guard let index = requests.lastIndex(where: { $0.to == Stage.address(number) }) else { return }
        end(requests.remove(at: index).id, outcome)
    }

    mutating func openLinks(_ numbers: UInt8...) {
        for number in numbers { perform(membership.linkOpened(Stage.identity(number), now: now)) }
    }

    mutating func closeLink(_ number: UInt8) {
        perform(membership.linkClosed(Stage.identity(number), now: now))
    }

    // MARK: what came of it

    func status(_ number: UInt8) -> Status? { membership.view["n\(number)"]?.status }

    /// The last thing said about a member in any datagram sent.
    func lastSaid(of number: UInt8) -> MemberRecord? {
        sent.flatMap(\.message.records).last { $0.identity.id == "n\(number)" }
    }
}
