package import Basics
package import Wire

extension Membership {
    /// Begins among members that are known already, and that know this one: nobody is told of them. For a node that
    /// has met nobody yet.
    package mutating func resume(among records: [MemberRecord], now: Instant) {
        let others = records.filter { $0.attributes != nil && $0.identity.id != me.id }
        view.begin(with: others.map { Member($0, now: now) })
        isEstablished = true
        isAccepted = true
        links.membershipChanged(now: now)
    }
}
