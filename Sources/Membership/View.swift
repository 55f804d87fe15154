import Basics
import Wire

/// The other members as this node sees them: the present ones, and the dead and departed that it remembers.
///
/// Kept in the order of the ring of hashed ids: one array is list, index and ring at once. The digest sums up the
/// present ones; two nodes with equal digests see the same.
package struct View: Sendable {
    package private(set) var members: [Member] = []
    /// Where their points start, in the same order: the search for a member reads no entry but its own.
    private var starts: [UInt32] = []
    /// Where the one stood that was sought last: what comes and goes is about one member, which is needed again and again.
    private var lately = 0
    /// The exclusive or of the digests of the present members, this node left out.
    private(set) var digest: UInt64 = 0
    /// The same by parts, to find out where two views differ.
    private(set) var parts = [UInt64](repeating: 0, count: Message.partCount)
    package private(set) var presentCount = 0
    package private(set) var aliveCount = 0
    /// Grows whenever a member comes, goes or changes.
    package private(set) var changes: UInt64 = 0
    /// The same of those that have seats.
    package private(set) var seatChanges: UInt64 = 0

    package subscript(id: String) -> Member? {
        guard let index = index(of: id) else { return nil }
        return members[index]
    }

    /// The member only if it is this very start of it. It will be needed again at once.
    mutating func seek(_ identity: Identity) -> Member? {
        let index = place(of: identity.id, at: Fnv1a.hash(identity.id))
        guard index < members.count, members[index].identity == identity else { return nil }
        lately = index
        return members[index]
    }

    /// The member only if it is this very start of it.
    subscript(identity identity: Identity) -> Member? {
        guard let member = self[identity.id], member.identity == identity else { return nil }
        return member
    }

    package var present: some Sequence<Member> { members.lazy.filter(\.isPresent) }

    // By index where views are walked often: an entry that is only looked at is not copied.

    /// Where the points of the present ones start.
    var presentStarts: [UInt32] {
        var present: [UInt32] = []
        present.reserveCapacity(presentCount)
        for index in members.indices where members[index].isPresent { present.append(starts[index]) }
        return present
    }

    /// The ids of those that are looked for.
    var lost: [String] {
        var lost: [String] = []
        guard presentCount < members.count else { return lost }
        for index in members.indices where members[index].isLost { lost.append(members[index].id) }
        return lost
    }

    mutating func insert(_ member: Member) {
        let point = member.point
        let index = place(of: member.id, at: point)
        if index < members.count, members[index].id == member.id {
            update(at: index) { $0 = member }
            return
        }
        noteChange(of: member)
        // By an eighth, where an array would double: in the simulator views are most of the memory.
        if members.count == members.capacity {
            members.reserveCapacity(members.count * 9 / 8 + 8)
            starts.reserveCapacity(members.capacity)
        }
        members.insert(member, at: index)
        starts.insert(member.pointStart, at: index)
        count(Sum(of: member), by: 1, at: point)
    }

    /// Begins with members that are known from before.
    mutating func begin(with known: [Member]) {
        members = known.sorted { ($0.point, $0.id) < ($1.point, $1.id) }
        starts = members.map(\.pointStart)
        for member in members {
            noteChange(of: member)
            count(Sum(of: member), by: 1, at: member.point)
        }
    }

    mutating func update(_ id: String, _ change: (inout Member) -> Void) {
        guard let index = index(of: id) else { return }
        update(at: index, change)
    }

    private mutating func update(at index: Int, _ change: (inout Member) -> Void) {
        let point = members[index].point
        count(Sum(of: members[index]), by: -1, at: point)
        noteChange(of: members[index])
        change(&members[index])
        noteChange(of: members[index])
        count(Sum(of: members[index]), by: 1, at: point)
    }

    /// Changes what neither the digest nor the presence depends on, without computing them anew.
    mutating func touch(_ id: String, _ change: (inout Member) -> Void) {
        guard let index = index(of: id) else { return }
        lately = index
        change(&members[index])
    }

    /// Counts a change, `touch`'s too, that others must look at.
    mutating func noteChange(of member: Member) {
        changes += 1
        if !member.seats.isEmpty { seatChanges += 1 }
    }

    mutating func remove(where isDoomed: (Member) -> Bool) {
        guard members.contains(where: isDoomed) else { return }
        for member in members where isDoomed(member) {
            noteChange(of: member)
            count(Sum(of: member), by: -1, at: member.point)
        }
        members.removeAll(where: isDoomed)
        starts = members.map(\.pointStart)
    }

    // MARK: sums

    /// What one member adds to the sums of the view.
    private struct Sum {
        var digest: UInt64
        var isPresent: Bool
        var isAlive: Bool

        init(of member: Member) {
            digest = member.digest
            isPresent = member.isPresent
            isAlive = member.isReachable
        }
    }

    private mutating func count(_ sum: Sum, by sign: Int, at point: UInt64) {
        digest ^= sum.digest
        parts[View.part(at: point)] ^= sum.digest
        if sum.isPresent { presentCount += sign }
        if sum.isAlive { aliveCount += sign }
    }

    /// Which part of the view a member belongs to.
    static func part(at point: UInt64) -> Int { Int(point % UInt64(Message.partCount)) }

    // MARK: the ring

    /// The present members whose points start like this.
    mutating func present(at start: UInt32) -> [Member] {
        let first = place(at: start)
        var found: [Member] = []
        for index in first..<members.count {
            guard starts[index] == start else { break }
            guard members[index].isPresent else { continue }
            found.append(members[index])
            lately = index
        }
        return found
    }

    /// Whether this is no news: the same has been said of the member before, and it needs no confirmation.
    func holds(_ record: MemberRecord) -> Bool {
        guard record.status != .suspect, let index = index(of: record.identity.id) else { return false }
        return members[index].status == record.status && members[index].incarnation == record.incarnation
            && members[index].identity == record.identity
            && members[index].version >= record.profile.attributes?.version ?? 0
    }

    private func index(of id: String) -> Int? {
        if lately < members.count, members[lately].id == id { return lately }
        let index = place(of: id, at: Fnv1a.hash(id))
        return index < members.count && members[index].id == id ? index : nil
    }

    /// Where the id stands, or would: the first index with no smaller (point, id).
    private func place(of id: String, at point: UInt64) -> Int {
        let start = Member.start(of: point)
        var low = place(at: start)
        guard low < members.count, starts[low] == start, members[low].id != id else { return low }
        // Hardly ever do two start alike; where they were chosen to, there may be many.
        var high = members.count
        while low < high {
            let middle = low + (high - low) / 2
            if (members[middle].point, members[middle].id) < (point, id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The first index with no smaller start. By halves: ids that begin alike have hashes that lie in a few heaps, where
    /// guesses by proportion take longer. Both halves are chosen without a branch, which could only be guessed.
    private func place(at start: UInt32) -> Int {
        var (low, count) = (0, starts.count)
        while count > 0 {
            let half = count / 2
            let isBelow = starts[low + half] < start
            low = isBelow ? low + half + 1 : low
            count = isBelow ? count - half - 1 : half
        }
        return low
    }

    /// The `count` present members before and after the point of `id` on the ring of hashed ids. All nodes with
    /// the same view compute the same neighbours, so both ends of a link agree that it should stand.
    func ringNeighbours(of id: String, count: Int) -> [String] {
        let start = place(of: id, at: Fnv1a.hash(id))
        let isInside = start < members.count && members[start].id == id
        let others = presentCount - (isInside && members[start].isPresent ? 1 : 0)
        let reach = min(count, others)
        guard reach > 0 else { return [] }
        var found: [String] = []
        for step in [1, -1] {
            var position = step > 0 ? start : start - 1
            var taken = 0
            while taken < reach {
                let candidate = members[(position % members.count + members.count) % members.count]
                position += step
                if candidate.id == id || !candidate.isPresent { continue }
                taken += 1
                if !found.contains(candidate.id) { found.append(candidate.id) }
            }
        }
        return found
    }

    /// Up to `count` different present members by chance, none for which `isExcluded`.
    func sample(
        _ count: Int, using generator: inout SeededGenerator, excluding isExcluded: (Member) -> Bool
    ) -> [Member] {
        guard count > 0, presentCount > 0 else { return [] }
        var chosen: [Member] = []
        // A few throws find enough in a large view; a walk from a random start finds the rest in any.
        for _ in 0..<(4 * count) where chosen.count < count {
            let candidate = members[generator.below(members.count)]
            guard candidate.isPresent, !isExcluded(candidate) else { continue }
            if !chosen.contains(where: { $0.id == candidate.id }) { chosen.append(candidate) }
        }
        guard chosen.count < count else { return chosen }
        let start = generator.below(members.count)
        for offset in 0..<members.count where chosen.count < count {
            let candidate = members[(start + offset) % members.count]
            guard candidate.isPresent, !isExcluded(candidate) else { continue }
            if !chosen.contains(where: { $0.id == candidate.id }) { chosen.append(candidate) }
        }
        return chosen
    }
}
