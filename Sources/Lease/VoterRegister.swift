package import Basics

/// The voters as one register: the proposer's side, which the lease machine reads and writes.
///
/// Each write is a round of CASPaxos: prepare with a ballot, learn what stands there, propose what shall follow. A
/// proposer whose row was chosen keeps its ballot and writes the next row at once, so that a renewal is one message to
/// each voter and one back. A read asks for what was accepted; only where no majority says the same under one ballot,
/// the newest of it is written again.
package struct VoterRegister: Sendable {
    package let writer: LeaseCandidate
    package private(set) var list: VoterList
    private let patience: Interval
    private let broken: LeaseBreak?
    private let seed: UInt64
    /// What proves to the voters that the holder is dead, whose lease is given back.
    private let secret: Nonce?

    /// Under which list a row is known to be chosen.
    private var settledList: UInt64 = 0
    private var highestCounter: UInt64 = 0
    /// The ballot under which `chosen` was chosen, and nothing since.
    private var leading: Ballot?
    /// The row that was read or written last.
    private var known: LeaseRow?
    private var operation: Operation?
    private var lastNumber: UInt64
    private var actions: [VoterRegisterAction] = []

    private struct Operation: Sendable {
        var id: UInt64
        /// Nil: a read.
        var write: Write?
        var phase: Phase
        var body: VoterRequest.Body
        var number: UInt64 = 0
        var replies: [String: VoterReply.Body] = [:]
        var nextAsk: Instant
        var looks = 0
    }

    private struct Write: Hashable, Sendable {
        var expected: RowStamp?
        var row: LeaseRow
        var changesHolder: Bool
    }

    private enum Phase: Hashable, Sendable { case looking, trying, preparing(Ballot), proposing(Ballot) }

    /// `seed` is random, of this start: no other proposer makes the same ballots. Two proposers of one node in one role
    /// number their questions apart.
    package init(
        writer: LeaseCandidate, list: VoterList, patience: Interval, seed: UInt64, secret: Nonce? = nil,
        numbersAfter: UInt64 = 0, broken: LeaseBreak? = nil
    ) {
        self.writer = writer
        self.list = list
        self.patience = patience
        self.seed = seed
        self.secret = secret
        lastNumber = numbersAfter
        self.broken = broken
    }

    package var nextDeadline: Instant { operation?.nextAsk ?? .distantFuture }

    private var majority: Int { list.majority - (broken == .minorityDecides ? 1 : 0) }

    // MARK: inputs

    /// Another list of voters is configured from now on.
    package mutating func setList(_ list: VoterList) {
        guard list.number > self.list.number else { return }
        self.list = list
        leading = nil
        operation = nil
    }

    package mutating func read(_ id: UInt64, now: Instant) -> [VoterRegisterAction] {
        abandon()
        begin(Operation(id: id, phase: .looking, body: .look, nextAsk: now), now)
        return take()
    }

    package mutating func compareAndSet(
        _ id: UInt64, expected: RowStamp?, row: LeaseRow, now: Instant
    ) -> [VoterRegisterAction] {
        abandon()
        let stays = known.map {
            $0.holder == row.holder && $0.instance == row.instance && $0.epoch == row.epoch
        }
        let changesHolder = known?.stamp != expected || stays != true
        let write = Write(expected: expected, row: row, changesHolder: changesHolder)
        // A new epoch always takes a new ballot: voters forget old ones when they restart.
        if let leading, !changesHolder {
            propose(leading, row, isRepair: false, start(id, write, now), now)
        } else if changesHolder {
            // Only who would get a majority's promises asks for them: a node that returns disturbs no one.
            var operation = start(id, write, now)
            operation.phase = .trying
            operation.body = .prepare(nextBallot(), changesHolder: true, isTrial: true)
            begin(operation, now)
        } else {
            prepare(start(id, write, now), now)
        }
        return take()
    }

    package mutating func tick(now: Instant) -> [VoterRegisterAction] {
        guard var operation, operation.nextAsk <= now else { return take() }
        if operation.phase == .looking, operation.replies.count >= majority {
            // They do not say the same. Perhaps something is being written just now: once more, then it is repaired.
            operation.looks += 1
            if operation.looks < 2 {
                begin(operation, now)
            } else {
                prepare(operation, now)
            }
        } else {
            ask(&operation, now)
            self.operation = operation
        }
        return take()
    }

    package mutating func received(_ reply: VoterReply, now: Instant) -> [VoterRegisterAction] {
        guard var operation, operation.number == reply.number, list.voters.contains(reply.voter) else {
            return take()
        }
        operation.replies[reply.voter] = reply.body
        self.operation = operation
        switch reply.body {
        case .refused(.ballot(let counter)): highestCounter = max(highestCounter, counter)
        case .state(_, let promised, _): highestCounter = max(highestCounter, promised.counter)
        case .refused, .accepted, .recalled: break
        }
        count(operation, now)
        return take()
    }

    private mutating func take() -> [VoterRegisterAction] {
        defer { actions = [] }
        return actions
    }

    // MARK: rounds

    /// Nobody waits for the answer any more. What was proposed and not answered may be accepted yet: nothing else may be
    /// proposed under its ballot.
    package mutating func abandon() {
        if case .proposing = operation?.phase { leading = nil }
        operation = nil
    }

    /// The phase and the question follow with the first round.
    private func start(_ id: UInt64, _ write: Write, _ now: Instant) -> Operation {
        Operation(id: id, write: write, phase: .trying, body: .look, nextAsk: now)
    }

    private mutating func begin(_ started: Operation, _ now: Instant) {
        var operation = started
        lastNumber += 1
        operation.number = lastNumber
        operation.replies = [:]
        ask(&operation, now)
        self.operation = operation
    }

    /// Asks those that have not answered, again after a while: messages may be lost.
    private mutating func ask(_ operation: inout Operation, _ now: Instant) {
        operation.nextAsk = now + patience / 4
        let request = VoterRequest(
            number: operation.number, writer: writer, list: list, settledList: settledList,
            body: operation.body, secret: operation.write == nil ? nil : secret)
        for voter in list.voters where operation.replies[voter] == nil {
            actions.append(.ask(voter, request))
        }
    }

    private mutating func prepare(_ started: Operation, _ now: Instant) {
        var operation = started
        let ballot = nextBallot()
        leading = nil
        operation.phase = .preparing(ballot)
        operation.body = .prepare(
            ballot, changesHolder: operation.write?.changesHolder ?? false, isTrial: false)
        begin(operation, now)
    }

    private mutating func propose(
        _ ballot: Ballot, _ row: LeaseRow, isRepair: Bool, _ started: Operation, _ now: Instant
    ) {
        var operation = started
        leading = nil
        operation.phase = .proposing(ballot)
        operation.body = .propose(ballot, row, isRepair: isRepair)
        begin(operation, now)
    }

    private mutating func nextBallot() -> Ballot {
        highestCounter = highestCounter == .max ? .max : highestCounter + 1
        return Ballot(counter: highestCounter, proposer: seed)
    }

    // MARK: counting

    private mutating func count(_ operation: Operation, _ now: Instant) {
        var states: [(accepted: Accepted?, epoch: UInt64)] = []
        var refusals = 0
        var acceptances = 0
        for voter in list.voters {
            switch operation.replies[voter] {
            case .state(let accepted, _, let epoch): states.append((accepted, epoch))
            case .refused: refusals += 1
            case .accepted: acceptances += 1
            case .recalled, nil: break
            }
        }
        let isHopeless = refusals > list.voters.count - majority
        switch operation.phase {
        case .looking:
            if isHopeless { return answer(operation, .failed) }
            guard states.count >= majority, let row = unanimous(states.map(\.accepted)) else { return }
            if known?.stamp != row?.stamp { leading = nil }
            learn(row, states.map(\.epoch))
            answer(operation, .row(row))
        case .trying:
            if isHopeless { return answer(operation, .failed) }
            if states.count >= majority { prepare(operation, now) }
        case .preparing(let ballot):
            if isHopeless { return answer(operation, .failed) }
            guard states.count >= majority else { return }
            promised(ballot, newest(states.map(\.accepted))?.row, states.map(\.epoch), operation, now)
        case .proposing(let ballot):
            if acceptances >= majority, case .propose(_, let row, _) = operation.body {
                leading = ballot
                known = row
                settledList = max(settledList, list.number)
                return answer(operation, operation.write == nil ? .row(row) : .applied)
            }
            if isHopeless { answer(operation, operation.write == nil ? .failed : .unknown) }
        }
    }

    /// A majority will accept nothing older: what they have shown is what stands.
    private mutating func promised(
        _ ballot: Ballot, _ current: LeaseRow?, _ epochs: [UInt64], _ operation: Operation, _ now: Instant
    ) {
        learn(current, epochs)
        guard let write = operation.write else {
            guard let current else { return answer(operation, .row(nil)) }
            return propose(ballot, current, isRepair: true, operation, now)
        }
        guard current?.stamp == write.expected else { return answer(operation, .conflict) }
        // An epoch is never given out twice, even where nobody heard of it.
        let isNewEpoch = write.row.epoch != current?.epoch
        if isNewEpoch, write.row.epoch <= epochs.max() ?? 0 { return answer(operation, .conflict) }
        propose(ballot, write.row, isRepair: false, operation, now)
    }

    private mutating func learn(_ row: LeaseRow?, _ epochs: [UInt64]) {
        known = row
        if let highest = epochs.max(), highest > 0 { actions.append(.avoid(epoch: highest)) }
    }

    private mutating func answer(_ operation: Operation, _ answer: RegisterAnswer) {
        if case .unknown = answer { leading = nil }
        self.operation = nil
        actions.append(.answer(operation.id, answer))
    }

    private func newest(_ all: [Accepted?]) -> Accepted? {
        var newest: Accepted?
        for case let accepted? in all where accepted.isNewer(than: newest) { newest = accepted }
        return newest
    }

    /// What a majority has accepted under one ballot and nobody surpassed: `.some(nil)` where that is nothing, nil where
    /// they differ. The same row under two ballots is not chosen: between the two another may have been proposed, which
    /// whoever does not hear of the later one would finish.
    private func unanimous(_ all: [Accepted?]) -> LeaseRow?? {
        let newest = newest(all)
        let same = all.filter {
            $0?.row.stamp == newest?.row.stamp && ($0?.ballot == newest?.ballot || broken == .stampsAlone)
        }.count
        return same >= majority ? .some(newest?.row) : nil
    }
}

/// What the register wants done, in order.
package enum VoterRegisterAction: Hashable, Sendable {
    case ask(String, VoterRequest)
    /// The answer to `read` or `compareAndSet`.
    case answer(UInt64, RegisterAnswer)
    /// For `Lease.avoid`; comes before the answer.
    case avoid(epoch: UInt64)
}
