import Basics

/// How often something has failed, one soon after the other, and how long it rests for that: longer each time.
struct Setbacks: Sendable {
    private var count: Int64 = 0

    /// What has gone on for so long had begun well.
    static let goneWell = Interval.seconds(60)
    private static let longest = Interval.seconds(60)

    /// It has failed once more. `isFirst`: what it had failed before does not count.
    mutating func pause(isFirst: Bool) -> Interval {
        count = isFirst ? 1 : min(count + 1, 7)
        return min(.milliseconds(500) * (Int64(1) << count), Self.longest)
    }
}
