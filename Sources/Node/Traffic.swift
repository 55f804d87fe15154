import Sealing
import Wire

/// What went through a node's sockets, counted since its start.
struct Traffic {
    struct Count: Equatable {
        var number: UInt64 = 0
        var bytes: UInt64 = 0

        mutating func add(_ size: Int) {
            number += 1
            bytes += UInt64(clamping: size)
        }
    }

    /// Datagrams by the kind of message, as they are on the wire, without the headers of UDP and IP.
    private(set) var sent: [Message.Kind: Count] = [:]
    private(set) var received: [Message.Kind: Count] = [:]
    /// Input that was dropped, by reason.
    private(set) var refusedDatagrams: [DatagramError: UInt64] = [:]
    private(set) var refusedStreams: [StreamError: UInt64] = [:]
    /// Genuine, but no message that this version knows: made by another one, or another program with the key.
    private(set) var unreadable: UInt64 = 0

    /// Streams that ended for another reason than their bytes.
    private(set) var endedStreams: [StreamEnd: UInt64] = [:]

    enum StreamEnd: String, CaseIterable {
        /// A message that is none: made by another version or another program with the key.
        case unreadable
        /// There were as many as there may be.
        case tooMany = "too_many"
        /// No link of a member, and nothing more was asked.
        case silent
    }

    mutating func sent(_ kind: Message.Kind?, _ size: Int) {
        if let kind { sent[kind, default: Count()].add(size) }
    }

    mutating func received(_ kind: Message.Kind, _ size: Int) { received[kind, default: Count()].add(size) }

    mutating func foundUnreadable() { unreadable += 1 }

    /// How many there were of this reason.
    mutating func refused(_ reason: DatagramError) -> UInt64 {
        refusedDatagrams[reason, default: 0] += 1
        return refusedDatagrams[reason, default: 0]
    }

    mutating func refusedStream(_ reason: StreamEnd) { endedStreams[reason, default: 0] += 1 }

    mutating func refused(_ reason: StreamError) { refusedStreams[reason, default: 0] += 1 }
}
