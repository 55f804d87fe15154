package import Basics
import Failover
package import Lease
import Membership
import Wire

/// The line of the members and the lease of the register, joined: the members say who is next and what hosts ask for,
/// the lease says who leads.
extension Engine {
    /// The lease of a role as this node knows it; nil where the members decide, and without a seat.
    package func lease(of role: String) -> Lease? { leases?[role] }

    /// The register's answer to a question; what belongs to a seat that is closed is nobody's.
    package mutating func answered(
        _ question: LeaseQuestion, _ answer: RegisterAnswer, now: Instant
    ) -> [EngineAction] {
        guard
            leases?.entries.contains(where: { $0.role == question.role && $0.seat == question.seat }) == true
        else { return [] }
        drive(question.role, now) { $0.lease.answered(question.id, answer, now: now) }
        roleDeadline = now
        return settle(now: now)
    }

    /// The register remembers that this epoch may have been given out.
    package mutating func avoid(role: String, epoch: UInt64) {
        _ = leases?.change(role) {
            $0.lease.avoid(epoch: epoch)
            return []
        }
    }

    /// Whether a lease stands in this node's name; its host may be stopping.
    package var holdsLease: Bool { leases?.entries.contains { $0.lease.leaseUntil != nil } ?? false }

    /// Lets the lease of a role look at what the members say, and carries out what the hosts ask for. The role must be
    /// judged anew afterwards.
    mutating func lead(_ role: String, among rivals: [Rival], highestToken: UInt64, now: Instant) {
        guard leases?[role] != nil else { return }
        let line = failover.line(of: role, among: rivals).map {
            LeaseCandidate(id: $0.id, instance: $0.instance)
        }
        let isReady = failover.couldLead(role) && hasPlace && !isLeaving
        let leaders = rivals.filter { $0.seat.state != .standby }.map(\.id)
        let hasFailedWish = failedWishes.remove(role) != nil
        drive(role, now) { entry in
            var actions: [LeaseAction] = []
            if hasFailedWish { actions += entry.lease.withdraw(now: now) }
            if line != entry.line {
                entry.line = line
                actions += entry.lease.setLine(line, now: now)
            }
            if isReady != entry.lease.isReady { actions += entry.lease.setReady(isReady, now: now) }
            if highestToken > entry.lease.floor {
                actions += entry.lease.heard(floor: highestToken, now: now)
            }
            if leaders != entry.leaders {
                entry.leaders = leaders
                actions += entry.lease.look(now: now)
            }
            if entry.lease.nextDeadline <= now { actions += entry.lease.tick(now: now) }
            return actions
        }
        giveBack(role, among: rivals, now)
        noteHolder(role, now)
        if let isPaused = leases?[role]?.isPaused { perform(failover.found(role: role, isPaused: isPaused)) }
    }

    private mutating func noteHolder(_ role: String, _ now: Instant) {
        let me = membership.me
        let view = membership.view
        let unseen = leases?.unseenHolder(of: role, now: now) { holder in
            if holder.id == me.id { return holder.instance == me.nonce }
            return view[holder.id].map { $0.isPresent && $0.identity.nonce == holder.instance } ?? false
        }
        if let unseen { perform([.holderUnseen(role: role, holder: unseen.id)]) }
    }

    /// What the line decided to give back goes through the register.
    mutating func giveBack(_ role: String, among rivals: [Rival], _ now: Instant) {
        guard let target = failover.givesTo(role), let lease = leases?[role] else { return }
        if lease.leaseUntil == nil, !lease.isHandingOver {
            failover.released(role: role)
        } else if lease.token != nil {
            let chosen = rivals.first { $0.instance == target && target != 0 }
            drive(role, now) { entry in
                if let chosen {
                    let (result, actions) = entry.lease.promote(chosen.id, now: now)
                    if result == .begun { return actions }
                }
                let (result, actions) = entry.lease.stepDown(now: now)
                return result == .begun ? actions : actions + entry.lease.resign(now: now)
            }
        }
    }

    /// Feeds the lease of a role and performs what it decides.
    mutating func drive(_ role: String, _ now: Instant, _ body: (inout Leases.Entry) -> [LeaseAction]) {
        guard let (seat, actions) = leases?.change(role, body) else { return }
        for action in actions {
            switch action {
            case .read(let id): ask(LeaseQuestion(role: role, seat: seat, id: id, body: .read))
            case .compareAndSet(let id, let expected, let row):
                let body = LeaseQuestion.Body.compareAndSet(expected: expected, row: row)
                ask(LeaseQuestion(role: role, seat: seat, id: id, body: body))
            case .promoted(let token): perform(failover.granted(role: role, token: token, now: now))
            case .demote(_, let reason):
                switch reason {
                case .expired: perform(failover.lost(role: role, why: .leaseExpired))
                case .replaced: perform(failover.lost(role: role, why: .leaseTaken))
                case .storeForgot: perform(failover.lost(role: role, why: .storeForgot))
                case .handOver:
                    let target = leases?[role]?.yieldingTo?.instance ?? 0
                    perform(failover.handOver(role: role, to: target, now: now))
                }
            case .storeForgot(let floor, let found):
                perform([.storeForgot(role: role, floor: floor, found: found)])
            // Trust and floor are read when they are asked for, and the node watches the trust by itself.
            case .suspended, .resumed, .warning, .handedOver, .floor: break
            }
        }
    }
}
