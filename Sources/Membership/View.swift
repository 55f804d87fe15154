import Basics
import Wire

/// The other members as this node sees them: the present ones, and the dead and departed that it remembers.
///
/// Kept in the order of ids, so that walking it is the same on every run. The digest sums up the present ones;
/// two nodes with equal digests see the same.
package struct View: Sendable {
    package private(set) var members: [Member] = []
    private var indexes: [String: Int] = [:]
    /// The exclusive or of the digests of the present members, this node left out.
    var digest: UInt64 { parts.reduce(0, ^) }
    /// The same by parts, to find out where two views differ.
    private(set) var parts = [UInt64](repeating: 0, count: Message.partCount)
    package private(set) var presentCount = 0
    package private(set) var aliveCount = 0
    /// Grows whenever a member comes, goes or changes.
    package private(set) var changes: UInt64 = 0
    private var ring: [RingPoint] = []

    private struct RingPoint: Comparable {
        var point: UInt64
        var id: String
        static func < (left: RingPoint, right: RingPoint) -> Bool {
            (left.point, left.id) < (right.point, right.id)
        }
    }

    package subscript(id: String) -> Member? {
        guard let index = indexes[id] else { return nil }
        return members[index]
    }

    /// The member only if it is this very start of it.
    subscript(identity identity: Identity) -> Member? {
        guard let member = self[identity.id], member.identity == identity else { return nil }
        return member
    }

    package var present: some Sequence<Member> { members.lazy.filter(\.isPresent) }

    mutating func insert(_ member: Member) {
        if indexes[member.id] != nil {
            update(member.id) { $0 = member }
            return
        }
        changes += 1
        let index = members.partitioningIndex { $0.id >= member.id }
        members.insert(member, at: index)
        for moved in index..<members.count { indexes[members[moved].id] = moved }
        entered(member)
    }

    mutating func update(_ id: String, _ change: (inout Member) -> Void) {
        guard let index = indexes[id] else { return }
        let was = members[index]
        change(&members[index])
        let now = members[index]
        changes += 1
        parts[View.part(of: id)] ^= was.digest ^ now.digest
        if was.isReachable != now.isReachable { aliveCount += now.isReachable ? 1 : -1 }
        guard was.isPresent != now.isPresent else { return }
        presentCount += now.isPresent ? 1 : -1
        now.isPresent ? addToRing(id) : removeFromRing(id)
    }

    /// Changes what neither the digest nor the presence depends on, without computing them anew.
    mutating func touch(_ id: String, _ change: (inout Member) -> Void) {
        guard let index = indexes[id] else { return }
        change(&members[index])
    }

    /// Counts a change that `touch` made and that others must look at.
    mutating func noteChange() { changes += 1 }

    mutating func remove(where isDoomed: (Member) -> Bool) {
        guard members.contains(where: isDoomed) else { return }
        changes += 1
        for member in members where isDoomed(member) {
            parts[View.part(of: member.id)] ^= member.digest
            if member.isReachable { aliveCount -= 1 }
            guard member.isPresent else { continue }
            presentCount -= 1
            removeFromRing(member.id)
        }
        members.removeAll(where: isDoomed)
        indexes.removeAll(keepingCapacity: true)
        for (index, member) in members.enumerated() { indexes[member.id] = index }
    }

    private mutating func entered(_ member: Member) {
        parts[View.part(of: member.id)] ^= member.digest
        if member.isReachable { aliveCount += 1 }
        guard member.isPresent else { return }
        presentCount += 1
        addToRing(member.id)
    }

    /// Which part of the view a member belongs to.
    static func part(of id: String) -> Int { Int(Fnv1a.hash(id) % UInt64(Message.partCount)) }

    // MARK: the ring

    private mutating func addToRing(_ id: String) {
        let point = RingPoint(point: Fnv1a.hash(id), id: id)
        ring.insert(point, at: ring.partitioningIndex { $0 >= point })
    }

    private mutating func removeFromRing(_ id: String) {
        let point = RingPoint(point: Fnv1a.hash(id), id: id)
        let index = ring.partitioningIndex { $0 >= point }
        if index < ring.count, ring[index].id == id { ring.remove(at: index) }
    }

    /// The `count` present members before and after the point of `id` on the ring of hashed ids. All nodes with
    /// the same view compute the same neighbours, so both ends of a link agree that it should stand.
    func ringNeighbours(of id: String, count: Int) -> [String] {
        let others = ring.count - (indexes[id].map { members[$0].isPresent } == true ? 1 : 0)
        guard count > 0, others > 0 else { return [] }
        let own = RingPoint(point: Fnv1a.hash(id), id: id)
        let start = ring.partitioningIndex { $0 >= own }
        var found: [String] = []
        let reach = min(count, others)
        for step in [1, -1] {
            var position = step > 0 ? start : start - 1
            var taken = 0
            while taken < reach {
                let candidate = ring[(position % ring.count + ring.count) % ring.count].id
                position += step
                if candidate == id { continue }
                taken += 1
                if !found.contains(candidate) { found.append(candidate) }
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

extension Array {
    /// The first index whose element satisfies the predicate, in an array where none follows that does not.
    func partitioningIndex(where belongsInSecondPartition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if belongsInSecondPartition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
