/// What another member's host has told this one.
package struct NodeMessage: Sendable {
    /// The id of the member.
    package var sender: String
    package var topic: String
    package var data: [UInt8]
    /// Whether it was told to all.
    package var isBroadcast: Bool

    /// What it counts for while it waits: so many that are empty are too many as well.
    fileprivate var cost: Int { data.count + 512 }
}

/// How much may wait for the host: apart for what is told to all, so that neither pushes out the other.
struct MessageRoom {
    static let most = 4 << 20
    static let mostBroadcast = 1 << 20

    private var sent = 0
    private var broadcast = 0

    /// False where it does not fit any more.
    mutating func enter(_ message: NodeMessage) -> Bool {
        if message.isBroadcast {
            guard broadcast + message.cost <= Self.mostBroadcast else { return false }
            broadcast += message.cost
        } else {
            guard sent + message.cost <= Self.most else { return false }
            sent += message.cost
        }
        return true
    }

    mutating func leave(_ message: NodeMessage) {
        if message.isBroadcast { broadcast -= message.cost } else { sent -= message.cost }
    }
}
