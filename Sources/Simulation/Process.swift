package import Basics
package import Engine
import Lease
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
    var clock: LocalClock
    package let began: Instant

    package enum State: Sendable {
        case running
        /// SIGSTOP: the kernel goes on accepting for it.
        case paused
        case dead
        /// Left in good order.
        case departed
    }

    // What waits in the kernel while the process is stopped.

    var inbox: [Input] = []
    var datagramsWaiting = 0
    var connectionsWaiting = 0
    /// As many datagrams as a socket buffer of 208 KiB holds of ours.
    static let datagramsMost = 256
    /// As many connections as the kernel accepts for a process that does not fetch them; further ones get no answer.
    static let connectionsMost = 256

    /// The time for which a wake-up stands in the queue of events.
    var scheduledWake = Instant.distantFuture
    var openLinks: [Int] = []
    /// Requests that it has accepted and not answered.
    var openRequests: [Int] = []
    /// How it is starved, if it is.
    var starvation: Starvation?
    package internal(set) var died: Instant?
    /// What was done to it that could excuse a verdict against it, or by it.
    package internal(set) var taints: Taints = []

    // What the checkers remember of it.

    package internal(set) var pausedSince: Instant?
    package internal(set) var resumedAt: Instant?
    /// When the first of stops that followed each other closely began.
    package internal(set) var stopsBegan: Instant?
    /// Since when it runs again after a stop, until it has another's view.
    package internal(set) var awaitsViewSince: Instant?
    var tickedSecond: Int64 = 0
    var ticksInSecond = 0
    package internal(set) var ticks = 0
    var lastToken: [String: UInt64] = [:]
    /// What it said last about each start of a member, by the nonce.
    var lastSaid: [UInt64: MemberEvent.Kind] = [:]
    /// Since when the starts that are said to be superseded by another are.
    var saidSuperseded: [UInt64: Instant] = [:]
    package internal(set) var wasRefused = false
    package internal(set) var sawDuplicate = false
    package internal(set) var traffic = Traffic()
    package internal(set) var requestsMade = 0
    package internal(set) var requestsServed = 0
    /// How the host says it is.
    var isReady = true
    /// When it declined last, by its own clock.
    var declinedAt: Instant?
    var timesDeclined = 0
    /// In which roles its host is at work yet, having been told to stop.
    var stopping: [String: Stopping] = [:]
    /// What its lease stood until when it went on after a long stop; nil when that was renewed.
    var staleUntil: Instant?
    /// What other hosts have told this one.
    package internal(set) var heard: Set<Heard> = []

    struct Stopping: Sendable {
        var since: Instant
        var until: Instant
    }

    init(
        index: Int, host: Int, cluster: Int, address: Address, engine: Engine, clock: LocalClock,
        began: Instant
    ) {
        self.index = index
        self.host = host
        self.cluster = cluster
        self.address = address
        self.engine = engine
        self.clock = clock
        self.began = began
    }

    package var id: String { engine.membership.me.id }
    package var identity: Identity { engine.membership.me }
    package var isRunning: Bool { state == .running }
    /// Whether the kernel still knows the process.
    package var exists: Bool { state == .running || state == .paused }
    package var isTainted: Bool { !taints.isEmpty }

    /// When its engine wants to be woken, by the world's clock. It changes nothing: but where a process stands in an array, an
    /// engine is asked in its place only by what might, and copied else.
    mutating func nextWake() -> Instant { clock.worldTime(of: engine.nextDeadline) }

    package func local(_ instant: Instant) -> Instant { clock.reading(at: instant) }
}

/// What was done to a process.
package struct Taints: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It was stopped for a while.
    static let stopped = Taints(rawValue: 1)
    /// The network lost, cut or refused something between it and others.
    static let cutOff = Taints(rawValue: 2)
    /// It was ended, or asked to end.
    static let ended = Taints(rawValue: 4)
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
    indirect case answered(LeaseQuestion, RegisterAnswer)
}
