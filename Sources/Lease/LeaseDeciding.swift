import Basics

extension Lease {
    /// What to do next while no request is on its way.
    mutating func decide(_ now: Instant) {
        giveUpWhatIsOver(now)
        guard let watch, !mustRead else {
            if nextLook <= now { read(now) }
            return
        }
        if let tenure {
            if let yielding = tenure.yielding, yielding.hasStopped || yielding.until <= now {
                handing = Handing(token: tenure.token, target: yielding.target, until: tenure.until)
                // From here on this node does not trust itself: the write may take effect at any moment.
                isHostStopping = !yielding.hasStopped
                self.tenure = nil
                return handOver(now)
            }
            if nextLook <= now { write(.renewal, renewal(tenure.token), now: now) }
            return
        }
        if handing != nil {
            if nextLook <= now { handOver(now) }
            return
        }
        if isHandedToMe {
            guard settings.broken != .targetTrustsRow else { return trustTheRow(now) }
            return write(.claim, renewed(floor), now: now)
        }
        if settings.broken == .restartIsHolder, let row = watch.row, row.holder == id,
            row.instance != instance, isReady, !isHostStopping
        {
            return write(.claim, renewed(row.epoch), now: now)
        }
        if let ripe = ripeAt, ripe <= now {
            // Whoever could not look lately looks again, and counts anew if it was too long.
            let isFresh =
                now - watch.lastLook <= settings.longestGap || settings.broken == .gapsIgnored
                || settings.broken == .waitFromRequest
            if isFresh {
                return isHeldBack
                    ? write(.restore, restored(), now: now)
                    : write(.claim, renewed(nextEpoch), now: now)
            }
        }
        if hasJustRead, let petition = petition() { return write(.petition, petition, now: now) }
        if nextLook <= now { read(now) }
    }

    private mutating func giveUpWhatIsOver(_ now: Instant) {
        if let handing, handing.until <= now { self.handing = nil }
        if tenure != nil || wishes.targetUntil <= now {
            wishes.target = nil
            wishes.takesBack = nil
        }
    }

    // MARK: rows

    /// The row of a holder: this node.
    private func renewed(_ epoch: UInt64) -> LeaseRow {
        let paused = wishes.paused ?? isPaused ?? false
        return LeaseRow(
            holder: id, instance: instance, epoch: epoch, version: 0, nonce: Nonce(high: 0, low: 0),
            hold: settings.hold, successors: line.map(\.id).filter { $0 != id }, paused: paused,
            will: settings.will)
    }

    private func renewal(_ epoch: UInt64) -> LeaseRow {
        var row = renewed(epoch)
        if settings.broken == .renewalsUnseen { row.wished = watch?.row?.wished ?? watch?.row?.nonce }
        return row
    }

    /// Where the register has lost the row of a paused role: the row of nobody, as if somebody had taken the lease and given
    /// it back. Then all know again that the role is paused, or is so no more, and who may not lead can say so. Whoever
    /// writes it keeps its place in the line.
    private func restored() -> LeaseRow {
        var row = vacant(nextEpoch)
        row.successors = line.map(\.id)
        return row
    }

    /// The row of nobody: this node gives the lease back.
    private func vacant(_ epoch: UInt64) -> LeaseRow {
        var row = renewed(epoch)
        row.holder = ""
        row.instance = 0
        row.will = nil
        return row
    }

    private mutating func handOver(_ now: Instant) {
        guard let handing, nextEpoch <= LeaseRow.highestEpoch else { return }
        guard let target = handing.target else { return write(.handOver, vacant(handing.token), now: now) }
        var row = renewed(nextEpoch)
        // It speaks for this node only.
        row.will = nil
        row.holder = target.id
        row.instance = target.instance
        row.target = target.id
        row.successors.removeAll { $0 == target.id }
        write(.handOver, row, now: now)
    }

    /// What somebody who does not hold the lease may ask of the row: nothing else in it changes.
    private func petition() -> LeaseRow? {
        guard var row = watch?.row else { return nil }
        let before = row
        // Nobody heeds what a row says that is older than what was seen.
        if let paused = wishes.paused, watch?.isForgotten != true { row.paused = paused }
        // The holder needs no hand-over, and one that is under way is not to be overwritten.
        if let target = wishes.target, target != row.holder, row.target != row.holder { row.target = target }
        if let target = wishes.takesBack, row.target == target, target != row.holder { row.target = "" }
        guard row != before else { return nil }
        // Its holder may be dead: nobody counts anew for what others wish.
        row.wished = before.wished ?? before.nonce
        return row
    }

    // MARK: judgements

    /// Whether the holder handed the lease to this very start of this node, just now. After a gap in what this node saw
    /// the offer may be an old one, out of a store that was set back.
    private var isHandedToMe: Bool {
        guard let watch, let row = watch.row, isReady, !isHostStopping else { return false }
        return row.holder == id && row.target == id && row.instance == instance
            && watch.sawChange && !watch.isForgotten && row.epoch == floor && row.epoch > lastToken
    }

