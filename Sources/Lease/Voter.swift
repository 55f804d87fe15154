package import Basics

/// One of those who hold the register together: an acceptor.
///
/// Ballots and proposals are those of CASPaxos (D. Rystsov, 2018); that the row itself is held in memory only, and a
/// restarted voter is silent for as long as any lease may last, is PaxosLease (M. Trencséni, A. Gazsó, H. Reinhardt,
/// 2012). The epoch and the list of voters are on disk, so that tokens grow whatever happens.
///
/// A voter that has accepted a holder's row promises that holder the lease for the row's hold, on its own clock: until
/// then it gives nobody else a ballot for changing the holder. Only who shows that the holder is dead, by the secret of
/// the will in its row, may write that nobody holds the lease.
package struct Voter: Sendable {
    package let id: String
    /// The longest hold that this voter grants, and how long it is silent after a start.
    package let longestHold: Interval
    private let isOpened: WillCheck
    private let broken: LeaseBreak?

    package private(set) var list: VoterList
    /// The lists one after the other, as this voter was told them at its start.
    private let lists: [VoterList]
    private var settledList: UInt64
    private var promised = Ballot.none
    package private(set) var accepted: Accepted?
    /// Until when the lease is promised to the holder of the accepted row.
    private var heldUntil = Instant.distantPast
    package private(set) var epoch: UInt64
    package let silentUntil: Instant
    /// What the others say of the epoch, where this voter has lost its memory.
    private var recalling: Recalling?

    /// What awaits the disk, and the answers that await it.
    private var saving = 0
    private var held: [(to: String, reply: VoterReply)] = []
    private var lastRequest: UInt64 = 0
    private var actions: [VoterAction] = []

    /// What a voter writes down before it answers.
    package struct Memory: Hashable, Sendable {
        package var epoch: UInt64
        package var list: VoterList
        package var settledList: UInt64

        package init(epoch: UInt64, list: VoterList, settledList: UInt64) {
            self.epoch = epoch
            self.list = list
            self.settledList = settledList
        }
    }

    private struct Recalling: Sendable {
        var next: Instant
        /// Nil: that voter has no memory either.
        var heard: [String: UInt64?] = [:]
    }

    /// `memory` is nil where the disk holds nothing: a voter that is new, or has lost it. `lists` are those that led to
    /// `list`, itself included.
    package init(
        id: String, list: VoterList, lists: [VoterList] = [], memory: Memory?, longestHold: Interval,
        now: Instant,
        isOpened: @escaping WillCheck = { _, _ in false }, broken: LeaseBreak? = nil
    ) {
        self.id = id
        self.longestHold = longestHold
        self.isOpened = isOpened
        self.broken = broken
        self.list = memory?.list ?? list
        self.lists = lists
        settledList = memory?.settledList ?? 0
        epoch = memory?.epoch ?? 0
        // By its own clock, which may be fast.
        let silence = longestHold + longestHold / 1000 * (3 * LeaseSettings.clockRate)
        silentUntil = broken == .voterNotSilent ? now : now + silence
        if memory == nil, broken != .lostDiskVotes { recalling = Recalling(next: silentUntil) }
    }

    package func isSilent(now: Instant) -> Bool { now < silentUntil || recalling != nil }

    package var hasLostMemory: Bool { recalling != nil }

    package var nextDeadline: Instant { recalling?.next ?? .distantFuture }

    // MARK: inputs

    package mutating func tick(now: Instant) -> [VoterAction] {
        if let recalling, recalling.next <= now { ask(now) }
        return take()
    }

    /// A request of another node; `from` is where the answer goes.
    package mutating func received(_ request: VoterRequest, from: String, now: Instant) -> [VoterAction] {
        let body = answer(request, now)
        let reply = VoterReply(number: request.number, voter: id, body: body)
        // Nothing is said that the disk does not know yet: who has heard it builds on it.
        if saving > 0, broken != .epochNotDurable {
            held.append((from, reply))
        } else {
            actions.append(.reply(to: from, reply))
        }
        return take()
    }

    /// The disk has what `persist` asked for.
    package mutating func persisted() -> [VoterAction] {
        saving = max(0, saving - 1)
        guard saving == 0 else { return take() }
        for (to, reply) in held { actions.append(.reply(to: to, reply)) }
        held = []
        return take()
    }

    /// Another voter's answer to `recall`.
    package mutating func recalled(_ reply: VoterReply, now: Instant) -> [VoterAction] {
        guard recalling != nil, reply.number == lastRequest, reply.voter != id,
            list.voters.contains(reply.voter), case .recalled(let theirs) = reply.body
        else { return take() }
        recalling?.heard[reply.voter] = .some(theirs)
        remember()
        return take()
    }

    private mutating func take() -> [VoterAction] {
        defer { actions = [] }
        return actions
    }

    // MARK: answers

    private mutating func answer(_ request: VoterRequest, _ now: Instant) -> VoterReply.Body {
        if case .recall = request.body { return .recalled(epoch: recalling == nil ? epoch : nil) }
        guard now >= silentUntil, recalling == nil else { return .refused(.silent) }
        guard admits(request) else { return .refused(.list(list.number)) }
        switch request.body {
        case .recall: return .refused(.silent)
        case .look: return .state(accepted, promised: promised, epoch: epoch)
        case .prepare(let ballot, let changesHolder, let isTrial):
            guard ballot > promised || (ballot == promised && isTrial) else {
                return ballot == promised
                    ? .state(accepted, promised: promised, epoch: epoch) : .refused(.ballot(promised.counter))
            }
            if changesHolder, let left = promisedElsewhere(request.writer, request.secret, now) {
                return .refused(.held(left))
            }
            if !isTrial { promised = ballot }
            return .state(accepted, promised: promised, epoch: epoch)
        case .propose(let ballot, let row, let isRepair):
            return propose(ballot, row, isRepair: isRepair, request, now)
        }
    }

    private mutating func propose(
        _ ballot: Ballot, _ row: LeaseRow, isRepair: Bool, _ request: VoterRequest, _ now: Instant
    ) -> VoterReply.Body {
        guard ballot >= promised || broken == .ballotsIgnored else {
            return .refused(.ballot(promised.counter))
        }
        guard row.hold <= longestHold else { return .refused(.hold) }
        let changesHolder = !(accepted.map { Self.isSameHolder($0.row, row) } ?? false)
        if changesHolder {
            // A holder may give its lease to another; nobody may finish what another had begun while it is promised.
            let writer = isRepair ? nil : request.writer
            // The death of a holder makes nobody else one.
            let isGivenBack = row.holder.isEmpty && row.epoch == accepted?.row.epoch
            let secret = isGivenBack ? request.secret : nil
            if let left = promisedElsewhere(writer, secret, now) { return .refused(.held(left)) }
        }
        let proposal = Accepted(ballot: ballot, row: row)
        if let accepted, !proposal.isNewer(than: accepted), broken != .ballotsIgnored {
            // The same once more, or one that was overtaken by the next.
            return row.stamp == accepted.row.stamp
                ? .accepted(version: row.version) : .refused(.ballot(promised.counter))
        }
        promised = max(promised, ballot)
        // A row that is only written again, or with a wish of others, promises nothing anew.
        let isSame =
            broken == .wishesDelay ? accepted?.row.stamp == row.stamp : accepted?.row.mark == row.mark
        if !isSame { heldUntil = now + row.hold }
        accepted = proposal
        if row.epoch > epoch || request.list.number > list.number {
            epoch = max(epoch, row.epoch)
            if request.list.number > list.number { list = request.list }
            save()
        }
        return .accepted(version: row.version)
    }

    /// For how long the lease is promised to somebody other than the writer, who may show that the holder is dead.
    private func promisedElsewhere(
        _ writer: LeaseCandidate?, _ secret: Nonce?, _ now: Instant
    ) -> Interval? {
        guard let row = accepted?.row, !row.holder.isEmpty, heldUntil > now else { return nil }
        if broken == .promisesIgnored || broken == .ballotsIgnored { return nil }
        if let writer, row.holder == writer.id, row.instance == writer.instance { return nil }
        if let secret, let will = row.will, isOpened(secret, will) { return nil }
        return heldUntil - now
    }

    private static func isSameHolder(_ one: LeaseRow, _ other: LeaseRow) -> Bool {
        one.holder == other.holder && one.instance == other.instance && one.epoch == other.epoch
    }

    /// Whether the asker's list may be voted under: this voter's own, or the next one when this one is known to be in
    /// use. A voter that has accepted a row under the next one serves the former no more.
    ///
    /// One that was away, or no voter, while lists were in force goes straight to a later one: its own leads there by
    /// what it was told at its start, and the one before that is in use. Then nobody else is served under those in
    /// between either: of each a majority has gone on, and any majority of the one before shares a voter with it.
    private mutating func admits(_ request: VoterRequest) -> Bool {
        if request.list.number == list.number {
            guard request.list == list else { return false }
            if request.settledList == list.number, settledList < list.number {
                settledList = list.number
                save()
            }
            return true
        }
        if settledList == list.number, request.list.follows(list) { return true }
        return request.list.number > list.number && request.settledList >= request.list.number - 1
            && lists.contains(list) && lists.contains(request.list)
    }

    private mutating func save() {
        saving += 1
        actions.append(.persist(Memory(epoch: epoch, list: list, settledList: settledList)))
    }

    // MARK: a lost disk

    private mutating func ask(_ now: Instant) {
        lastRequest += 1
        recalling?.heard = [:]
        recalling?.next = now + longestHold / 4
        // Only what is asked after the silence counts: by then no proposal from before the loss is still under way.
        let request = VoterRequest(
            number: lastRequest, writer: LeaseCandidate(id: id, instance: 0), list: list,
            settledList: settledList, body: .recall)
        for voter in list.voters where voter != id { actions.append(.ask(voter, request)) }
        remember()
    }

    private mutating func remember() {
        guard let heard = recalling?.heard else { return }
        let epochs = heard.values.compactMap { $0 }
        // A majority that remembers shares a voter with every majority that accepted an epoch. Where all answer and
        // none remembers one, there has been none: the cluster is new.
        let isNew = heard.count == list.voters.count - 1 && epochs.allSatisfy { $0 == 0 }
        guard epochs.count >= list.majority || isNew else { return }
        epoch = max(epoch, epochs.max() ?? 0)
        recalling = nil
        save()
    }
}

/// What a voter wants done, in order.
package enum VoterAction: Hashable, Sendable {
    case reply(to: String, VoterReply)
    /// Write this down, and say so with `persisted`.
    case persist(Voter.Memory)
    /// Ask another voter; the answer goes to `recalled`.
    case ask(String, VoterRequest)
}
