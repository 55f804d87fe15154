package import Basics
import Engine
import Failover
import Membership
import Wire

/// What must be true once nothing has gone wrong for a while.
extension World {
    /// Ends all faults and lets the members come to rest, then looks.
    package mutating func calm(for interval: Interval = .seconds(20)) {
        guard checker.violation == nil else { return }
        if isTold { tell(.fault, "calm: all faults end") }
        nemesis = nil
        heal()
        worsen(.perfect)
        mendStore()
        for index in processes.indices where processes[index].exists {
            processes[index].starvation = nil
            if processes[index].state == .paused { resume(index) }
        }
        easeHosts()
        let began = now
        let end = now + interval
        while checker.violation == nil, now < end, settledAfter == nil {
            run(until: min(now + .milliseconds(100), end))
            if isOfOneMind { settledAfter = now - began }
        }
        if isTold, let settledAfter {
            tell(.end, "all are of one mind, \(settledAfter.milliseconds) ms after the last fault")
        }
        awaitLeader(since: began, until: end)
        run(until: max(end, endOfLonePatience ?? end))
        checkCalm()
    }

    /// Who alone is left of a cluster may hold somebody that was stopped, and whose host is down by now, for as long as
    /// its patience lasts: no answers of others mend its own health, and its looks take as long as it is bad.
    private var endOfLonePatience: Instant? {
        let alone = live.filter { index in
            live.allSatisfy { $0 == index || processes[$0].cluster != processes[index].cluster }
        }
        let held = alone.flatMap {
            processes[$0].engine.membership.view.present.filter { $0.status == .unresponsive }
        }
        let died = held.compactMap { member in processes.first { $0.identity == member.identity }?.died }
        return died.max().map { $0 + membershipSettings.suspectMax + .seconds(1) }
    }

    /// Under a lease one leads in time, and goes on leading.
    private mutating func awaitLeader(since began: Instant, until end: Instant) {
        guard let register, let role = roles.first, checker.violation == nil, !live.isEmpty else { return }
        // When hosts have stopped, who declined has rested, and what was wished before is forgotten.
        let rested = max(began + (settledAfter ?? .zero), began + .seconds(5), setsBackAt ?? now)
        let latest = rested + register.longestWait(members: live.count)
        let hasCome = run(atMost: latest - now) {
            $0.now >= rested && $0.trustedPrimaries(in: role).count == 1
        }
        guard checker.violation == nil else { return }
        guard hasCome else { return fail(.inTime, "nobody leads \(role) at \(Trace.clock(latest))") }
        run(for: .seconds(1))
        let token = trustedPrimaries(in: role).first.flatMap { processes[$0].engine.failover.token(of: role) }
        run(until: max(end, now))
        let later = trustedPrimaries(in: role).first.flatMap { processes[$0].engine.failover.token(of: role) }
        if token == nil || later != token { fail(.inTime, "the primary of \(role) changes in calm") }
    }

    /// Those that run and have a place among the others.
    private var live: [Int] {
        running.filter { !processes[$0].wasRefused && !processes[$0].engine.isLeaving }
    }

    /// Whether all that live see exactly each other.
    package var isOfOneMind: Bool {
        var sizes: [Int: Int] = [:]
        var digests: [Int: UInt64] = [:]
        let live = live
        for index in live { sizes[processes[index].cluster, default: 0] += 1 }
        return live.allSatisfy { index in
            let cluster = processes[index].cluster
            let digest = processes[index].engine.membership.digest
            let expected = digests[cluster] ?? digest
            digests[cluster] = expected
            return digest == expected
                && processes[index].engine.membership.view.presentCount + 1 == sizes[cluster]
        }
    }

    package mutating func checkCalm() {
        guard checker.violation == nil else { return }
        for cluster in Set(processes.map(\.cluster)).sorted() {
            let live = live.filter { processes[$0].cluster == cluster }
            let expected = live.map { processes[$0].identity }.sorted { $0.id < $1.id }
            for index in live { checkView(of: index, live: live, expected: expected) }
            for role in roles { checkLine(of: role, live: live) }
        }
    }

    private mutating func checkView(of index: Int, live: [Int], expected: [Identity]) {
        let membership = processes[index].engine.membership
        let seen = membership.view.present.map(\.identity) + [membership.me]
        if expected != seen.sorted(by: { $0.id < $1.id }) {
            let words = membership.view.members.prefix(20).map {
                "\($0.id)/\($0.identity.nonce % 1000) \($0.status)"
            }
            let there = live.prefix(20).map { name($0) }
            fail(
                .members,
                "\(name(index)) sees \(seen.count) [\(words.joined(separator: ", "))], there are \(expected.count) \(there)"
            )
            return
        }
        for member in membership.view.present where member.status != .alive {
            fail(.health, "\(name(index)) holds \(member.id) for \(member.status)")
        }
        if let first = live.first, processes[first].engine.membership.digest != membership.digest {
            fail(
                .digests,
                "\(name(index)) and \(name(first)) see the same members but not the same digest")
        }
        let state = membership.pendingWork
        if !state.isSmall { fail(.work, "\(name(index)) still has at work: \(state)") }
    }

    private mutating func checkLine(of role: String, live: [Int]) {
        let seated = live.filter { processes[$0].engine.failover.roles.contains(role) }
        guard !seated.isEmpty else { return }
        let primaries = live.filter { isTrustedPrimary($0, in: role) }
        if live.count < failoverSettings.quorum, primaries.isEmpty { return }
        guard primaries.count == 1, let primary = primaries.first else {
            fail(.leader, "\(primaries.count) primaries of \(role): \(primaries.map { name($0) })")
            return
        }
        let ranks = seated.compactMap { processes[$0].engine.failover.position(of: role) }.sorted()
        if ranks != (0..<UInt32(seated.count)).map({ $0 }) {
            fail(.ranks, "the ranks in \(role) are \(ranks)")
        }
        for index in seated {
            let believed = processes[index].engine.failover.primary(of: role)
            if believed != processes[primary].id {
                fail(
                    .belief,
                    "\(name(index)) believes that \(believed ?? "nobody") leads \(role), not \(name(primary))"
                )
            }
        }
    }
}
