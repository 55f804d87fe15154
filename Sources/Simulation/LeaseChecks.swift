import Basics
import Engine
import Lease

/// What must hold where a lease decides, at every step.
extension World {
    /// Whether a process may believe that it leads, or that its lease stands. One that is stopped counts: it may say so
    /// whenever it goes on.
    func holdsLease(_ index: Int, of role: String) -> Bool {
        guard processes[index].exists else { return false }
        let engine = processes[index].engine
        let until = max(engine.trust(in: role), engine.lease(of: role)?.leaseUntil ?? .distantPast)
        return until > local(index)
    }

    /// Two leases at once are seen when the second begins, or is renewed.
    mutating func checkLeases(of index: Int) {
        guard register != nil else { return }
        for role in roles where holdsLease(index, of: role) {
            for other in processes.indices where other != index && holdsLease(other, of: role) {
                fail(.oneLease, "\(name(index)) and \(name(other)) both hold the lease of \(role)")
            }
            if let stale = processes[index].staleUntil {
                if processes[index].engine.lease(of: role)?.leaseUntil != stale {
                    processes[index].staleUntil = nil
                } else if processes[index].engine.trust(in: role) > local(index) {
                    fail(
                        .leaseTrust, "\(name(index)) trusts itself in \(role) after a stop, with an old lease"
                    )
                }
            }
        }
    }

    /// A process runs again: what it held before it must not be believed before it was renewed.
    mutating func markStaleLease(of index: Int, since: Instant) {
        guard let register else { return }
        let settings = register.settings(host: processes[index].host)
        guard now - since > settings.renew * 2 else { return }
        for role in roles {
            processes[index].staleUntil = processes[index].engine.lease(of: role)?.leaseUntil
        }
    }

    /// Under a lease every token is above all that were given before, whoever has heard of them.
    mutating func checkEpoch(_ token: UInt64, of role: String, by index: Int) {
        let highest = checker.highestToken
        if token <= highest {
            fail(.leaseTokens, "\(name(index)) is promoted with \(token) after \(highest)")
        }
        _ = checker.took(token, role: role, by: index, now)
    }

    /// Nobody writes that the lease is another's while its own host is at work.
    mutating func checkHandOver(_ row: LeaseRow, in role: String, by index: Int) {
        guard let register, row.holder != processes[index].id,
            register.store.row?.holder == processes[index].id,
            register.store.row?.instance == processes[index].identity.nonce,
            let stopping = processes[index].stopping[role], now < stopping.until
        else { return }
        // By the fastest clock.
        let within = register.settings(host: processes[index].host).demoteWithin
        guard now - stopping.since < within - within / 1000 * (2 * LeaseSettings.clockRate) else { return }
        fail(.hostAtWork, "\(name(index)) hands \(role) over while its host is at work")
    }

    /// While the role is paused the lease changes hands only where somebody wants it to.
    mutating func checkClaim(_ row: LeaseRow, of role: String, over before: LeaseRow?, by index: Int) {
        guard let before, before.paused, row.epoch > before.epoch, row.holder == processes[index].id,
            before.target != row.holder
        else { return }
        // A row of before binds nobody who knows that the role was resumed.
        let isPaused = processes[index].engine.lease(of: role)?.isPaused ?? true
        guard isPaused || register?.isSetBack == false else { return }
        fail(.pause, "\(name(index)) takes the lease by itself while the role is paused")
    }
}
