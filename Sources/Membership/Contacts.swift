import Basics
import Wire

/// Finding others, and finding them again. Seeds, multicast and the addresses of the lost are tried for ever
/// with bounded distance, so that a partition of any length heals without anybody's help.
struct Contacts: Sendable {
    var seeds: [Address] = []
    /// Addresses being asked for their view now.
    var underway: [Address] = []
    /// Those of them where somebody was heard meanwhile: where nothing comes of the first try, whose packets may all have
    /// gone into a partition that has ended since, another follows at once.
    var wanted: [Address] = []
    /// Addresses asked lately, and when.
    var recent: [Recent] = []
    var nextTry: Instant
    /// How far apart the next tries are while nobody has been found; doubles up to the reconnect interval.
    var backoff = Interval.milliseconds(100)
    var nextBeacon: Instant
    var beaconsSent = 0
    /// Whether another member has said since the own last turn that this cluster is here.
    var hasHeardBeacon = false
    /// So many own ones in a row were left out.
    var beaconsLeftOut = 0
    /// Walks through the lost members and silent seeds.
    var cursor = 0
    /// The ids of the lost and the addresses of silent seeds, as of so many changes of the view.
    var lost: [String] = []
    var silentSeeds: [Address] = []
    var searchedAt = UInt64.max
    /// The seed that is asked next: those behind silent ones must have their turn.
    var nextSeed = 0
    /// Where members were that have been dead for so long that they are forgotten: a partition may outlast them.
    var formerAddresses: [Address] = []
    /// Where members were in a former life of this node; asked like seeds until others have been found.
    var remembered: [Address] = []
    var nextRemembered = 0
    static let formerMost = 64
    /// The most addresses that are asked for their view at a time.
    static let underwayMost = 8
    /// Of those, and of the tries in a second, the most that datagrams of strangers cause: they cost nothing, name any
    /// address, and must not keep this node from its seeds.
    static let strangersMost = 4
    static let triesMost = 64

    struct Recent: Sendable {
        var address: Address
        var at: Instant
        /// Whether somebody unknown was heard there since: another start, which must not have to speak again when its
        /// address may be asked again.
        var isWanted = false
    }

    /// How far apart tries of one address are.
    static let distance = Interval.seconds(1)

    init(now: Instant) {
        nextTry = now
        nextBeacon = now
    }

    var nextDeadline: Instant {
        var deadline = min(nextTry, nextBeacon)
        for entry in recent where entry.isWanted { deadline = min(deadline, entry.at + Contacts.distance) }
        return deadline
    }

    mutating func rememberAddress(of member: Member) {
        if member.isLost { addFormer(member.address) }
    }

    mutating func addFormer(_ address: Address) {
        formerAddresses.removeAll { $0 == address }
        formerAddresses.append(address)
        if formerAddresses.count > Contacts.formerMost { formerAddresses.removeFirst() }
        searchedAt = .max
    }

    mutating func hurry(now: Instant) {
        nextTry = now
        backoff = .milliseconds(100)
    }
}

extension Membership {
    mutating func tickContacts(now: Instant) {
        tickBeacon(now: now)
        let due = contacts.recent.filter { $0.isWanted && now - $0.at >= Contacts.distance }
        if !due.isEmpty {
            contacts.recent.removeAll { $0.isWanted && now - $0.at >= Contacts.distance }
            for entry in due where standing == .member { tryWanted(entry.address, now: now) }
        }
        guard now >= contacts.nextTry, standing == .member else {
            if standing != .member { contacts.nextTry = .distantFuture }
            return
        }
        if view.presentCount == 0 {
            contacts.nextTry = now + generator.jittered(contacts.backoff)
            contacts.backoff = min(contacts.backoff * 2, settings.reconnectInterval)
            contactSeeds(now: now)
        } else {
            endRemembering()
            contacts.nextTry = now + generator.jittered(settings.reconnectInterval)
            contacts.backoff = .milliseconds(100)
        }
        tryOneAgain(now: now)
    }

    /// Where no room is left for it now, it goes on being wanted.
    private mutating func tryWanted(_ address: Address, now: Instant) {
        contactStranger(at: address, now: now)
        guard !contacts.underway.contains(address), contacts.recent.count < Contacts.triesMost else { return }
        contacts.recent.append(Contacts.Recent(address: address, at: now, isWanted: true))
    }

    /// Seeds and remembered addresses share what may be asked at a time: a hundred that are silent among the one must
    /// not keep the other from being asked.
    private mutating func contactSeeds(now: Instant) {
        let (seeds, remembered) = (contacts.seeds, contacts.remembered)
        let half = Contacts.underwayMost / 2
        let mostSeeds = remembered.isEmpty ? Contacts.underwayMost : half
        contacts.nextSeed = contactSome(of: seeds, from: contacts.nextSeed, most: mostSeeds, now: now)
        contacts.nextRemembered = contactSome(
            of: remembered, from: contacts.nextRemembered, most: half, now: now)
    }

    /// Asks these in their turn, as long as fewer than `most` of them are being asked. Whose turn is next.
    private mutating func contactSome(
        of addresses: [Address], from first: Int, most: Int, now: Instant
    ) -> Int {
        var next = first
        for _ in addresses.indices {
            let underway = contacts.underway
            guard underway.count < Contacts.underwayMost, underway.filter(addresses.contains).count < most
            else { break }
            next %= addresses.count
            contact(addresses[next], now: now)
            next += 1
        }
        return next
    }

