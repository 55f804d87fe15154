import Basics
package import Lease

/// One start of a program that wants to lead.
package struct LeaseClient: Sendable {
    package enum State: Sendable { case running, paused, dead }

    let id: String
    package var lease: Lease
    var register: VoterRegister?
    package internal(set) var state = State.running
    var clock: LocalClock
    /// Which start this is; events for another one find nobody.
    var start: UInt64
    var scheduled = Instant.distantFuture
    /// What arrived while the process stood still.
    var inbox: [LeaseWorld.Input] = []
    var pausedSince = Instant.distantPast
    /// Whether it ran again after a long stop and has not heard from the register since.
    var mustRefresh = false
    /// The host is stopping, since then.
    var stoppingSince: Instant?
    var isReady = true
    /// How many lists of voters its options have.
    var listed = 1
    /// What it would find in its `state_dir`.
    var savedFloor: UInt64 = 0

    func local(_ now: Instant) -> Instant { clock.reading(at: now) }

    /// Whether its lease stands at this moment, by its own clock. A stopped process may say so whenever it goes on.
    func holds(_ now: Instant) -> Bool {
        guard state != .dead, let until = lease.leaseUntil else { return false }
        return clock.reading(at: now) < until
    }

    func isPrimary(_ now: Instant) -> Bool {
        guard state == .running, let until = lease.trustUntil else { return false }
        return clock.reading(at: now) < until
    }

    /// Whether its host is still stopping, and nobody else may begin before.
    var isYielding: Bool { state == .running && lease.isYielding }
}

/// One voter: its process, its clock and its disk.
struct VoterProcess: Sendable {
    let id: String
    var voter: Voter
    var clock: LocalClock
    var disk: Voter.Memory?
    /// How many lists of voters its options have.
    var listed: Int
    var start: UInt64 = 1
    var isPaused = false
    var inbox: [LeaseWorld.VoterInput] = []
    var scheduled = Instant.distantFuture
}
