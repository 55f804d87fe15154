/// The time between two starts of a command that does not last: one second, doubling to thirty.
struct Pause {
    /// The command may not start before.
    private(set) var earliest: Int64 = 0
    private var nextMs: Int64 = Pause.shortest
    private var startedAt: Int64 = 0

    private static let shortest: Int64 = 1000
    private static let longest: Int64 = 30_000

    mutating func started() { startedAt = Poll.now }

    mutating func ended() {
        // What has run for so long has worked: the next failure is a new one.
        if Poll.now - startedAt > Pause.longest { nextMs = Pause.shortest }
        earliest = Poll.now + nextMs
        nextMs = min(nextMs * 2, Pause.longest)
    }
}
