package import Basics

/// Decides what one node writes to a directory: when it announces itself again, and whose entry it removes.
///
/// Most exchanges only read. What an entry says of time is nothing but a counter, and how long it has stood still is
/// measured by each reader on its own clock. There are to be several exchanges in `announceEvery`.
package struct MemberBoard: Sendable {
    /// A sixth of the time after which others forget: five announcements may fail.
    package static let announceEvery = Interval.seconds(600)
    /// How long a counter must have stood still before its entry is removed. Long enough for a database that is
    /// down for maintenance, short enough that the dead of a day do not fill the list: a wrong removal costs its owner
    /// one write at its next exchange.
    package static let forgetAfter = Interval.seconds(3600)
    /// The rest waits for the next exchange, so that no exchange is long.
    package static let mostRemoved = 16

    /// As last announced.
    private var own: MemberEntry
    private var announcedAt: Instant?
    /// What stood there under our id when we looked last.
    private var standing: MemberEntry?
    private var isDue = true

    private struct Sighting: Sendable {
        var entry: MemberEntry
        var since: Instant
    }
    private var sightings: [String: Sighting] = [:]
    private var lookedAt: Instant?
    private var forgotten: [MemberEntry] = []

    package init(id: String, instance: UInt64, address: String) {
        own = MemberEntry(id: id, instance: instance, counter: 0, address: address)
    }

    /// A new address is announced with the next exchange.
    package var address: String {
        get { own.address }
        set {
            isDue = isDue || newValue != own.address
            own.address = newValue
        }
    }

    /// What to ask for now.
    package mutating func exchange(now: Instant) -> MemberExchange {
        if let announcedAt, now - announcedAt >= Self.announceEvery { isDue = true }
        guard isDue else { return MemberExchange(remove: forgotten) }
        own.counter += 1
        announcedAt = now
        return MemberExchange(announce: own, remove: forgotten)
    }

    /// What an exchange found; returns the others, all of them worth asking. After one that failed there is nothing to
    /// tell: what was due stays so.
    package mutating func found(_ entries: [MemberEntry], now: Instant) -> [MemberEntry] {
        standing = entries.first { $0.id == own.id }
        // A list that is full does not say who else is there.
        isDue = standing != own && entries.count < MemberEntry.mostEntries
        let others = entries.filter { $0.id != own.id }
        remember(others, now)
        return others
    }

    /// What to ask for when the member leaves: that its own entry goes.
    package func farewell() -> MemberExchange {
        // Of the last announcement nobody may know whether it got there.
        var remove = announcedAt == nil ? [] : [own]
        if let standing, standing.instance == own.instance, standing != own { remove.append(standing) }
        return MemberExchange(remove: remove)
    }

    private mutating func remember(_ others: [MemberEntry], _ now: Instant) {
        // A reader that slept, or to whom the store was closed, has not seen anything stand still meanwhile.
        let hasWatched = lookedAt.map { now - $0 < Self.announceEvery } ?? false
        lookedAt = now
        let earlier = hasWatched ? sightings : [:]
        sightings = [:]
        forgotten = []
        for entry in others {
            var sighting = Sighting(entry: entry, since: now)
            if let before = earlier[entry.id], before.entry == entry { sighting.since = before.since }
            sightings[entry.id] = sighting
            if now - sighting.since >= Self.forgetAfter && forgotten.count < Self.mostRemoved {
                forgotten.append(entry)
            }
        }
    }
}
