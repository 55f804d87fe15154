package import Basics
import Wire

/// Standing connections to a few neighbours on the ring of hashed ids. Nothing is said on them: they stand so
/// that the kernel closes them when a process dies. Of each pair the one with the smaller id connects.
struct Links: Sendable {
    /// Open connections by peer; both ends may have opened one at the same time.
    var open: [Identity: Int] = [:]
    var dialing: [Identity] = []
    var nextCheck = Instant.distantFuture

    var nextDeadline: Instant { nextCheck }

    mutating func membershipChanged(now: Instant) { nextCheck = min(nextCheck, now) }
}

extension Membership {
    mutating func tickLinks(now: Instant) {
        guard now >= links.nextCheck else { return }
        links.nextCheck = .distantFuture
        guard standing == .member else { return }
        let wanted = view.ringNeighbours(of: me.id, count: settings.links).compactMap { view[$0] }
        for member in wanted where me.id < member.id && member.status != .unresponsive {
            guard links.open[member.identity] == nil, !links.dialing.contains(member.identity) else {
                continue
            }
            links.dialing.append(member.identity)
            actions.append(.openLink(to: member.identity, at: member.address))
        }
        // In a fixed order: a dictionary's own differs from run to run. The other end closes what it dialed, unless
        // it is gone and its host silent.
        for identity in links.open.keys.sorted(by: {
            ($0.id, $0.generation, $0.nonce) < ($1.id, $1.generation, $1.nonce)
        }) {
            if wanted.contains(where: { $0.identity == identity }) { continue }
            guard me.id < identity.id || view[identity: identity]?.isPresent != true else { continue }
            links.open[identity] = nil
            actions.append(.closeLink(to: identity))
        }
    }

    /// A link stands, from whichever side it was opened.
    package mutating func linkOpened(_ peer: Identity, now: Instant) -> [MembershipAction] {
        links.dialing.removeAll { $0 == peer }
        links.open[peer, default: 0] += 1
        return take()
    }

    package mutating func linkFailed(_ peer: Identity, now: Instant) -> [MembershipAction] {
        links.dialing.removeAll { $0 == peer }
        links.nextCheck = min(links.nextCheck, now + generator.jittered(.seconds(1)))
        return take()
    }

    /// The other end is closed: its process is gone, or something between lies.
    package mutating func linkClosed(_ peer: Identity, now: Instant) -> [MembershipAction] {
        noticeSleep(now: now)
        // One that this node closed itself says nothing.
        guard let count = links.open[peer] else { return take() }
        links.open[peer] = count > 1 ? count - 1 : nil
        links.nextCheck = min(links.nextCheck, now + generator.jittered(.seconds(1)))
        guard standing == .member, settings.links > 0 else { return take() }
        openInquest(about: peer, isRefused: false, now: now)
        tickGossip(now: now)
        return take()
    }
}
