package import Basics

/// How a node that may be dead soon is proven to be: it publishes the hash of a secret, which is shown when it is dead.
package enum Will {
    /// The secret of one start of a node.
    package static func secret() -> Nonce {
        var random = SystemRandomNumberGenerator()
        return Nonce(high: random.next(), low: random.next())
    }

    /// What a secret comes to, for everybody to see: BLAKE2b with 16 bytes of output (RFC 7693) over the words
    /// `muster will 1` and the secret, the most significant byte first. Nobody finds the secret from it.
    package static func hash(_ secret: Nonce) -> Nonce {
        var bytes = Array("muster will 1".utf8)
        bytes.appendBigEndian(secret.high)
        bytes.appendBigEndian(secret.low)
        let hash = Sodium.hash(bytes)
        return Nonce(high: hash.span.bigEndian(at: 0), low: hash.span.bigEndian(at: 8))
    }

    /// Whether this is the secret.
    @Sendable package static func isOpened(_ secret: Nonce, _ will: Nonce) -> Bool { hash(secret) == will }
}
