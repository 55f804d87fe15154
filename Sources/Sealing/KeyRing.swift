/// The keys of one member: the first seals, all of them open. An empty ring is the plain mode.
///
/// Every change may be asked for again: what is so already is no error.
package struct KeyRing: Sendable {
    /// The most keys. Each one costs a receiver a try for every datagram that none opens.
    package static let most = 8

    package private(set) var keys: [Key]

    /// Nil where there are too many keys, or one comes twice.
    package init?(_ keys: [Key]) {
        guard keys.count <= Self.most, Set(keys.map(\.fingerprint)).count == keys.count else { return nil }
        self.keys = keys
    }

    /// Why a ring stays as it is.
    package enum Refusal: Error, Sendable {
        /// The ring is empty, or would become so: sealing is never switched on or off.
        case plain
        case full
        /// The key is not in the ring.
        case missing
        /// The key seals.
        case sealing
        /// Another key has this fingerprint.
        case ambiguous
    }

    package var isEmpty: Bool { keys.isEmpty }
    package var fingerprints: [Fingerprint] { keys.map(\.fingerprint) }

    /// What a key file of this ring holds: whoever keeps the ring beyond this process writes this, for the owner's
    /// eyes only.
    package var fileText: String { keys.map { $0.base64 + "\n" }.joined() }

    /// Makes the key open, as the last one.
    package mutating func add(_ key: Key) throws(Refusal) {
        guard !keys.isEmpty else { throw .plain }
        if let same = keys.first(where: { $0.fingerprint == key.fingerprint }) {
            guard same == key else { throw .ambiguous }
            return
        }
        guard keys.count < Self.most else { throw .full }
        keys.append(key)
    }

    /// Makes the key seal. The one that has sealed so far goes on opening.
    package mutating func use(_ fingerprint: Fingerprint) throws(Refusal) {
        guard let place = keys.firstIndex(where: { $0.fingerprint == fingerprint }) else { throw .missing }
        keys.insert(keys.remove(at: place), at: 0)
    }

    /// Makes the key open nothing any more. A key that is not there is no error.
    package mutating func remove(_ fingerprint: Fingerprint) throws(Refusal) {
        guard keys.first?.fingerprint != fingerprint else { throw .sealing }
        keys.removeAll { $0.fingerprint == fingerprint }
    }
}
