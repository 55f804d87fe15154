/// What must hold, by name: at each step, or once nothing has gone wrong for a while.
package enum Rule: String, CaseIterable, Sendable {
    // At each step.

    case wire
    case datagramSize = "datagram-size"
    case rest
    case clusters
    case falseDeath = "false-death"
    case patience
    case resurrection
    case farewell
    case refusal
    case incarnation
    case events
    case onePrimary = "one-primary"
    case trust
    case tokenOnce = "token-once"
    case tokenGrows = "token-grows"
    case broadcasts
    case hostAtWork = "host-at-work"
    case readiness
    case pause
    case quorum
    case oneLease = "one-lease"
    case leaseTrust = "lease-trust"
    case leaseTokens = "lease-tokens"

    // After calm.

    case members
    case health
    case digests
    case work
    case leader
    case ranks
    case belief
    case chosen
    case inTime = "in-time"

    package var words: String {
        switch self {
        case .wire: "what an engine writes can be read, and says the same then"
        case .datagramSize: "no datagram is larger than its budget"
        case .rest: "no node wakes up without end"
        case .clusters: "members of two clusters never meet"
        case .falseDeath: "nobody is declared dead to whom nothing was done"
        case .patience: "a stopped process on a live host is not declared dead before its time"
        case .resurrection: "who is dead does not come back by old news"
        case .farewell: "who has left in good order is not called dead"
        case .refusal: "who is refused has a living namesake"
        case .incarnation: "only a member itself raises its incarnation"
        case .events: "events tell a story: joined before suspect, gone once"
        case .onePrimary: "of those that hear each other one leads"
        case .trust: "after a long stop nobody trusts itself before it has asked"
        case .tokenOnce: "no fencing token is given twice"
        case .tokenGrows: "a token is above all that its holder could have heard of"
        case .broadcasts: "a broadcast comes from another, and once"
        case .hostAtWork: "nobody begins while a host that was told to stop is at work"
        case .readiness: "who is not ready, or has just declined, does not lead"
        case .pause: "in a paused role nobody leads by himself"
        case .quorum: "who sees fewer than the quorum does not lead"
        case .oneLease: "no two leases stand at once"
        case .leaseTrust: "after a long stop no lease is trusted before it was renewed"
        case .leaseTokens: "under a lease every token is above all before"
        case .members: "each sees exactly those that live"
        case .health: "each holds all that live for alive"
        case .digests: "all show the same digest"
        case .work: "nothing is left to do"
        case .leader: "one leads each role"
        case .ranks: "the ranks are 0, 1, 2 ..."
        case .belief: "all believe in the same primary"
        case .chosen: "who is wanted leads, and all follow"
        case .inTime: "one leads in time, and stays"
        }
    }
}
