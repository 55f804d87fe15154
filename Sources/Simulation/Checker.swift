package import Basics
import Engine
import Failover
import Membership
import Wire

/// What must hold at every instant, and what is counted.
package struct Checker: Sendable {
    package private(set) var violation: Violation?
    /// Until when two primaries that hear each other may still be settling.
    private(set) var settledAt = Instant(nanoseconds: 0)
    private(set) var promoted: [Promotion] = []
    /// Living processes that were declared dead, whatever was done to the network.
    package internal(set) var falseDeaths = 0
    package internal(set) var overlaps = 0
    package internal(set) var suspicions = 0
    /// Stopped processes that were called so.
    package internal(set) var unresponsive = 0

    package var promotions: Int { promoted.count }
    /// The highest token that anybody was promoted with.
    private(set) var highestToken: UInt64 = 0

    package struct Violation: Sendable {
        package var at: Instant
        package var rule: Rule
        package var text: String
    }

    struct Promotion: Sendable {
        var role: String
        var token: UInt64
        var by: Int
        var at: Instant
    }

    /// How long after an unclean fault two primaries may take to meet.
    static let settling = Interval.seconds(8)
    /// How long it takes at most until all have heard of a new primary, where nothing goes wrong.
    static let hearing = Interval.seconds(1)

    mutating func fail(_ now: Instant, _ rule: Rule, _ text: String) {
        if violation == nil { violation = Violation(at: now, rule: rule, text: text) }
    }

    /// A clean fault (a start, a death, a leave on a good network) excuses no second primary.
    mutating func disturbed(_ now: Instant, isClean: Bool) {
        if !isClean { settledAt = max(settledAt, now + Checker.settling) }
    }

    /// So much was replaced at one instant that for a moment nobody can know who leads.
    mutating func upset(_ now: Instant) { settledAt = max(settledAt, now + Checker.hearing) }

    mutating func resumed(_ process: inout Process, _ now: Instant, settings: FailoverSettings) {
        disturbed(now, isClean: false)
        defer { process.pausedSince = nil }
        guard let since = process.pausedSince, now - since >= settings.unresponsiveAfter else { return }
        // One that knew nobody has nobody to ask.
        let isAlone = process.engine.membership.view.presentCount == 0
        process.awaitsViewSince = isAlone ? nil : now
    }

    mutating func viewCame(_ process: inout Process, _ asked: Instant) {
        if let since = process.awaitsViewSince, asked >= since { process.awaitsViewSince = nil }
    }

    /// Remembers a promotion. False where the token was given before.
    mutating func took(_ token: UInt64, role: String, by index: Int, _ now: Instant) -> Bool {
        let isNew = !promoted.contains { $0.token == token && $0.role == role }
        promoted.append(Promotion(role: role, token: token, by: index, at: now))
        highestToken = max(highestToken, token)
        return isNew
    }
}

extension World {
    /// At most one of those that hear each other believes that it leads.
    mutating func checkPrimaries() {
        guard register == nil, network.isLossless, now >= checker.settledAt else { return }
        for role in roles {
            let primaries = acting.filter { isTrustedPrimary($0, in: role) && !mayLookGone($0) }
            for (position, one) in primaries.enumerated() {
                for other in primaries[(position + 1)...]
                where processes[one].cluster == processes[other].cluster {
                    let (here, there) = (processes[one].host, processes[other].host)
                    guard !network.isCut(here, there), !network.isReset(from: here, to: there) else {
                        continue
                    }
                    fail(.onePrimary, "\(name(one)) and \(name(other)) both lead \(role)")
                }
            }
        }
    }

    /// After a long stop a process believes nothing of itself before another has told what it missed.
    mutating func checkTrust(of index: Int) {
        guard register == nil, processes[index].awaitsViewSince != nil, processes[index].isRunning else {
            return
        }
        let hasOthers = processes[index].engine.membership.view.present.contains { $0.status == .alive }
        guard hasOthers else {
            // It has found nobody to ask, and may go on with what it knows.
            if processes[index].engine.membership.wake.pendingSince == nil {
                processes[index].awaitsViewSince = nil
            }
            return
        }
        for role in roles where isTrustedPrimary(index, in: role) {
            fail(.trust, "\(name(index)) trusts itself in \(role) after a stop, without having asked")
        }
    }

    /// A deadline that has passed and stays makes a node turn in circles.
    mutating func checkRest(of index: Int) {
        let second = now.nanoseconds / 1_000_000_000
        if processes[index].tickedSecond != second {
            processes[index].tickedSecond = second
            processes[index].ticksInSecond = 0
        }
        processes[index].ticks += 1
        processes[index].ticksInSecond += 1
        if processes[index].ticksInSecond > 500 + 20 * processes.count {
            fail(.rest, "\(name(index)) wakes up without end")
        }
    }

    mutating func checkRole(_ event: RoleEvent, at index: Int) {
        switch event {
        case .promoted(let role, let token):
            if !acting.contains(index) { acting.append(index) }
            if register != nil {
                checkEpoch(token, of: role, by: index)
            } else {
                checkToken(token, of: role, by: index)
            }
            checkPromotion(of: index, in: role)
            checkPrimaries()
        case .demoted:
            let engine = processes[index].engine
            if !roles.contains(where: { engine.failover.token(of: $0) != nil }) {
                acting.removeAll { $0 == index }
            }
        case .overlap: checker.overlaps += 1
        default: break
        }
    }

    /// A token is new, and above all that its holder has heard of.
    private mutating func checkToken(_ token: UInt64, of role: String, by index: Int) {
        var highest = processes[index].lastToken[role] ?? 0
        for member in processes[index].engine.membership.view.members {
            for seat in member.attributes.seats where seat.role == role {
                highest = max(highest, seat.token, seat.highestToken)
            }
        }
        for earlier in checker.promoted where earlier.role == role && mustHaveHeard(index, of: earlier) {
            highest = max(highest, earlier.token)
        }
        if !checker.took(token, role: role, by: index, now) {
            fail(.tokenOnce, "\(name(index)) took token \(token), which was used")
        }
        if token <= highest {
            fail(
                .tokenGrows,
                "\(name(index)) took token \(token), not above \(highest), which it must have heard")
        }
        processes[index].lastToken[role] = token
    }

    /// Whether the process was there when another was promoted on a good network, and that one lived to tell it.
    private func mustHaveHeard(_ index: Int, of earlier: Checker.Promotion) -> Bool {
        guard network.isWhole, processes[earlier.by].cluster == processes[index].cluster,
            earlier.at >= checker.settledAt,
            processes[index].began + Checker.hearing < earlier.at, earlier.at + Checker.hearing < now
        else { return false }
        return processes[earlier.by].died.map { earlier.at + Checker.hearing < $0 } ?? true
    }
}
