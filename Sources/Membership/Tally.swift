package import Basics

/// What this node has done and seen as a member, counted since its start.
package struct Tally: Sendable {
    /// Pings sent on this node's own behalf, repeats and those sent for others apart.
    package var probes: UInt64 = 0
    /// Probes to which no answer came, neither directly nor through others.
    package var unanswered: UInt64 = 0
    /// Round trips that were measured, and all of them together.
    package var roundTrips: UInt64 = 0
    package var roundTripTime = Interval.zero
    /// Suspicions that this node raised or confirmed.
    package var accusations: UInt64 = 0
    /// Members that were suspected or unresponsive here and turned out to live.
    package var refuted: UInt64 = 0
    /// Suspicions of this node that it had to refute.
    package var ownRefutations: UInt64 = 0
    /// Members declared dead here, by this node or by others.
    package var deaths: UInt64 = 0
    /// Reports about members that found no room in the view.
    package var turnedAway: UInt64 = 0
    /// Sleeps of this process that it noticed.
    package var sleeps: UInt64 = 0

    package init() {}
}
