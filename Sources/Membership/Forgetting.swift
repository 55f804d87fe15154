import Basics
import Wire

extension Membership {
    /// Forgets the dead and departed whose time is over, and the oldest of them where there are too many.
    mutating func prune(now: Instant) {
        guard now >= nextPrune else { return }
        nextPrune = now + .seconds(10)
        guard view.members.count > view.presentCount else { return }
        let settings = self.settings
        let isForgotten = { (member: Member) in
            !member.isPresent && now - member.since > settings.tombstoneTime
        }
        for member in view.members where isForgotten(member) { contacts.rememberAddress(of: member) }
        view.remove(where: isForgotten)
        defer { broadcasts.forget { view[$0] == nil } }
        let excess = view.members.count - view.presentCount - settings.tombstonesMost
        guard excess > 0 else { return }
        let oldest = view.members.filter { !$0.isPresent }.sorted { ($0.since, $0.id) < ($1.since, $1.id) }
        let doomed = Set(oldest.prefix(excess).map(\.id))
        view.remove { doomed.contains($0.id) }
    }
}
