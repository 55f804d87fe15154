import Basics
import CGuest
import Synchronization
import Threads

/// What the host may ask about a seat at any moment, from any thread, without waiting for the event loop.
///
/// Whether this node is primary is one number: until when that may be believed. It is compared with the clock
/// at the moment of the question, so that a process that was frozen never answers from before its sleep.
final class SeatState: Sendable {
    let role: String
    /// Nanoseconds of CLOCK_BOOTTIME; 0 when the seat is not primary.
    private let trustedUntil = Atomic<Int64>(0)
    private let token = Atomic<UInt64>(0)
    /// The rank plus one; 0 before it is known.
    private let rank = Atomic<UInt32>(0)
    /// The latest token, and until when nobody else begins in the role because of it: they stay when both are lost, since
    /// the host may be at work.
    private let workToken = Atomic<UInt64>(0)
    private let workUntil = Atomic<Int64>(0)
    let callbacks = Monitor(Callbacks())

    struct Callbacks {
        var onPromote: (@Sendable (UInt64) -> Void)?
        var onDemote: (@Sendable (UInt64) -> Void)?
        /// Takes the milliseconds that are left.
        var onWarning: (@Sendable (Int32) -> Void)?
        /// The end of the trust that the host was warned of last.
        var warnedOf = Instant.distantPast
        /// The last token with which `onDemote` has returned.
        var stoppedToken: UInt64 = 0
        /// The last token with which `onPromote` has returned.
        var begunToken: UInt64 = 0
        /// The last token that `onPromote` was or will be called with.
        var announced: UInt64 = 0
        /// Grows with each registration of `onPromote`; what was announced to an earlier one is not for a later.
        var registration: UInt64 = 0
        /// How many of its callbacks wait or run.
        var waiting = 0
        var isClosed = false
        /// Whether the role has been given up for good, after the demote callback.
        var isGone = false
        /// Why the node answers no more, once it does not.
        var ending: Failure?
        /// How many wishes for a promotion were begun and ended, and which was the last that was fulfilled. One begins
        /// when the one before has ended.
        var wishesBegun: UInt64 = 0
        var wishesEnded: UInt64 = 0
        var wishFulfilled: UInt64 = 0
        /// What the others are told is primary: nil is nobody.
        var primary: String?
        var primaryToken: UInt64 = 0
        /// Wall clock in milliseconds since 1970 when they were; for reports.
        var primarySinceMs = Clock.wallMilliseconds
    }

    init(role: String) { self.role = role }

    // MARK: the event loop's side

    func set(token newToken: UInt64?, trustedUntil until: Instant, rank newRank: UInt32?) {
        token.store(newToken ?? 0, ordering: .releasing)
        trustedUntil.store(newToken == nil ? 0 : max(0, until.nanoseconds), ordering: .releasing)
        rank.store(newRank.map { $0 &+ 1 } ?? 0, ordering: .releasing)
    }

    /// Nil where what there was is lost: its host may still be stopping.
    func setWork(token: UInt64?, until: Instant?) {
        if let until { workUntil.store(max(0, until.nanoseconds), ordering: .releasing) }
        if let token { workToken.store(token, ordering: .releasing) }
    }

    /// Nothing is left that could be at work.
    func forgetWork() { workToken.store(0, ordering: .releasing) }

    // MARK: the watch's side

    struct Work: Hashable, Sendable {
        var token: UInt64
        var until: Instant
    }

    /// What the host may be at work under, told to stop or not: until its demote callback has returned.
    var work: Work? {
        let token = workToken.load(ordering: .acquiring)
        guard token != 0, callbacks.with({ $0.stoppedToken }) != token else { return nil }
        return Work(token: token, until: Instant(nanoseconds: workUntil.load(ordering: .acquiring)))
    }

    // MARK: the host's side

    /// The token held, if it may be believed right now.
    var heldToken: UInt64? {
        let held = token.load(ordering: .acquiring)
        guard held != 0, guest_boottime_ns() < trustedUntil.load(ordering: .acquiring) else { return nil }
        return held
    }

    /// Until when the role may be believed to be held, run out or not; nil where it is not held.
    var trustEnd: Instant? {
        let end = trustedUntil.load(ordering: .acquiring)
        return end == 0 ? nil : Instant(nanoseconds: end)
    }

    /// How long `heldToken` would still answer without further news, in whole milliseconds.
    var remainingMs: Int32 {
        guard heldToken != nil, let trustEnd else { return 0 }
        return Int32(clamping: max(0, (trustEnd - Clock.now).milliseconds))
    }

    var position: UInt32? {
        let stored = rank.load(ordering: .acquiring)
        return stored == 0 ? nil : stored - 1
    }

    /// The token the seat has, believed or not: a demotion that is due names it.
    var nominalToken: UInt64 { token.load(ordering: .acquiring) }
}
