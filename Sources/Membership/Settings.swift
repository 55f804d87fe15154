package import Basics

/// The times and sizes of the membership protocol. `docs/options.md` gives ranges and meaning; validation is
/// done where options are read, so that the core can rely on sane values.
package struct MembershipSettings: Sendable {
    /// One member is probed each interval.
    package var probeInterval = Interval.milliseconds(500)
    /// How long a direct answer may take before others are asked.
    package var probeTimeout = Interval.milliseconds(200)
    /// How often a watched member (the primary, by the next in line) is probed.
    package var watchInterval = Interval.milliseconds(200)
    /// A suspicion ends in death after this, once enough others confirm; unconfirmed it lasts three times as long.
    package var suspicionMin = Interval.seconds(1)
    /// A member whose kernel answers is declared dead after this.
    package var suspectMax = Interval.seconds(30)
    /// Full exchange of views with a random member.
    package var syncInterval = Interval.seconds(30)
    /// How often one lost member or silent seed is tried again.
    package var reconnectInterval = Interval.seconds(1)
    /// How long the dead and departed are remembered, so that old news cannot bring them back.
    package var tombstoneTime = Interval.seconds(3600)
    /// The most of them that are remembered.
    package var tombstonesMost = 4096
    /// The most entries of a view, present or not: whoever speaks in the cluster's name may invent as many as they like.
    package var entriesMost = 65_536
    /// Standing links to successors on the ring; with 0 nobody's end is seen by them, and only probes find the dead.
    package var links = 3
    /// How many members there should be, this node among them; 0: nobody knows.
    package var expectedSize = 0
    /// Bytes of payload that fit one datagram.
    package var datagramBudget = 1200
    /// Steady distance of multicast beacons; nil sends none.
    package var beaconInterval: Interval? = .seconds(5)

    package init() {}

    /// How many look at a suspect as soon as they hear of it.
    let confirmersAtOnce = 5
    /// Members asked to probe on behalf of another.
    let indirectProbes = 3
    /// Agreeing observers wanted, besides the accuser, before a refused connection is a death.
    let confirmationsWanted = 2
    /// Distance between two rounds of gossip while there is news.
    let gossipInterval = Interval.milliseconds(50)
    /// News less than this after other news waits to travel together.
    let burstGap = Interval.milliseconds(10)
    /// Receivers of one round of gossip.
    let gossipFanout = 4
    /// After a kill the kernel may accept a connection for a moment longer: look again after these.
    let inquestRetries: [Interval] = [1, 2, 5, 10, 20, 50].map { .milliseconds($0) }
    /// How long the observers that are asked have to look.
    let inquestPatience = Interval.milliseconds(300)
    /// Probes in a row without any answer that end the patience with an unresponsive member.
    package var silencesEnough = 5
    /// A tick later than this proves that this process slept: what it did not hear then is no evidence.
    var lateness: Interval { probeTimeout }
}
