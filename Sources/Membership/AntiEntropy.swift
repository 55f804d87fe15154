import Basics
import Wire

/// Making two views equal, whatever news was lost (Demers et al., PODC 1987): now and then with anybody, and soon with
/// whoever shows another digest in its probes.
enum AntiEntropy {
    /// Up to so many members a view is exchanged whole.
    static let smallView = 32
    /// So many exchanges in a row are left out at most where all views look the same: a digest tells nothing of the dead.
    static let leftOutMost = 9
}

/// What the digests in others' pings have shown since the last exchange was due.
struct Agreement: Sendable {
    private var isSeen = false
    private var isBroken = false
    private var leftOut = 0
    /// Since when digests are others than the own one, whoever sent them; nil where they are not, or news was on its way.
    private var differsSince: Instant?
    /// Whose digest differed then, and whose was equal since.
    private var differsFrom = ""
    private var agreesWith = ""

    mutating func note(_ isEqual: Bool) {
        if isEqual { isSeen = true } else { isBroken = true }
    }

    mutating func endDifference() { differsSince = nil }

    /// An equal digest ends a difference when it comes from the one that differed, or when two others have it: whoever is
    /// asked several times a second must not drown all others.
    mutating func agrees(_ id: String) {
        if id == differsFrom || !agreesWith.isEmpty && id != agreesWith {
            endDifference()
        } else {
            agreesWith = id
        }
    }

    /// Another digest, with no news on the way here. Whether this lasts for longer than news takes to come.
    mutating func differs(from id: String, for least: Interval, now: Instant) -> Bool {
        guard let since = differsSince else {
            (differsSince, differsFrom, agreesWith) = (now, id, "")
            return false
        }
        guard now - since >= least else { return false }
        differsSince = nil
        return true
    }

    /// Whether the exchange that is due would tell nobody anything.
    mutating func makesNeedless() -> Bool {
        let isNeedless = isSeen && !isBroken && leftOut < AntiEntropy.leftOutMost
        (isSeen, isBroken, leftOut) = (false, false, isNeedless ? leftOut + 1 : 0)
        return isNeedless
    }
}

extension Membership {
    /// The whole view; of hearsay only what concerns the recipient itself. Of a view that is outdated only this node.
    func syncMessage(_ kind: Message.Kind, to recipient: String? = nil) -> Message {
        var records = [ownRecord]
        guard !wake.isOutdated(settings) else {
            return Message(kind: kind, sender: me, digest: digest, records: records)
        }
        let told = view.members.lazy.filter { !$0.isHearsay || $0.id == recipient }
        records += told.prefix(Message.mostRecords - 1).map(\.record)
        return Message(kind: kind, sender: me, digest: digest, records: records)
    }

    mutating func tickSync(now: Instant) {
        guard now >= nextSync else { return }
        nextSync = now + generator.jittered(settings.syncInterval)
        guard !agreement.makesNeedless() else { return }
        if let partner = view.sample(1, using: &generator, excluding: { !$0.isReachable }).first {
            sync(with: partner)
        }
    }

    /// Makes the two views equal: a small one is exchanged whole, of a large one the parts that differ.
    mutating func sync(with member: Member) {
        let underway = requests.values.filter {
            switch $0 {
            case .sync, .comparison, .offer: true
            default: false
            }
        }.count
        guard underway < 2 else { return }
        guard view.members.count > AntiEntropy.smallView else {
            fetchView(of: member)
            return
        }
        let question = Message(kind: .compare, sender: me, parts: parts)
        request(.comparison(with: member.id), question, to: member.address, timeout: .seconds(2))
    }

    mutating func fetchView(of member: Member) {
        request(.sync(with: member.id), syncMessage(.sync), to: member.address, timeout: .seconds(2))
    }

    mutating func syncEnded(_ outcome: RequestOutcome, now: Instant) {
        guard case .replied(let reply) = outcome, reply.kind == .syncReply, let sender = reply.sender else {
            return
        }
        guard sender.id != me.id else {
            namesakeAnswered(sender, record: reply.records.first { $0.identity == sender }, now: now)
            return
        }
        apply(reply.records, heldBy: sender, now: now)
        heard(from: sender, now: now)
    }

    // MARK: by parts

    /// The digests of all parts, this node included.
    var parts: [UInt64] {
        var parts = view.parts
        parts[View.part(at: profile.point)] ^= ownDigest
        return parts
    }

    /// What this node holds in the parts that differ from the other's; of too much the first parts that fit a message
    /// whole. The others still differ afterwards, and come next.
    private func records(differingFrom theirs: [UInt64]) -> [MemberRecord] {
        let differs = zip(parts, theirs).map { $0 != $1 }
        guard differs.count == Message.partCount, differs.contains(true) else { return [] }
        let own = differs[View.part(at: profile.point)] ? [ownRecord] : []
        guard !wake.isOutdated(settings) else { return own }
        let told = view.members.filter { !$0.isHearsay && differs[View.part(at: $0.point)] }
        guard own.count + told.count > Message.mostRecords else { return own + told.map(\.record) }
        var counts = [Int](repeating: 0, count: Message.partCount)
        for member in told { counts[View.part(at: member.point)] += 1 }
        var room = Message.mostRecords - own.count
        let fits = counts.map { count in
            guard count <= room else { return false }
            room -= count
            return true
        }
        return own + told.lazy.filter { fits[View.part(at: $0.point)] }.map(\.record)
    }

    /// The answer to another's digests.
    func difference(from question: Message) -> Message? {
        guard question.parts.count == Message.partCount else { return nil }
        return Message(
            kind: .difference, sender: me, parts: parts, records: records(differingFrom: question.parts))
    }

    mutating func comparisonEnded(_ outcome: RequestOutcome, with id: String, now: Instant) {
        guard case .replied(let reply) = outcome, reply.kind == .difference, let sender = reply.sender,
            sender.id == id, let member = view[identity: sender]
        else { return }
        heard(from: sender, now: now)
        apply(reply.records, heldBy: sender, now: now)
        // Where both are equal now, the other had all that this node has.
        let own = records(differingFrom: reply.parts)
        guard !own.isEmpty else { return }
        request(
            .offer, Message(kind: .offer, sender: me, records: own), to: member.address, timeout: .seconds(2))
    }

    // MARK: when

    /// An answer without a digest: the other's was that of the question.
    mutating func agreed(with id: String) {
        guard view[id]?.status == .alive else { return }
        agreement.agrees(id)
    }

    /// Views that differ in all that comes for half an interval, two digests at least, with no news on the way, will not
    /// meet by gossip alone. Whoever sent them: in a large cluster the turn of one other comes seldom, and who has missed
    /// what all others know differs from each of them.
    mutating func compareDigest(_ theirs: UInt64, with id: String, now: Instant) {
        guard theirs != 0, let member = view[id], member.status == .alive else { return }
        agreement.note(theirs == digest)
        if theirs == digest { isAccepted = true }
        guard theirs != digest else { return agreement.agrees(id) }
        guard gossip.isEmpty else { return agreement.endDifference() }
        if agreement.differs(from: id, for: settings.probeInterval / 2, now: now) { sync(with: member) }
    }
}
