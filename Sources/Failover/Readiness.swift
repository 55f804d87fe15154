package import Basics
import Wire

/// Whether a seat is fit to lead: as its host says, and unless it has declined shortly before.
extension Failover {
    package func isReady(_ role: String) -> Bool { seat(role).map { !$0.record.isUnready } ?? false }

    package mutating func setReady(role: String, _ isReady: Bool) {
        guard let index = index(role) else { return }
        seats[index].isReady = isReady
    }

    /// The host was promoted and cannot do it: the role goes to the next, and this seat rests for a while. False
    /// where it is not primary.
    package mutating func decline(role: String, now: Instant) -> (isAccepted: Bool, events: [RoleEvent]) {
        guard let index = index(role), case .primary = seats[index].phase else { return (false, take()) }
        seats[index].rest.declined(now: now)
        seats[index].record.isUnready = true
        yield(index, then: .last, why: .declined, now: now)
        return (true, take())
    }
}

/// How long a seat that declined is passed over: longer with each time, so that a cluster in which nobody can lead does
/// not spin. Whoever led for as long as the longest rest begins anew.
struct Rest: Sendable {
    static let shortest = Interval.seconds(1)
    static let longest = Interval.seconds(60)

    private(set) var until = Instant.distantPast
    private var next = Rest.shortest
    private var leadsSince = Instant.distantPast

    func lasts(at now: Instant) -> Bool { now < until }

    mutating func begun(now: Instant) { leadsSince = now }

    mutating func declined(now: Instant) {
        if now - leadsSince >= Rest.longest { next = Rest.shortest }
        until = now + next
        next = min(next * 2, Rest.longest)
    }
}
