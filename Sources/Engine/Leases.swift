package import Basics
package import Lease

/// A node's leases: one for each role in which it has a seat.
struct Leases: Sendable {
    struct Entry: Sendable {
        let role: String
        /// Tells the answers to this seat's questions from those to a former one's.
        let seat: UInt64
        var lease: Lease
        var line: [LeaseCandidate] = []
        /// The members that said last that they lead: when they change, the register may have something new.
        var leaders: [String] = []
        var unseen = UnseenHolder()
    }

    let settings: LeaseSettings
    private(set) var entries: [Entry] = []
    private var generators: (SeededGenerator, SeededGenerator)
    private var lastSeat: UInt64 = 0

    /// `seed`: 128 bits that nobody else has; all nonces come from it.
    init(settings: LeaseSettings, seed: Nonce) {
        self.settings = settings
        generators = (SeededGenerator(seed: seed.high), SeededGenerator(seed: seed.low))
    }

    subscript(role: String) -> Lease? { entries.first { $0.role == role }?.lease }

    var nextDeadline: Instant { entries.map(\.lease.nextDeadline).min() ?? .distantFuture }

    /// False where the settings are impossible.
    mutating func open(role: String, id: String, instance: UInt64, floor: UInt64, now: Instant) -> Bool {
        guard self[role] == nil else { return true }
        let seed = Nonce(high: generators.0.next(), low: generators.1.next())
        guard
            let lease = Lease(
                id: id, instance: instance, settings: settings, floor: floor, seed: seed, now: now)
        else { return false }
        lastSeat += 1
        entries.append(Entry(role: role, seat: lastSeat, lease: lease))
        return true
    }

    /// To be told of: who renews the lease and is no member.
    mutating func unseenHolder(
        of role: String, now: Instant, isMember: (LeaseCandidate) -> Bool
    ) -> LeaseCandidate? {
        guard let index = entries.firstIndex(where: { $0.role == role }) else { return nil }
        return entries[index].unseen.look(at: entries[index].lease, now: now, isMember: isMember)
    }

    mutating func keep(_ roles: [String]) { entries.removeAll { !roles.contains($0.role) } }

    mutating func change(_ role: String, _ body: (inout Entry) -> [LeaseAction]) -> (
        seat: UInt64, actions: [LeaseAction]
    )? {
        guard let index = entries.firstIndex(where: { $0.role == role }) else { return nil }
        return (entries[index].seat, body(&entries[index]))
    }
}

/// What a lease wants to know of the register, or have it do.
package struct LeaseQuestion: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        case read
        /// Nil: no row stands there.
        case compareAndSet(expected: RowStamp?, row: LeaseRow)
    }

    package var role: String
    /// Which of the seats that this node has had in the role.
    package var seat: UInt64
    package var id: UInt64
    package var body: Body
}