    /// A ping to one of those that should be there and are not. It costs one small datagram; one to a lost member
    /// carries what is said about it, so that it can refute. A seed is asked by its address alone, whoever was there:
    /// another may have its place.
    private mutating func tryOneAgain(now: Instant) {
        if contacts.searchedAt != view.changes { searchLost() }
        let (lost, silentSeeds) = (contacts.lost, contacts.silentSeeds)
        let count = lost.count + silentSeeds.count
        guard count > 0 else { return }
        contacts.cursor = (contacts.cursor + 1) % count
        if contacts.cursor < lost.count {
            guard let member = view[lost[contacts.cursor]] else { return }
            send(Message(kind: .ping, sequence: nextSequence(), digest: digest), to: member, now: now)
        } else {
            let seed = silentSeeds[contacts.cursor - lost.count]
            let ping = Message(kind: .ping, sequence: nextSequence(), digest: digest)
            actions.append(.send(payload: ping.encoded(), to: seed, recipient: nil))
        }
    }

    private mutating func searchLost() {
        contacts.searchedAt = view.changes
        contacts.lost = view.lost
        let wanted = Set(contacts.formerAddresses + (view.presentCount == 0 ? [] : contacts.seeds))
        var held: Set<Address> = [attributes.address]
        if !wanted.isEmpty {
            for member in view.present where wanted.contains(member.address) { held.insert(member.address) }
        }
        contacts.formerAddresses.removeAll { $0 != attributes.address && held.contains($0) }
        let seeds = view.presentCount == 0 ? [] : contacts.seeds
        contacts.silentSeeds = (seeds + contacts.formerAddresses).filter { !held.contains($0) }
    }

    private mutating func tickBeacon(now: Instant) {
        guard now >= contacts.nextBeacon else { return }
        guard let steady = settings.beaconInterval, standing == .member else {
            contacts.nextBeacon = .distantFuture
            return
        }
        // Quick at first (50, 100, 200 ms ...), since whoever joins wants to be found now. After that one member's word is
        // enough for all (Trickle, RFC 6206): each hears every one of them.
        // Where some hear this node only, it still speaks now and then.
        let early = Interval.milliseconds(50) * Int64(1 << min(contacts.beaconsSent, 12))
        if early >= steady, contacts.hasHeardBeacon, contacts.beaconsLeftOut < AntiEntropy.leftOutMost {
            contacts.beaconsLeftOut += 1
        } else {
            contacts.beaconsLeftOut = 0
            let beacon = Message(kind: .beacon, port: attributes.address.port)
            actions.append(.beacon(payload: beacon.encoded()))
        }
        contacts.hasHeardBeacon = false
        contacts.beaconsSent += 1
        contacts.nextBeacon = now + generator.jittered(min(early, steady))
    }

    /// Somebody unknown is at this address. In a large cluster many hear the same, and a few answers are enough.
    mutating func considerContact(with address: Address, now: Instant) {
        guard standing == .member, !address.isUnspecified, address.port != 0 else { return }
        guard !contacts.underway.contains(address) else {
            if !contacts.wanted.contains(address) { contacts.wanted.append(address) }
            return
        }
        guard !isExpected(address) else { return contact(address, now: now) }
        let others = view.presentCount
        guard others <= 4 || generator.below(others) < 4 else { return }
        contactStranger(at: address, now: now)
    }

    /// Asks whoever is said to be there, as long as enough room is left for those that this node knows of.
    mutating func contactStranger(at address: Address, now: Instant) {
        guard !isExpected(address) else { return contact(address, now: now) }
        let strangers = contacts.underway.filter { !isExpected($0) }.count
        let lately = contacts.recent.count { now - $0.at <= Contacts.distance }
        guard strangers < Contacts.strangersMost, lately < Contacts.triesMost / 2 else { return }
        contact(address, now: now)
    }

    private func isExpected(_ address: Address) -> Bool {
        contacts.seeds.contains(address) || contacts.remembered.contains(address)
            || contacts.formerAddresses.contains(address)
    }

    mutating func contact(_ address: Address, now: Instant) {
        guard address != attributes.address, !contacts.underway.contains(address),
            contacts.underway.count < Contacts.underwayMost
        else { return }
        contacts.recent.removeAll { !$0.isWanted && now - $0.at > Contacts.distance }
        if let index = contacts.recent.firstIndex(where: { $0.address == address }), view.presentCount > 0 {
            contacts.recent[index].isWanted = true
            return
        }
        guard contacts.recent.count < Contacts.triesMost else { return }
        contacts.recent.append(Contacts.Recent(address: address, at: now))
        contacts.underway.append(address)
        request(.contact(address), syncMessage(.sync), to: address, timeout: .seconds(2))
    }

    mutating func contactEnded(_ address: Address, _ outcome: RequestOutcome, now: Instant) {
        contacts.underway.removeAll { $0 == address }
        let isWanted = contacts.wanted.contains(address)
        contacts.wanted.removeAll { $0 == address }
        if case .replied = outcome { return syncEnded(outcome, now: now) }
        if isWanted { contactStranger(at: address, now: now) }
    }
}
