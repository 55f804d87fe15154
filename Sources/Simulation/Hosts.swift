import Basics
import Engine
import Failover
import Membership

/// What hosts ask of a role, and what they were told: for the checks.
struct HostWords: Sendable {
    /// Since when it has been paused for good; nil where it was resumed since, or may have been.
    var pausedSince: Instant?
    /// In which of the clusters.
    var pausedCluster = 0
    var lastToggle = Instant.distantPast
    /// When somebody last said who is to be next.
    var lastNomination = Instant.distantPast

    /// How long a wish may take to come true.
    static let wishing = Interval.seconds(5)
}

extension World {
    package mutating func stepDown(_ index: Int, role: String) {
        if isTold { tell(.fault, "is asked to step down", index) }
        hostWords.lastNomination = now
        call(index) { $0.stepDown(role: role, now: $1).actions }
    }

    /// A host wants another, or itself, to be primary. True where that has begun.
    @discardableResult
    package mutating func promote(_ target: String, at index: Int, role: String) -> Bool {
        if isTold { tell(.fault, "is asked to promote \(target)", index) }
        hostWords.lastNomination = now
        var hasBegun = false
        call(index) { engine, now in
            let until = now + HostWords.wishing
            let (result, actions) = engine.promote(role: role, target: target, until: until, now: now)
            if case .begun = result { hasBegun = true }
            return actions
        }
        return hasBegun
    }

    package mutating func setPaused(_ isPaused: Bool, at index: Int, role: String) {
        if isTold { tell(.fault, "is asked to \(isPaused ? "pause" : "resume") \(role)", index) }
        // Two that are asked for different things at once may both be right.
        let isClear = now - hostWords.lastToggle > Checker.hearing
        hostWords.lastToggle = now
        // A namesake that the others have not taken in, or never will, tells nobody.
        let isHeard = processes[index].engine.membership.isAccepted && !processes[index].wasRefused
        if !isPaused || !isClear || !isHeard {
            hostWords.pausedSince = nil
        } else if hostWords.pausedSince == nil {
            hostWords.pausedSince = now
            hostWords.pausedCluster = processes[index].cluster
        }
        call(index) { $0.setPaused(role: role, isPaused, now: $1).actions }
    }

    package mutating func setReady(_ isReady: Bool, at index: Int, role: String) {
        if isTold { tell(.fault, "is \(isReady ? "" : "not ")ready", index) }
        guard processes[index].isRunning else { return }
        processes[index].isReady = isReady
        guard mutation != .deafToHosts else { return }
        call(index) { $0.setReady(role: role, isReady, now: $1) }
    }

    package mutating func decline(_ index: Int, role: String) {
        guard processes[index].isRunning, processes[index].engine.failover.token(of: role) != nil else {
            return
        }
        if isTold { tell(.fault, "declines \(role)", index) }
        processes[index].declinedAt = local(index)
        processes[index].timesDeclined += 1
        if mutation == .deafToHosts { return stepDown(index, role: role) }
        call(index) { $0.decline(role: role, now: $1).actions }
    }

    /// The host was told to stop, and takes its time.
    mutating func stopHost(_ index: Int, role: String) {
        var takes = Interval(nanoseconds: Int64(generator.below(Int(demoteTakes.nanoseconds) + 1)))
        if lateHosts > .zero, generator.below(10) == 0 {
            takes = Interval(nanoseconds: Int64(generator.below(Int(lateHosts.nanoseconds))))
        }
        processes[index].stopping[role] = Process.Stopping(since: now, until: now + takes)
        queue.push(.hostStops(process: index, role: role), at: mutation == .hastyWord ? now : now + takes)
    }

    // MARK: checks

    /// Who is promoted may be, by all that hosts have said.
    mutating func checkPromotion(of index: Int, in role: String) {
        let name = name(index)
        if !processes[index].isReady { fail(.readiness, "\(name) leads \(role), and its host is not ready") }
        if let declined = processes[index].declinedAt, local(index) - declined < .seconds(1) {
            fail(.readiness, "\(name) leads \(role) again right after it declined")
        }
        checkHostsAtWork(index, role)
        if register == nil, mustHaveHeardOfPause(index) {
            fail(.pause, "\(name) leads \(role) by itself, which is paused")
        }
    }

