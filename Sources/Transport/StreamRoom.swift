/// The memory for messages that are on their way on connections that others opened.
///
/// Each may have 16 MiB, and strangers may open hundreds of connections: they have 64 MiB together. The first 64 KiB of
/// each are free, so that nobody is kept from what is said every day. Used on the event loop only.
final class StreamRoom: @unchecked Sendable {
    static let most = 1 << 26
    static let free = 1 << 16

    private var taken = 0

    /// What one connection has of it, as it grows and shrinks.
    struct Share {
        private(set) var bytes = 0

        /// False where that would be more than there is; it has what it had, then.
        mutating func become(_ length: Int, of room: StreamRoom) -> Bool {
            let wanted = max(0, length - StreamRoom.free)
            guard wanted <= bytes || room.taken - bytes + wanted <= StreamRoom.most else { return false }
            room.taken += wanted - bytes
            bytes = wanted
            return true
        }
    }
}
