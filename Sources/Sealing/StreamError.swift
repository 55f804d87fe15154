/// Why a stream ended, or why a message could not be sealed.
package enum StreamError: Int, Error, Sendable, CaseIterable {
    /// The first bytes are not 'M' 'u': some other program's.
    case badMagic
    /// The peer speaks a version of the stream that this library does not know.
    case badVersion
    /// The peer belongs to another cluster.
    case otherCluster
    /// The peer has no key, and we have.
    case plainWhereSealedExpected
    /// The peer has a key, and we have not.
    case sealedWhereNoKey
    /// An unknown flag in the hello, or a frame whose length no sender writes.
    case malformed
    /// A frame that no key opens: changed, out of order, or made by a stranger.
    case forged
    /// A message above 16 MiB.
    case tooLong
    /// Others have taken the room for messages that are on their way.
    case noRoom
    /// Sealing before the stream is established; the stream lives on.
    case notEstablished
    /// Sealing an empty message; the stream lives on.
    case empty
    /// All of the 2^64 - 1 counters of a direction are used.
    case exhausted
}
