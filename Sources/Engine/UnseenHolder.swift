import Basics
import Lease

/// Watches for a lease that is renewed by one whom this node does not see among the members: the network is cut, or
/// another cluster of the same name asks the same register.
struct UnseenHolder: Sendable {
    private var holder: LeaseCandidate?
    /// Since when that one has been no member.
    private var since = Instant.distantPast
    private var mark: LeaseRow.Mark?
    /// Renewals that were seen when its lease would have ended by then. One may be a row that was lost and is restored.
    private var lateRenewals = 0

    /// In less time members may find each other.
    private static let patience = Interval.seconds(5)

    /// The holder, once, when it goes on where the lease of a dead one would have ended.
    mutating func look(
        at lease: Lease, now: Instant, isMember: (LeaseCandidate) -> Bool
    ) -> LeaseCandidate? {
        guard let row = lease.watch?.row, !row.holder.isEmpty, row.holder != row.target else { return nil }
        let found = LeaseCandidate(id: row.holder, instance: row.instance)
        guard !isMember(found) else {
            self = UnseenHolder()
            return nil
        }
        if holder != found {
            self = UnseenHolder()
            (holder, since, mark) = (found, now, row.mark)
        }
        guard row.mark != mark else { return nil }
        mark = row.mark
        guard now - since > max(lease.settings.hold, row.hold, UnseenHolder.patience) else { return nil }
        lateRenewals += 1
        return lateRenewals == 2 ? found : nil
    }
}
