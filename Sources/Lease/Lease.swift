package import Basics

/// Who leads, under the authorities `majority` and `store`: a lease over one register that can be read and
/// compared-and-set.
///
/// The holder renews the row and trusts each renewal for D from when it was sent. The others look at the row and act
/// when they have seen it unchanged for L. With D (1 + rho) <= L (1 - rho) no two of them ever trust themselves at
/// once, whatever happens to messages and processes, as long as no clock's rate is off by more than rho (C. Gray,
/// D. Cheriton: Leases, SOSP 1989). `docs/leases.md` has the rules and what proves each.
///
/// A value without effects: inputs come with the time, actions go out in order, `nextDeadline` says when `tick` is due.
package struct Lease: Sendable {
    package let id: String
    package let instance: UInt64
    package let settings: LeaseSettings

    /// The highest epoch ever heard of; no epoch at or below it is ever given again.
    package private(set) var floor: UInt64
    /// The highest epoch that may have been given out without anybody having heard of it.
    private var reserved: UInt64 = 0
    package internal(set) var watch: LeaseWatch?
    /// Whether the host could be promoted.
    package private(set) var isReady = true
    /// All that could be promoted, in order; the next holder's line.
    package private(set) var line: [LeaseCandidate] = []

    var tenure: Tenure?
    /// The latest token that this start has held; a lapsed lease is never taken up again under the same.
    var lastToken: UInt64 = 0
    /// The lease that was given up for another's sake; the row does not say so yet.
    var handing: Handing?
    /// The host was told to stop and has not said that it has.
    var isHostStopping = false
    /// What any node may ask of the row.
    var wishes = Wishes()
    /// The newest row seen in the highest epoch: what the register must not fall behind.
    private var seen: LeaseRow?
    /// When the floor rose: what was asked before then may still have shown less.
    private var floorRose: Instant
    /// The register has been read in this very step.
    var hasJustRead = false
    /// Writes of which it is not known whether they took effect.
    var attempts: [Attempt] = []
    var request: Request?
    private var lastRequest: UInt64 = 0
    /// When to read, or renew, next.
    var nextLook: Instant
    /// How many looks are still to come sooner than usual.
    private var eagerness = 0
    /// Nothing may be written before the register has been read again.
    var mustRead = true
    private var lastInput: Instant
    private var generators: (SeededGenerator, SeededGenerator)
    private var actions: [LeaseAction] = []

    /// The time in which this node may act.
    struct Tenure: Hashable, Sendable {
        var token: UInt64
        /// Until when the latest renewal is trusted.
        var until: Instant
        /// Renewals sent before this do not lift the suspension.
        var suspendedSince: Instant?
        var isWarned = false
        var yielding: Yielding?
    }

    struct Yielding: Hashable, Sendable {
        /// Nil: nobody is there; the lease is given back.
        var target: LeaseCandidate?
        var until: Instant
        var hasStopped = false
    }

    struct Handing: Hashable, Sendable {
        var token: UInt64
        var target: LeaseCandidate?
        /// Afterwards the lease has lapsed and there is nothing to hand over.
        var until: Instant
    }

    struct Wishes: Hashable, Sendable {
        var paused: Bool?
        var pausedAt = Instant.distantPast
        var target: String?
        /// Whom this node asked for last.
        var asked: String?
        /// The same, when it does not ask any more.
        var takesBack: String?
        /// A wish that could not be told in this time is forgotten.
        var targetUntil = Instant.distantPast
    }

    /// A write on its way.
    struct Attempt: Hashable, Sendable {
        enum Purpose: Hashable, Sendable { case claim, renewal, handOver, petition, restore }
        var purpose: Purpose
        var row: LeaseRow
        var sent: Instant
    }

    struct Request: Hashable, Sendable {
        var id: UInt64
        var sent: Instant
        /// Nil: a read.
        var attempt: Attempt?
    }

    /// Nil where the settings are impossible. `seed` is where the nonces come from: 128 bits that nobody else has.
    package init?(
        id: String, instance: UInt64, settings: LeaseSettings, floor: UInt64 = 0, seed: Nonce, now: Instant
    ) {
        guard settings.impossible == nil || settings.broken == .noMargin else { return nil }
        self.id = id
        self.instance = instance
        self.settings = settings
        self.floor = min(floor, LeaseRow.highestEpoch)
        generators = (SeededGenerator(seed: seed.high), SeededGenerator(seed: seed.low))
        nextLook = now
        lastInput = now
        floorRose = .distantPast
    }

    // MARK: what others may read

    /// The fencing token, while the host may act.
    package var token: UInt64? {
        guard let tenure, tenure.yielding == nil else { return nil }
        return tenure.token
    }

    /// Until when the host may believe that it is primary; nil where it may not. To be compared with the clock at every
    /// question.
    package var trustUntil: Instant? {
        guard let tenure, tenure.yielding == nil, tenure.suspendedSince == nil else { return nil }
        return tenure.until
    }

    /// Until when this node's lease stands, also while its host is stopping or the process is suspended.
    package var leaseUntil: Instant? { tenure?.until }

    /// Whether a host may still be at work under the lease that is being handed over.
    package var isYielding: Bool { tenure?.yielding != nil }

    /// To whom the lease is to go when the host has stopped.
    package var yieldingTo: LeaseCandidate? { tenure?.yielding?.target }

    /// Whether the register is being told that the lease is another's, or nobody's.
    package var isHandingOver: Bool { handing != nil }

    /// Who holds the lease as far as this node has seen lately; whom it is only offered to does not.
    package func holder(now: Instant) -> (id: String, token: UInt64)? {
        guard let watch, let row = watch.row, !row.holder.isEmpty, row.target != row.holder,
            !watch.isForgotten, row.epoch == floor,
            now - watch.lastLook <= settings.longestGap, now - watch.since <= watch.wait(settings)
        else { return nil }
        return (row.holder, row.epoch)
    }

    /// Whether the role is paused as far as this node has seen, also where the register has lost what it showed, or shows
    /// again what it did before; nil where it has shown nothing yet.
    package var isPaused: Bool? {
        guard let row = watch?.row else { return seen?.paused }
        guard watch?.isForgotten == true, let seen, (seen.epoch, seen.version) >= (row.epoch, row.version)
        else { return row.paused }
        return seen.paused
    }

    /// When `tick` must be called even if nothing is heard.
    package var nextDeadline: Instant {
        var moments: [Instant] = []
        if let tenure {
            // The clock is looked at twice as often as a gap may be long.
            moments.append(lastInput + settings.renew / 2)
            moments.append(tenure.until)
            if !tenure.isWarned { moments.append(warnAt(tenure)) }
            // Nothing is handed over before the answer, or the next look, has come.
            if let yielding = tenure.yielding, !yielding.hasStopped, request == nil, !mustRead {
                moments.append(yielding.until)
            }
        }
        if let request {
            moments.append(request.sent + settings.patience)
        } else {
            moments.append(nextLook)
            // What was ripe at the last input, and was not taken, waits for the next look.
            if let ripe = ripeAt, !mustRead, ripe > lastInput { moments.append(ripe) }
        }
        return moments.min() ?? .distantFuture
    }

    // MARK: inputs

    package mutating func tick(now: Instant) -> [LeaseAction] {
        begin(now)
        return proceed(now)
    }

    package mutating func answered(
        _ id: UInt64, _ answer: RegisterAnswer, now: Instant
    ) -> [LeaseAction] {
        begin(now)
        // What is answered too late has been given up, and is read back instead.
        if let request, request.id == id {
            self.request = nil
            conclude(request, answer, now)
        }
        return proceed(now)
    }

    /// Whether the host could be promoted. A primary stays primary; it may step down.
    package mutating func setReady(_ isReady: Bool, now: Instant) -> [LeaseAction] {
        begin(now)
        self.isReady = isReady
        return proceed(now)
    }

    /// All that could be promoted, in order, as the members know them.
    package mutating func setLine(_ line: [LeaseCandidate], now: Instant) -> [LeaseAction] {
        begin(now)
        self.line = Array(line.prefix(LeaseRow.mostSuccessors))
        return proceed(now)
    }

    /// An epoch was heard of, from other members or from what this node had saved.
    package mutating func heard(floor: UInt64, now: Instant) -> [LeaseAction] {
        begin(now)
        raise(floor, now)
        // There was a later holder: whatever the row says, this is not the one.
        if let tenure, tenure.token < self.floor, settings.broken != .forgetfulStoreTrusted {
            lose(.storeForgot)
        }
        return proceed(now)
    }

    /// The register remembers that this epoch may have been given out. It says nothing about who leads; only the next
    /// epoch must be above it.
    package mutating func avoid(epoch: UInt64) {
        guard epoch <= LeaseRow.highestEpoch else { return }
        reserved = max(reserved, epoch)
    }

    /// Something was heard that makes a look worthwhile: somebody has handed over, or is gone. What was heard may be
    /// ahead of the register, so that a few more looks follow soon.
    package mutating func look(now: Instant) -> [LeaseAction] {
        begin(now)
        if tenure == nil {
            nextLook = min(nextLook, now)
            eagerness = Self.mostEager
        }
        return proceed(now)
    }

    package enum StepDown: Hashable, Sendable { case begun, asked, notPrimary, noCandidate }

    /// Hands the lease to the next in the line.
    package mutating func stepDown(now: Instant) -> (result: StepDown, actions: [LeaseAction]) {
        begin(now)
        var result = StepDown.notPrimary
        if let tenure, tenure.yielding == nil {
            result = .noCandidate
            if let next = line.first(where: { $0.id != id }) { result = yield(to: next, now) }
        }
        return (result, proceed(now))
    }

    /// Gives the lease back, with nobody to take it: when the host has stopped, whoever sees it may follow at once.
    package mutating func resign(now: Instant) -> [LeaseAction] {
        begin(now)
        if tenure != nil { _ = yield(to: nil, now) }
        return proceed(now)
    }

    /// Hands the lease to this one, or asks the holder to.
    package mutating func promote(_ target: String, now: Instant) -> (
        result: StepDown, actions: [LeaseAction]
    ) {
        begin(now)
        var result = StepDown.noCandidate
        if let tenure {
            if tenure.yielding == nil, target != id, let next = line.first(where: { $0.id == target }) {
                result = yield(to: next, now)
            }
        } else if Identity.isValidId(target), watch?.row != nil {
            wishes.target = target
            wishes.asked = target
            wishes.takesBack = nil
            wishes.targetUntil = now + settings.hold
            result = .asked
        }
        return (result, proceed(now))
    }

    /// Whoever had `promote` ask has been told that it failed: it must not come true afterwards.
    package mutating func withdraw(now: Instant) -> [LeaseAction] {
        begin(now)
        if let asked = wishes.asked {
            wishes.target = nil
            wishes.asked = nil
            wishes.takesBack = asked
            wishes.targetUntil = now + settings.hold
        }
        return proceed(now)
    }

    /// Nobody takes over until `resume`.
    package mutating func pause(now: Instant) -> [LeaseAction] {
        begin(now)
        return wish(paused: true, now)
    }

    package mutating func resume(now: Instant) -> [LeaseAction] {
        begin(now)
        return wish(paused: false, now)
    }

    private mutating func wish(paused: Bool, _ now: Instant) -> [LeaseAction] {
        wishes.paused = paused
        wishes.pausedAt = now
        return proceed(now)
    }

    /// The demote callback has returned.
    package mutating func hostStopped(now: Instant) -> [LeaseAction] {
        begin(now)
        isHostStopping = false
        tenure?.yielding?.hasStopped = true
        return proceed(now)
    }

    // MARK: the frame of every input

    /// Looks at the clock before anything else: an answer that comes after the trust has run out revives nothing. And
    /// notices a gap: whoever stood still for longer than it takes to renew does not know what happened meanwhile.
    private mutating func begin(_ now: Instant) {
        if let tenure, tenure.until <= now { lose(.expired) }
        if let tenure, now - lastInput > settings.renew, settings.broken != .noSuspension {
            if tenure.suspendedSince == nil { emit(.suspended(token: tenure.token)) }
            self.tenure?.suspendedSince = now
            nextLook = now
        }
        lastInput = now
    }

    private mutating func proceed(_ now: Instant) -> [LeaseAction] {
        warn(now)
        if let request, now >= request.sent + settings.patience {
            self.request = nil
            conclude(request, .unknown, now)
        }
        if request == nil { decide(now) }
        hasJustRead = false
        defer { actions = [] }
        return actions
    }

    private mutating func warn(_ now: Instant) {
        guard let tenure, !tenure.isWarned, now >= warnAt(tenure) else { return }
        self.tenure?.isWarned = true
        let remaining: Interval = tenure.until - now
        emit(.warning(token: tenure.token, remaining: remaining))
    }

    private func warnAt(_ tenure: Tenure) -> Instant { tenure.until + (.zero - settings.trust / 2) }

    // MARK: the lease itself

    mutating func lose(_ reason: LeaseLoss) {
        guard let lost = tenure else { return }
        tenure = nil
        if let yielding = lost.yielding {
            // The host has been told.
            isHostStopping = !yielding.hasStopped
        } else {
            isHostStopping = true
            emit(.demote(token: lost.token, reason: reason))
        }
    }

    mutating func yield(to target: LeaseCandidate?, _ now: Instant) -> StepDown {
        guard let tenure, tenure.yielding == nil, nextEpoch <= LeaseRow.highestEpoch else {
            return .noCandidate
        }
        let patience = settings.broken == .yieldBeforeStop ? .zero : settings.demoteWithin
        self.tenure?.yielding = Yielding(target: target, until: now + patience)
        emit(.demote(token: tenure.token, reason: .handOver))
        return .begun
    }

    mutating func raise(_ floor: UInt64, _ now: Instant) {
        guard floor > self.floor, floor <= LeaseRow.highestEpoch else { return }
        self.floor = floor
        floorRose = now
        emit(.floor(floor))
    }

    mutating func emit(_ action: LeaseAction) { actions.append(action) }

    // MARK: what the register shows

    /// Whether the register shows less than it once did: it has lost what it had acknowledged.
    private func isForgotten(_ row: LeaseRow?, lookSent sent: Instant) -> Bool {
        guard settings.broken != .forgetfulStoreTrusted else { return false }
        guard let row, row.epoch >= floor else { return floor > 0 && sent > floorRose }
        guard let seen, seen.epoch == row.epoch else { return false }
        return row.version < seen.version || (row.version == seen.version && row.nonce != seen.nonce)
    }

    /// Keeps what was seen; the caller decides what follows.
    mutating func note(_ row: LeaseRow?, sent: Instant, now: Instant) {
        let isForgotten = isForgotten(row, lookSent: sent)
        let wasForgotten = watch?.isForgotten ?? false
        if watch == nil {
            watch = LeaseWatch(
                row, since: settings.broken == .waitFromRequest ? sent : now, lookSent: sent,
                isForgotten: isForgotten)
        } else {
            watch?.look(
                row, sent: sent, now: now, longestGap: settings.longestGap, isForgotten: isForgotten,
                broken: settings.broken)
        }
        if isForgotten, !wasForgotten { emit(.storeForgot(floor: floor, found: row?.epoch)) }
        guard let row, !isForgotten else { return }
        if row.epoch >= floor { seen = row }
        raise(row.epoch, now)
    }

    /// Whether nobody takes the lease unasked. A pause that this node wishes for counts before the register knows of it; an
    /// end of it only when that is written: the line decides who follows.
    var isHeldBack: Bool { !isWanted && (isPaused == true || wishes.paused == true) }

    /// When this node may take the lease, as far as it has seen, or write anew that nobody does; nil where it must not.
    var ripeAt: Instant? {
        guard tenure == nil, handing == nil, isReady, !isHostStopping, let watch else { return nil }
        let hasLostRow = watch.row == nil || watch.isForgotten
        guard !isHeldBack || hasLostRow, nextEpoch <= LeaseRow.highestEpoch else { return nil }
        // A later holder was heard of: the next look shows its row, or that the store forgot.
        let isBehind = (watch.row?.epoch ?? 0) < floor && !watch.isForgotten
        guard !isBehind || settings.broken == .forgetfulStoreTrusted else { return nil }
        if settings.broken == .createAtOnce, watch.row == nil { return watch.since }
        if settings.broken == .forgetfulStoreTrusted, watch.row == nil { return watch.since }
        let isOver = watch.since + (isGivenBack ? .zero : watch.wait(settings))
        // All look at a wish before anybody but the first in the line acts upon it.
        let areTold = watch.wishedAt + (place == 0 ? .zero : settings.renew)
        return max(isOver, areTold) + settings.step * Int64(place)
    }

    /// Whether somebody wants this node to be next, which the holder has not heeded.
    private var isWanted: Bool { wanted == id && watch?.row?.holder != id }

    /// Who is to be next; what an older row says of it was heeded, or taken back, long ago.
    private var wanted: String { watch?.isForgotten == true ? "" : watch?.row?.target ?? "" }

    /// Whether the holder gave the lease back, just now. After a gap in what this node saw it may be an old row, out of
    /// a store that was set back, and another may hold the lease since.
    private var isGivenBack: Bool {
        guard let watch, let row = watch.row, row.holder.isEmpty, !watch.isForgotten else { return false }
        return row.epoch == floor && watch.sawChange
    }

    /// How many steps this node lets others go first.
    private var place: Int {
        var order = watch?.row?.successors ?? line.map(\.id)
        if !wanted.isEmpty {
            order.removeAll { $0 == wanted }
            order.insert(wanted, at: 0)
        }
        return order.firstIndex(of: id) ?? order.count
    }

    // MARK: requests

    mutating func read(_ now: Instant) {
        lastRequest += 1
        request = Request(id: lastRequest, sent: now, attempt: nil)
        nextLook = now + pace
        eagerness = max(0, eagerness - 1)
        emit(.read(lastRequest))
    }

    /// The pause until the next look. What is on its way to the register takes as long as a commit does, however long
    /// the lease lasts.
    private var pace: Interval {
        guard eagerness > 0 else { return settings.renew }
        return min(settings.renew, .milliseconds(10) * (1 << Int64(Self.mostEager - eagerness)))
    }

    private static let mostEager = 6

    mutating func write(_ purpose: Attempt.Purpose, _ row: LeaseRow, now: Instant) {
        var row = row
        row.nonce = Nonce(high: generators.0.next(), low: generators.1.next())
        let expected = watch?.row?.stamp
        // A version once seen does not come again, even where the store has lost it.
        row.version = max(watch?.row?.version ?? 0, seen?.version ?? 0) &+ 1
        let attempt = Attempt(purpose: purpose, row: row, sent: now)
        lastRequest += 1
        request = Request(id: lastRequest, sent: now, attempt: attempt)
        nextLook = now + settings.renew
        emit(.compareAndSet(lastRequest, expected: expected, row: row))
    }

    /// The epoch of the next holder.
    var nextEpoch: UInt64 {
        if settings.broken == .noFloor || settings.broken == .forgetfulStoreTrusted {
            return (watch?.row?.epoch ?? 0) &+ 1
        }
        return max(floor, reserved) &+ 1
    }
}
