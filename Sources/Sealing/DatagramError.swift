/// Why a datagram was not opened, one case per reason, so that a node can count them.
package enum DatagramError: Int, Error, Sendable, CaseIterable {
    /// It ends before its header does.
    case tooShort
    /// It is longer than 1400 bytes.
    case tooLong
    /// It does not begin with 'M' 'u': some other program's.
    case badMagic
    /// It is of a version of the envelope that this library does not know.
    case badVersion
    /// Its tag is that of another cluster.
    case otherCluster
    /// It is plain, and we have keys.
    case plainWhereSealedExpected
    /// It is sealed, and we have no key.
    case sealedWhereNoKey
    /// The sender's id is empty, longer than 64 bytes, no UTF-8, or has control characters.
    case badId
    /// No key of the ring opens it: changed on the way, made by a stranger, or addressed to someone else.
    case forged
    /// Authentic, but its counter was seen before or is too old for the window.
    case replayed
    /// An unknown flag, or the counter 0, which no sender uses.
    case malformed
}

/// Why a payload was not made a datagram.
package enum DatagramSealError: Error, Sendable {
    /// The datagram would be longer than 1400 bytes.
    case tooLong
    /// The receiver's id is empty or longer than 64 bytes.
    case badReceiver
    /// This instance has used all of its 2^64 - 1 counters.
    case exhausted
}
