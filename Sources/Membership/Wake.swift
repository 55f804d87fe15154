package import Basics
import Wire

/// After a sleep (a stopped process, a suspended machine, a starved one) a node knows nothing about the time it
/// missed: not who died, and not whether it has been replaced. It asks around before it believes itself again.
package struct Wake: Sendable {
    /// When the last sleep was noticed; nil when every member asked since has been heard, or none is left to ask.
    package internal(set) var pendingSince: Instant?
    /// Members whose answer is awaited; any one of them is enough.
    var asked: [UInt32] = []
    /// How long the node had slept.
    package internal(set) var slept = Interval.zero

    package init() {}
}

extension Membership {
    /// Notices that time has passed without this node: what it did not hear meanwhile is evidence of nothing.
    mutating func noticeSleep(now: Instant) {
        let expected = max(lastTick, min(nextDeadline, lastTick + .seconds(1)))
        let late = now - expected
        guard late > settings.lateness else { return }
        probing.forget()
        inquests = Inquests()
        wake.slept = now - lastTick
        for id in judged {
            view.touch(id) { member in
                if let deadline = member.deadline { member.deadline = max(deadline, now + settings.suspicionMin) }
            }
        }
        for member in view.members where member.isPresent {
            view.touch(member.id) { $0.silentSince = nil }
        }
        askAround(now: now)
        probing.next = now + settings.probeInterval
    }

    /// Asks whether anybody is there; again each interval until one answers or there is nobody to ask.
    mutating func askAround(now: Instant) {
        let targets = view.sample(4, using: &generator) { $0.status == .suspect }
        wake.asked = []
        guard !targets.isEmpty else {
            wake.pendingSince = nil
            return
        }
        wake.pendingSince = wake.pendingSince ?? now
        for target in targets { wake.asked.append(probe(target, now: now)) }
    }
}
