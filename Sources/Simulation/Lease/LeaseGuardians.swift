import Basics
import Lease

/// The guardians of clients: one sees its process die, or kills it when it stands still, and shows the secret to voters,
/// of which each gives the lease back by itself.
struct LeaseGuardians: Sendable {
    enum Event: Sendable {
        /// A guardian looks whether its client still stands still.
        case looks(Int, start: UInt64)
        case letter(Letter, voter: Int)
        case reply([UInt8], to: Int)
        case tick(Int)
        case goesOn(Int, RegisterAnswer?)
    }

    /// What a guardian, or a stranger, tells a voter.
    struct Letter: Hashable, Sendable {
        var dead: LeaseCandidate
        var secret: Nonce
    }

    /// A voter at work on a letter.
    struct Execution: Sendable {
        var release: Release
        var register: VoterRegister
        var voter: Int
        var voterStart: UInt64
        var until: Instant
        var lastQuestion: UInt64 = 0
        var scheduled = Instant.distantFuture
    }

    /// Its own, so that histories without guardians stay what they were.
    var generator: SeededGenerator
    /// Where replies to an execution go is its place here; one that is over leaves its place empty.
    var executions: [Execution?] = []

    init(seed: UInt64) { generator = SeededGenerator(seed: seed ^ 0x6775_6172_64) }

    /// Only the client and its guardian know it.
    static func secret(_ index: Int, start: UInt64) -> Nonce {
        var generator = SeededGenerator(seed: UInt64(index) << 32 ^ start)
        return Nonce(high: generator.next(), low: generator.next())
    }

    /// In place of a hash.
    static func will(_ secret: Nonce) -> Nonce {
        var generator = SeededGenerator(seed: secret.high ^ secret.low &* 3)
        return Nonce(high: generator.next(), low: generator.next())
    }
}

extension LeaseScenario {
    var willCheck: WillCheck {
        if broken == .anySecret { return { _, _ in true } }
        return { LeaseGuardians.will($0) == $1 }
    }
}

extension LeaseWorld {
    mutating func handle(_ event: LeaseGuardians.Event) {
        switch event {
        case .looks(let index, let start): look(index, start)
        case .letter(let letter, let voter): arrived(letter, at: voter)
        case .reply(let bytes, let place):
            guard let reply = try? VoterReply(decoding: bytes[...]) else {
                return checker.fail(now, "a voter's reply does not decode")
            }
            drive(place) { $0.received(reply, now: $1) }
        case .tick(let place):
            guardians.executions[place]?.scheduled = .distantFuture
            drive(place) { $0.tick(now: $1) }
        case .goesOn(let place, let answer): goOn(place, after: answer)
        }
    }

    // MARK: guardians

    /// The kernel has told the guardian.
    mutating func guardianSawDeath(of index: Int, start: UInt64) {
        guard scenario.isGuarded else { return }
        show(LeaseGuardians.secret(index, start: start), of: index, start: start)
    }

    /// Its guardian has seen the client stop.
    mutating func guardianSawStop(of index: Int) {
        guard scenario.isGuarded else { return }
        let limit = clients[index].lease.settings.hold / 4
        agenda.push(.guardian(.looks(index, start: clients[index].start)), at: now + limit)
    }

    private mutating func look(_ index: Int, _ start: UInt64) {
        let client = clients[index]
        guard client.start == start, client.state == .paused, client.lease.leaseUntil != nil else { return }
        if scenario.broken == .releaseBeforeDeath {
            show(LeaseGuardians.secret(index, start: start), of: index, start: start)
        } else {
            kill(index)
        }
    }

    /// A stranger, who knows who leads, guesses.
    mutating func guess() {
        guard scenario.isGuarded, guardians.generator.below(3) == 0,
            let leader = clients.indices.first(where: { clients[$0].isPrimary(now) })
        else { return }
        let guess = Nonce(high: guardians.generator.next(), low: guardians.generator.next())
        show(guess, of: leader, start: clients[leader].start)
    }

    /// To one voter after the other.
    private mutating func show(_ secret: Nonce, of index: Int, start: UInt64) {
        let dead = LeaseCandidate(id: clients[index].id, instance: start)
        let first = guardians.generator.below(voters.count)
        for turn in 0..<2 * voters.count {
            let voter = (first + turn) % voters.count
            guard let delay = passage(index, scenario.clients + voter) else { continue }
            agenda.push(
                .guardian(.letter(LeaseGuardians.Letter(dead: dead, secret: secret), voter: voter)),
                at: now + Interval.milliseconds(50) * Int64(turn) + delay)
        }
    }