    /// No host is still at work: not its own, and in `members` nobody's that it hears.
    private mutating func checkHostsAtWork(_ index: Int, _ role: String) {
        if register != nil {
            guard let own = processes[index].stopping[role], now < own.until else { return }
            return fail(.hostAtWork, "\(name(index)) leads \(role) again while its host is still stopping")
        }
        guard network.isLossless, now >= checker.settledAt else { return }
        for other in processes.indices where processes[other].isRunning && other != index {
            guard let stopping = processes[other].stopping[role], now < stopping.until,
                processes[other].cluster == processes[index].cluster, !processes[other].wasRefused,
                !network.isCut(processes[index].host, processes[other].host), !mayLookGone(other)
            else { continue }
            fail(.hostAtWork, "\(name(index)) leads \(role) while the host of \(name(other)) is at work")
        }
    }

    /// Whether the role was paused long ago, nothing went wrong since, nobody has said who is to be next, and somebody who
    /// knew of it could tell this one.
    private func mustHaveHeardOfPause(_ index: Int) -> Bool {
        guard let since = hostWords.pausedSince, since + Checker.hearing < now,
            processes[index].cluster == hostWords.pausedCluster, network.isWhole,
            network.isLossless, checker.settledAt < since,
            now - hostWords.lastNomination > HostWords.wishing + Checker.hearing
        else { return false }
        if processes[index].began < since { return true }
        return processes[index].began + Checker.hearing < now
            && running.contains {
                processes[$0].began < since && !processes[$0].wasRefused
                    && processes[$0].cluster == hostWords.pausedCluster
            }
    }

    /// Who sees too few does not lead.
    mutating func checkQuorum(of index: Int) {
        guard failoverSettings.quorum > 0, processes[index].isRunning else { return }
        let seen = processes[index].engine.membership.view.presentCount + 1
        guard seen < failoverSettings.quorum else { return }
        for role in roles where isTrustedPrimary(index, in: role) {
            fail(.quorum, "\(name(index)) leads \(role) and sees \(seen) of \(failoverSettings.quorum)")
        }
    }

    // MARK: after calm

    /// All hosts are fit again, and no role is paused.
    mutating func easeHosts() {
        for index in running {
            for role in roles {
                if !processes[index].isReady { setReady(true, at: index, role: role) }
                setPaused(false, at: index, role: role)
            }
        }
    }

    /// Where all is well the one that somebody wants becomes primary, and all follow it.
    package mutating func choose() {
        guard checker.violation == nil, let role = roles.first else { return }
        let seated = running.filter {
            processes[$0].cluster == 0 && !processes[$0].wasRefused && !processes[$0].engine.isLeaving
                && processes[$0].engine.failover.roles.contains(role)
        }
        let standbys = seated.filter { !isTrustedPrimary($0, in: role) }
        guard seated.count >= max(2, failoverSettings.quorum), !standbys.isEmpty else { return }
        let target = standbys[generator.below(standbys.count)]
        let asker = seated[generator.below(seated.count)]
        guard promote(processes[target].id, at: asker, role: role) else {
            return fail(.chosen, "\(name(asker)) does not want \(name(target)) to lead \(role)")
        }
        let patience = HostWords.wishing
        let id = processes[target].id
        let hasCome = run(atMost: patience) { world in
            world.isTrustedPrimary(target, in: role)
                && seated.allSatisfy { world.processes[$0].engine.failover.primary(of: role) == id }
        }
        guard checker.violation == nil else { return }
        guard hasCome else {
            return fail(.chosen, "\(name(target)) does not lead \(role), which \(name(asker)) was asked for")
        }
        run(for: .milliseconds(500))
        checkCalm()
    }
}