    /// The broken rule: nobody knows how old the row is.
    private mutating func trustTheRow(_ now: Instant) {
        tenure = Tenure(token: floor, until: now + settings.trust)
        emit(.promoted(token: floor))
    }

    /// The end of a request.
    mutating func conclude(_ request: Request, _ answer: RegisterAnswer, _ now: Instant) {
        guard let attempt = request.attempt else {
            guard case .row(let row) = answer else {
                // The register cannot be read; it is asked again soon, and the wait is spread.
                nextLook = max(now, min(nextLook, now + settings.renew / 4))
                return
            }
            mustRead = false
            hasJustRead = true
            // A holder reads only after trouble, and goes on at once.
            if tenure != nil || handing != nil { nextLook = now }
            return found(row, sent: request.sent, now)
        }
        switch answer {
        case .applied:
            note(attempt.row, sent: attempt.sent, now: now)
            won(attempt, from: settings.broken == .trustFromReply ? now : attempt.sent, now)
        case .unknown where settings.broken == .unknownIsSuccess:
            note(attempt.row, sent: attempt.sent, now: now)
            won(attempt, from: attempt.sent, now)
        case .unknown:
            attempts.append(attempt)
            if attempts.count > Self.mostAttempts { attempts.removeFirst() }
            mustRead = true
            nextLook = now
        case .conflict, .row:
            mustRead = true
            nextLook = now
        case .failed:
            mustRead = true
            nextLook = max(now, min(nextLook, now + settings.renew / 4))
        }
    }

    private static var mostAttempts: Int { 8 }

    /// What a read showed.
    private mutating func found(_ row: LeaseRow?, sent: Instant, _ now: Instant) {
        let wasMine = attempts.first { $0.row.stamp == row?.stamp }
        note(row, sent: sent, now: now)
        if let wasMine {
            attempts = []
            won(wasMine, from: settings.broken == .readBackIsFresh ? now : wasMine.sent, now)
        }
        if let row {
            // What expected an older row has lost its chance.
            attempts.removeAll { $0.row.version <= row.version }
            if handing != nil, !names(row, handing?.token) { handing = nil }
            // What stands there already needs no wish, which would undo later what others do.
            if row.paused == wishes.paused, sent >= wishes.pausedAt, attempts.isEmpty,
                watch?.isForgotten != true
            {
                wishes.paused = nil
            }
        }
        guard let tenure else { return }
        if watch?.isForgotten == true { return lose(.storeForgot) }
        guard let row, names(row, tenure.token) else { return lose(.replaced) }
        if tenure.yielding == nil, let target = line.first(where: { $0.id == row.target && $0.id != id }) {
            _ = yield(to: target, now)
        }
    }

    private func names(_ row: LeaseRow, _ token: UInt64?) -> Bool {
        row.holder == id && row.instance == instance && row.epoch == token
    }

    /// The write took effect, and what it wrote is noted. Whatever it gives counts from when it was sent: the others may
    /// have seen it at that moment.
    private mutating func won(_ attempt: Attempt, from sent: Instant, _ now: Instant) {
        attempts = []
        if wishes.paused == attempt.row.paused, attempt.row.epoch >= floor { wishes.paused = nil }
        switch attempt.purpose {
        case .restore: break
        case .petition:
            // It carried what was wished when it was sent.
            if wishes.target == attempt.row.target { wishes.target = nil }
            if wishes.takesBack != attempt.row.target { wishes.takesBack = nil }
        case .handOver:
            handing = nil
            emit(.handedOver(to: attempt.row.holder.isEmpty ? nil : attempt.row.holder))
        case .renewal:
            guard let tenure, tenure.token == attempt.row.epoch else { return }
            trust(until: sent + settings.trust, sent: attempt.sent)
            nextLook = max(now, attempt.sent + settings.renew)
        case .claim:
            // One that comes too late, or for a host that is not ready any more, lapses. So does one that a later holder
            // was heard of meanwhile: the store forgot, as the next look will show.
            guard tenure == nil, sent + settings.trust > now, isReady, !isHostStopping,
                !isOutdone(attempt.row.epoch)
            else { return }
            tenure = Tenure(token: attempt.row.epoch, until: sent + settings.trust)
            lastToken = attempt.row.epoch
            emit(.promoted(token: attempt.row.epoch))
        }
    }

    private func isOutdone(_ epoch: UInt64) -> Bool {
        epoch < floor && settings.broken != .noFloor && settings.broken != .forgetfulStoreTrusted
    }

    private mutating func trust(until: Instant, sent: Instant) {
        guard var tenure else { return }
        if until > tenure.until {
            tenure.until = until
            tenure.isWarned = false
        }
        if let since = tenure.suspendedSince, sent >= since {
            tenure.suspendedSince = nil
            if tenure.yielding == nil { emit(.resumed(token: tenure.token)) }
        }
        self.tenure = tenure
    }
}
