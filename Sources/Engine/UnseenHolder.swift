import Basics
import Lease

/// Watches for a lease that is renewed by one whom this node does not see among the members: the network is cut, or
/// another cluster of the same name asks the same register.
struct UnseenHolder: Sendable {
    private var holder: LeaseCandidate?
    /// Since when that one has stood in the register, without a gap.
    private var since: Instant?
    private var isTold = false

    /// The holder, once, when it has stood there for longer than the lease of a dead one would.
    mutating func look(
        at lease: Lease, now: Instant, isMember: (LeaseCandidate) -> Bool
    ) -> LeaseCandidate? {
        guard let row = lease.watch?.row, lease.holder(now: now) != nil else {
            since = nil
            return nil
        }
        let found = LeaseCandidate(id: row.holder, instance: row.instance)
        guard !isMember(found) else {
            self = UnseenHolder()
            return nil
        }
        if holder != found {
            self = UnseenHolder()
            holder = found
        }
        let start = since ?? now
        since = start
        guard !isTold, now - start > max(lease.settings.hold, row.hold) else { return nil }
        isTold = true
        return found
    }
}
