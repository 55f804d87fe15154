import Basics

/// Where the leases are kept, as the guardian of a node reaches it.
protocol Vault: Sendable {
    /// While the host lives and leads: what has been connected and prepared need not be when it counts. Without waiting.
    func keepAtHand(_ roles: [String])

    /// Gives back what the dead one held. Gives up when the time is over: the lease has run out by then.
    func release(_ roles: [String], until end: Instant)
}