    // MARK: voters with a letter

    private mutating func arrived(_ letter: LeaseGuardians.Letter, at voter: Int) {
        let listed = voters[voter].listed
        guard listed >= 1, listed <= lists.count, !voters[voter].isPaused,
            voters[voter].voter.accepted?.row.isProvenDead(
                letter.dead, by: letter.secret, scenario.willCheck) == true
        else { return }
        let isAtIt = guardians.executions.contains {
            $0?.voter == voter && $0?.release.id == letter.dead.id
        }
        guard !isAtIt else { return }
        note("\(voters[voter].id) gives back what \(letter.dead.id) held")
        checker.wills += 1
        let register = VoterRegister(
            writer: LeaseCandidate(id: voters[voter].id, instance: voters[voter].start),
            list: lists[listed - 1],
            patience: .milliseconds(500), seed: guardians.generator.next(), secret: letter.secret,
            numbersAfter: guardians.generator.next() >> 1, broken: scenario.broken)
        guardians.executions.append(
            LeaseGuardians.Execution(
                release: Release(id: letter.dead.id, instance: letter.dead.instance), register: register,
                voter: voter, voterStart: voters[voter].start, until: now + longestHold * 2))
        goOn(guardians.executions.count - 1, after: nil)
    }

    private mutating func goOn(_ place: Int, after answer: RegisterAnswer?) {
        guard var execution = guardians.executions[place] else { return }
        guard now < execution.until, voters[execution.voter].start == execution.voterStart else {
            guardians.executions[place] = nil
            return
        }
        let nonce = Nonce(high: guardians.generator.next(), low: guardians.generator.next())
        execution.lastQuestion += 1
        guardians.executions[place] = execution
        let question = execution.lastQuestion
        switch execution.release.next(after: answer, nonce: nonce) {
        case .done: guardians.executions[place] = nil
        case .read: drive(place) { $0.read(question, now: $1) }
        case .write(let expected, let row):
            checker.writes += 1
            drive(place) { $0.compareAndSet(question, expected: expected, row: row, now: $1) }
        }
    }

    private mutating func drive(
        _ place: Int, _ body: (inout VoterRegister, Instant) -> [VoterRegisterAction]
    ) {
        guard var execution = guardians.executions[place] else { return }
        let here = execution.voter
        // What a stopped process would do, it does too late to matter.
        guard !voters[here].isPaused, voters[here].start == execution.voterStart else {
            guardians.executions[place] = nil
            return
        }
        let actions = body(&execution.register, voters[here].clock.reading(at: now))
        let deadline = execution.register.nextDeadline
        let next = max(voters[here].clock.worldTime(of: deadline), now + .microseconds(10))
        if deadline < .distantFuture, next < execution.scheduled {
            execution.scheduled = next
            agenda.push(.guardian(.tick(place)), at: next)
        }
        guardians.executions[place] = execution
        for action in actions {
            switch action {
            case .avoid: break
            case .answer(_, let answer):
                let isUncertain = answer == .failed || answer == .unknown
                let pause = Interval.milliseconds(isUncertain ? Int64(20 + guardians.generator.below(40)) : 0)
                agenda.push(.guardian(.goesOn(place, answer)), at: now + pause)
            case .ask(let name, let request):
                guard let voter = voters.firstIndex(where: { $0.id == name }) else { continue }
                let bytes = request.encoded()
                let from = scenario.clients + voters.count + place
                for delay in passages(scenario.clients + here, scenario.clients + voter) {
                    agenda.push(
                        .voter(voter, start: voters[voter].start, .request(bytes, from: from)),
                        at: now + delay)
                }
            }
        }
    }

    /// A voter answers an execution at another, or its own.
    mutating func answer(_ bytes: [UInt8], from voter: Int, toExecution place: Int) {
        guard guardians.executions.indices.contains(place), let execution = guardians.executions[place] else {
            return
        }
        for delay in passages(scenario.clients + voter, scenario.clients + execution.voter) {
            agenda.push(.guardian(.reply(bytes, to: place)), at: now + delay)
        }
    }
}
