/// Takes a key from another member so that nobody can read it who has, or later learns, the keys of the cluster:
/// half of a pair of X25519 keys that lives in this process only.
///
/// Keys that travelled under the cluster's key alone would all be read by whoever recorded the traffic and learned one
/// of them.
package struct KeyBox: Sendable {
    /// Bytes of a public key.
    package static let publicLength = Sodium.keyLength
    /// Bytes of a sealed key.
    package static let sealedLength = Sodium.boxOverhead + Sodium.keyLength

    package let publicKey: [UInt8]
    private let secret: Secret

    /// A new pair.
    package init() { (publicKey, secret) = Sodium.makeBoxKeys() }

    /// Seals a key for the holder of the public key; nil where that is no public key.
    package static func seal(_ key: Key, to publicKey: [UInt8]) -> [UInt8]? {
        guard publicKey.count == publicLength else { return nil }
        return Sodium.sealBox(key.secret, to: publicKey)
    }

    /// The key that was sealed for this box; nil for anything else.
    package func open(_ sealed: [UInt8]) -> Key? {
        guard sealed.count == Self.sealedLength else { return nil }
        return Sodium.openBox(sealed, publicKey: publicKey, secret: secret).map { Key(secret: $0) }
    }
}
