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
    private var tokens: [RoleToken: Int] = [:]
    /// Living processes that were declared dead, whatever was done to the network.
    package internal(set) var falseDeaths = 0
    package internal(set) var promotions = 0
    package internal(set) var overlaps = 0
    package internal(set) var suspicions = 0

    package struct Violation: Sendable {
        package var at: Instant
        package var text: String
    }

    private struct RoleToken: Hashable {
        var role: String
        var token: UInt64
    }

    /// How long after an unclean fault two primaries may take to meet.
    static let settling = Interval.seconds(8)

    mutating func fail(_ now: Instant, _ text: String) {
        if violation == nil { violation = Violation(at: now, text: text) }
    }

    /// A clean fault (a start, a death, a leave on a good network) excuses no second primary.
    mutating func disturbed(_ now: Instant, isClean: Bool) {
        if !isClean { settledAt = max(settledAt, now + Checker.settling) }
    }

    mutating func resumed(_ process: inout Process, _ now: Instant, settings: FailoverSettings) {
        disturbed(now, isClean: false)
        defer { process.pausedSince = nil }
        guard let since = process.pausedSince, now - since >= settings.unresponsiveAfter else { return }
        // One that knew nobody has nobody to ask.
        guard process.engine.membership.view.presentCount > 0 else { return }
        process.awaitsViewSince = now
    }

    mutating func viewCame(_ process: inout Process, _ asked: Instant) {
        if let since = process.awaitsViewSince, asked >= since { process.awaitsViewSince = nil }
    }

    /// Whether the token is new.
    mutating func took(_ token: UInt64, role: String, by index: Int) -> Bool {
        promotions += 1
        return tokens.updateValue(index, forKey: RoleToken(role: role, token: token)) == nil
    }
}

extension World {
    /// At most one of those that hear each other believes that it leads.
    mutating func checkPrimaries() {
        guard network.conditions.lost == 0, now >= checker.settledAt else { return }
        for role in roles {
            let primaries = acting.filter { isTrustedPrimary($0, in: role) }
            for (position, one) in primaries.enumerated() {
                for other in primaries[(position + 1)...]
                where processes[one].cluster == processes[other].cluster {
                    guard !network.isCut(processes[one].host, processes[other].host) else { continue }
                    fail("\(name(one)) and \(name(other)) both lead \(role)")
                }
            }
        }
    }

    /// After a long stop a process believes nothing of itself before another has told what it missed.
    mutating func checkTrust(of index: Int) {
        guard processes[index].awaitsViewSince != nil, processes[index].isRunning else { return }
        let hasOthers = processes[index].engine.membership.view.present.contains { $0.status == .alive }
        guard hasOthers else {
            // It has found nobody to ask, and may go on with what it knows.
            if processes[index].engine.membership.wake.pendingSince == nil {
                processes[index].awaitsViewSince = nil
            }
            return
        }
        for role in roles where isTrustedPrimary(index, in: role) {
            fail("\(name(index)) trusts itself in \(role) after a stop, without having asked")
        }
    }

    /// A deadline that has passed and stays makes a node turn in circles.
    mutating func checkSpin(of index: Int) {
        let second = now.nanoseconds / 1_000_000_000
        if processes[index].tickedSecond != second {
            processes[index].tickedSecond = second
            processes[index].ticksInSecond = 0
        }
        processes[index].ticks += 1
        processes[index].ticksInSecond += 1
        if processes[index].ticksInSecond > 500 + 20 * processes.count {
            fail("\(name(index)) wakes up without end")
        }
    }

    mutating func checkEvent(_ event: MemberEvent, at index: Int) {
        switch event.kind {
        case .refused: processes[index].wasRefused = true
        case .duplicate: processes[index].sawDuplicate = true
        case .suspect: checker.suspicions += 1
        case .joined:
            let subject = processes.last { $0.identity.nonce == event.identity.nonce }
            if let subject, subject.cluster != processes[index].cluster {
                fail("\(name(index)) met \(event.identity.id) of another cluster")
            }
        case .dead:
            guard let subject = processes.last(where: { $0.identity.nonce == event.identity.nonce }),
                subject.isRunning
            else { return }
            // Of two that live under one id, one has to go.
            let isSuperseded = event.evidence == .superseded || event.evidence == .duplicate
            if isSuperseded,
                processes.contains(where: { $0.isRunning && $0.id == subject.id && $0.index != subject.index }
                )
            {
                return
            }
            checker.falseDeaths += 1
            guard !subject.isTainted, !processes[index].isTainted else { return }
            fail(
                "\(name(index)) declares \(event.identity.id) dead, to which nothing was done (\(event.evidence))"
            )
        default: break
        }
    }

    mutating func checkRole(_ event: RoleEvent, at index: Int) {
        switch event {
        case .promoted(let role, let token):
            if !acting.contains(index) { acting.append(index) }
            checkToken(token, of: role, by: index)
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
        if !checker.took(token, role: role, by: index) {
            fail("\(name(index)) took token \(token), which was used")
        }
        var highest = processes[index].lastToken[role] ?? 0
        for member in processes[index].engine.membership.view.members {
            for seat in member.attributes.seats where seat.role == role {
                highest = max(highest, seat.token, seat.highestToken)
            }
        }
        if token <= highest {
            fail("\(name(index)) took token \(token), not above \(highest), which it had heard")
        }
        processes[index].lastToken[role] = token
    }
}
