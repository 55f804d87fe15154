/// A key of the cluster's ring: 32 bytes that every member has and nobody else.
///
/// It never seals anything itself; keys for one sender or one direction are derived from it. Its bytes
/// appear in no description or dump: only `base64` shows them. People and members call it by its fingerprint.
package struct Key: Sendable, Equatable {
    let secret: Secret
    package let fingerprint: Fingerprint

    /// Nil unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard let secret = Secret(bytes) else { return nil }
        self.init(secret: secret)
    }

    /// Reads 64 hex digits or 44 characters of standard base64; nil for any other text, also when blanks
    /// surround it.
    package init?(_ text: String) {
        guard let secret = Sodium.decodeHex(text) ?? Sodium.decodeBase64(text) else { return nil }
        self.init(secret: secret)
    }

    init(secret: Secret) {
        self.secret = secret
        fingerprint = Fingerprint(of: secret)
    }

    /// A new key from the kernel's random source.
    package static func generate() -> Key { Key(secret: .random()) }

    /// The key as people store it: standard base64, 44 characters.
    package var base64: String { Sodium.encodeBase64(secret) }

    /// Compares in constant time.
    package static func == (left: Key, right: Key) -> Bool { Sodium.areEqual(left.secret, right.secret) }
}

extension Key: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "Key(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
