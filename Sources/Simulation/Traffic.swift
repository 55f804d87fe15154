import Basics

/// What one process sends and is sent: payloads, without the headers of the network.
package struct Traffic: Sendable {
    package private(set) var sent = Share()
    package private(set) var received = Share()
    /// The most of both together in one second of the world's clock.
    package private(set) var peakDatagrams = 0
    package private(set) var peakBytes = 0

    package var bytes: Int { sent.bytes + received.bytes }
    package var datagrams: Int { sent.datagrams + received.datagrams }

    private var secondEnds = Instant(nanoseconds: 0)
    private var inSecond = Share()

    package struct Share: Sendable {
        package var datagrams = 0
        package var datagramBytes = 0
        /// Questions and answers on connections.
        package var streamBytes = 0

        package var bytes: Int { datagramBytes + streamBytes }

        static func += (left: inout Share, right: Share) {
            left.datagrams += right.datagrams
            left.datagramBytes += right.datagramBytes
            left.streamBytes += right.streamBytes
        }
    }

    mutating func sends(_ share: Share, _ now: Instant) {
        sent += share
        note(share, now)
    }

    mutating func receives(_ share: Share, _ now: Instant) {
        received += share
        note(share, now)
    }

    private mutating func note(_ share: Share, _ now: Instant) {
        if now >= secondEnds {
            secondEnds = Instant(nanoseconds: (now.nanoseconds / 1_000_000_000 + 1) * 1_000_000_000)
            inSecond = Share()
        }
        inSecond += share
        peakDatagrams = max(peakDatagrams, inSecond.datagrams)
        peakBytes = max(peakBytes, inSecond.bytes)
    }
}

extension Traffic.Share {
    static func datagram(_ payload: [UInt8]) -> Self { Self(datagrams: 1, datagramBytes: payload.count) }
    static func stream(_ bytes: [UInt8]) -> Self { Self(streamBytes: bytes.count) }
}
