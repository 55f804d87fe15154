package import Basics
package import Wire

/// The times and numbers of failover.
package struct FailoverSettings: Sendable {
    /// Who decides about the primary.
    package var authority = SeatRecord.Authority.members
    /// The configured position of this node's seats, from 1; 0 is none.
    package var position: UInt32 = 0
    /// Nobody is promoted at a cold start before this has passed,
    package var grace = Interval.seconds(1)
    /// or this many seats are present; 0 waits for the time alone.
    package var expect = 0
    /// A primary that does not answer for so long loses the seat; and one that slept so long does not trust itself.
    package var unresponsiveAfter = Interval.milliseconds(1500)
    /// How long a host may take to stop acting before the seat is handed on without its word.
    package var demoteTimeout = Interval.seconds(10)
    /// Whether a seat is fit to lead from its start on.
    package var isReady = true
    /// A side that sees fewer present members, this one included, has no primary; 0 asks for none.
    package var quorum = 0

    package init() {}

    /// In that time whoever may have been promoted is heard of: gossip needs a few rounds, whatever a host's patience.
    var hearing: Interval { min(max(unresponsiveAfter / 4, .milliseconds(200)), .seconds(1)) }

    /// Whether a lease decides; the members keep the line, then, and no more.
    var isLeased: Bool { authority != .members }
}
