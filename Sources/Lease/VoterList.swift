import Basics

/// Who votes. Lists are numbered; each differs from the one before it by one voter at most, so that any majority of the
/// one shares a voter with any majority of the other.
package struct VoterList: Hashable, Sendable {
    package let number: UInt64
    /// Sorted, each once.
    package let voters: [String]
    /// The hash of the list before this one; 0 for the first.
    package let predecessor: UInt64

    /// Nil where the names are not valid, come twice, or are too many.
    package init?(number: UInt64, voters: [String], predecessor: UInt64 = 0) {
        let sorted = voters.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard number > 0, !sorted.isEmpty, sorted.count <= Self.most else { return nil }
        guard sorted.allSatisfy({ Identity.isValidId($0) }) else { return nil }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0 != $1 }) else { return nil }
        self.number = number
        self.voters = sorted
        self.predecessor = predecessor
    }

    package static let most = 15

    package var majority: Int { voters.count / 2 + 1 }

    package var hash: UInt64 {
        var hash = Fnv1a()
        hash.add(number)
        for voter in voters {
            hash.add(UInt64(voter.utf8.count))
            hash.add(voter)
        }
        hash.add(predecessor)
        return hash.value
    }

    /// Whether this list may follow the other.
    package func follows(_ other: VoterList) -> Bool {
        guard other.number < .max, number == other.number + 1, predecessor == other.hash else { return false }
        let joined = voters.filter { !other.voters.contains($0) }
        let left = other.voters.filter { !voters.contains($0) }
        return joined.count + left.count <= 1
    }
}
