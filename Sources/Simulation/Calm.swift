package import Basics
import Engine
import Failover
import Membership
import Wire

/// What must be true once nothing has gone wrong for a while.
extension World {
    /// Ends all faults and lets the members come to rest, then looks.
    package mutating func calm(for interval: Interval = .seconds(20)) {
        if trace.isOn { note("calm") }
        heal()
        worsen(.perfect)
        for index in processes.indices where processes[index].state == .paused { resume(index) }
        run(for: interval)
        checkCalm()
    }

    package mutating func checkCalm() {
        guard checker.violation == nil else { return }
        let live = running.filter { !processes[$0].wasRefused && !processes[$0].engine.isLeaving }
        for index in live {
            checkView(of: index, live: live.filter { processes[$0].cluster == processes[index].cluster })
        }
        for role in roles { checkLine(of: role, live: live) }
    }

    private mutating func checkView(of index: Int, live: [Int]) {
        let membership = processes[index].engine.membership
        guard membership.standing == .member else {
            fail("\(name(index)) runs, but stands \(membership.standing)")
            return
        }
        let expected = live.filter { $0 != index }.map { processes[$0].identity }.sorted { $0.id < $1.id }
        let seen = membership.view.present.map(\.identity).sorted { $0.id < $1.id }
        if expected != seen {
            let words = membership.view.members.map { "\($0.id)/\($0.identity.nonce % 1000) \($0.status)" }
            fail("\(name(index)) sees [\(words.joined(separator: ", "))], there are \(live.map { name($0) })")
            return
        }
        for member in membership.view.present where member.status != .alive {
            fail("\(name(index)) holds \(member.id) for \(member.status)")
        }
        if let first = live.first, processes[first].engine.membership.digest != membership.digest {
            fail("\(name(index)) and \(name(first)) see the same members but not the same digest")
        }
        let state = membership.pendingWork
        if !state.isSmall { fail("\(name(index)) still has at work: \(state)") }
    }

    private mutating func checkLine(of role: String, live: [Int]) {
        let seated = live.filter { processes[$0].engine.failover.roles.contains(role) }
        guard !seated.isEmpty else { return }
        let primaries = trustedPrimaries(in: role)
        guard primaries.count == 1, let primary = primaries.first else {
            fail("\(primaries.count) primaries of \(role): \(primaries.map { name($0) })")
            return
        }
        let ranks = seated.compactMap { processes[$0].engine.failover.position(of: role) }.sorted()
        if ranks != (0..<UInt32(seated.count)).map({ $0 }) { fail("the ranks in \(role) are \(ranks)") }
        for index in seated {
            let believed = processes[index].engine.failover.primary(of: role)
            if believed != processes[primary].id {
                fail(
                    "\(name(index)) believes that \(believed ?? "nobody") leads \(role), not \(name(primary))"
                )
            }
        }
    }
}
