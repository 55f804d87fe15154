package import Basics
package import Engine
import Membership
import Wire

/// One start of a program that has the engine inside: its state as the kernel of its host sees it.
package struct Process: Sendable {
    package let index: Int
    package let host: Int
    /// Members of another cluster are on the same wire and must never meet these.
    package let cluster: Int
    package let address: Address
    package var engine: Engine
    package internal(set) var state = State.running
    /// The process's own clock is ahead of the world's by this: no instant of one may mean anything to another.
    let clockOffset: Interval
    package let began: Instant

    package enum State: Sendable {
        case running
        /// SIGSTOP: the kernel goes on accepting for it.
        case paused
        case dead
        /// Left in good order.
        case departed
    }

    /// What waits in the kernel while the process is stopped.
    var inbox: [Input] = []
    var datagramsWaiting = 0
    /// As many datagrams as a socket buffer of 208 KiB holds of ours.
    static let datagramsMost = 256

    /// The time for which a wake-up stands in the queue of events.
    var scheduledWake = Instant.distantFuture
    var openLinks: [Int] = []
    /// Requests that it has accepted and not answered.
    var openRequests: [Int] = []
    package internal(set) var died: Instant?
    /// Whether anything was ever done to it that could excuse a verdict against it.
    package internal(set) var isTainted = false

    // What the checkers remember of it.
    package internal(set) var pausedSince: Instant?
    /// Since when it runs again after a stop, until it has another's view.
    package internal(set) var awaitsViewSince: Instant?
    var tickedSecond: Int64 = 0
    var ticksInSecond = 0
    package internal(set) var ticks = 0
    var lastToken: [String: UInt64] = [:]
    package internal(set) var wasRefused = false
    package internal(set) var sawDuplicate = false
    package internal(set) var packetsSent = 0
    package internal(set) var bytesSent = 0
    package internal(set) var requestsMade = 0
    /// What other hosts have told this one.
    package internal(set) var heard: Set<Heard> = []

    init(
        index: Int, host: Int, cluster: Int, address: Address, engine: Engine, clockOffset: Interval,
        began: Instant
    ) {
        self.index = index
        self.host = host
        self.cluster = cluster
        self.address = address
        self.engine = engine
        self.clockOffset = clockOffset
        self.began = began
    }

    package var id: String { engine.membership.me.id }
    package var identity: Identity { engine.membership.me }
    package var isRunning: Bool { state == .running }
    /// Whether the kernel still knows the process.
    package var exists: Bool { state == .running || state == .paused }

    package func local(_ instant: Instant) -> Instant { instant + clockOffset }
}

/// Everything that can reach a process.
enum Input: Sendable {
    case datagram(payload: [UInt8], sender: Identity, from: Address)
    case request(Int, [UInt8])
    case ended(request: UInt64, RequestOutcome, asked: Instant)
    case linkOpened(Identity)
    case linkFailed(Identity)
    case linkClosed(Identity)
    case hostStopped(role: String)
}

extension Instant {
    static func - (instant: Instant, interval: Interval) -> Instant {
        instant + Interval(nanoseconds: -interval.nanoseconds)
    }
}
