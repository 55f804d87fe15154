import Basics
import Engine
import Lease
import Stores
import Wire

/// The register that the voters hold together, as this node's leases read and write it: one proposer for each role, and
/// the ways to the voters.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class VoterDesk: Register, @unchecked Sendable {
    private struct Operation {
        let id: UInt64
        let isWrite: Bool
        let begun: Instant
        let completion: @Sendable (RegisterReply) -> Void
    }

    private let list: VoterList
    private let me: LeaseCandidate
    private let patience: Interval
    /// What proves that the holder is dead; nil where this node asks for itself.
    private let secret: Nonce?
    private var generator: SeededGenerator
    private var registers: [String: VoterRegister] = [:]
    private var operations: [String: Operation] = [:]
    private var lastId: UInt64 = 0
    /// Why a voter refused last; nil where it did not.
    private var refusals: [String: VoterReply.Refusal] = [:]
    /// The voters that answered since the last operation began.
    private var heard: Set<String> = []
    private lazy var alarm = Alarm { [weak self] in self?.tick() }
    private var isClosed = false
    /// Takes a question to a voter.
    var send: (_ voter: String, _ role: String, _ request: VoterRequest) -> Void = { _, _, _ in }
    /// The register remembers that this epoch may have been given out.
    var avoid: (_ role: String, _ epoch: UInt64) -> Void = { _, _ in }

    init(list: VoterList, me: LeaseCandidate, patience: Interval, seed: UInt64, secret: Nonce? = nil) {
        self.list = list
        self.me = me
        self.patience = patience
        self.secret = secret
        generator = SeededGenerator(seed: seed)
    }

    // MARK: what leases ask

    func read(role: String, completion: @escaping @Sendable (RegisterReply) -> Void) {
        begin(role, isWrite: false, completion) { $0.read($1, now: $2) }
    }

    func compareAndSet(
        role: String, expected: RowStamp?, row: LeaseRow,
        completion: @escaping @Sendable (RegisterReply) -> Void
    ) {
        begin(role, isWrite: true, completion) {
            $0.compareAndSet($1, expected: expected, row: row, now: $2)
        }
    }

    func close() {
        isClosed = true
        alarm.cancel()
        send = { _, _, _ in }
        avoid = { _, _ in }
        for role in operations.keys { giveUp(role) }
    }

    private func begin(
        _ role: String, isWrite: Bool, _ completion: @escaping @Sendable (RegisterReply) -> Void,
        _ body: (inout VoterRegister, UInt64, Instant) -> [VoterRegisterAction]
    ) {
        giveUp(role)
        lastId += 1
        operations[role] = Operation(id: lastId, isWrite: isWrite, begun: Clock.now, completion: completion)
        guard !isClosed else { return giveUp(role) }
        heard = []
        let id = lastId
        drive(role) { body(&$0, id, $1) }
    }

    /// Whoever asked has stopped waiting.
    private func giveUp(_ role: String) {
        guard let operation = operations.removeValue(forKey: role) else { return }
        operation.completion(
            RegisterReply(
                answer: operation.isWrite ? .unknown : .failed, error: StoreError(.unreachable, trouble)))
    }

    // MARK: what voters answer

    func received(_ reply: VoterReply, role: String) {
        guard registers[role] != nil, list.voters.contains(reply.voter) else { return }
        heard.insert(reply.voter)
        if case .refused(let refusal) = reply.body {
            refusals[reply.voter] = refusal
        } else {
            refusals[reply.voter] = nil
        }
        drive(role) { $0.received(reply, now: $1) }
    }

    private func drive(_ role: String, _ body: (inout VoterRegister, Instant) -> [VoterRegisterAction]) {
        var register =
            registers[role]
            ?? VoterRegister(
                writer: me, list: list, patience: patience, seed: generator.next(), secret: secret,
                numbersAfter: secret == nil ? 0 : generator.next() >> 1)
        let actions = body(&register, Clock.now)
        registers[role] = register
        for action in actions {
            switch action {
            case .ask(let voter, let request): send(voter, role, request)
            case .avoid(let epoch): avoid(role, epoch)
            case .answer(let id, let answer):
                guard let operation = operations[role], operation.id == id else { continue }
                operations[role] = nil
                let isGood = answer != .failed && answer != .unknown
                operation.completion(
                    RegisterReply(
                        answer: answer, error: isGood ? nil : StoreError(.unreachable, trouble)))
            }
        }
        schedule()
    }

    private func schedule() {
        guard !isClosed else { return }
        alarm.set(at: registers.values.map(\.nextDeadline).min() ?? .distantFuture)
    }

    private func tick() {
        let now = Clock.now
        for (role, register) in registers where register.nextDeadline <= now {
            if let operation = operations[role], now - operation.begun > patience * 4 {
                // A lease asks again long before: its seat is closed.
                registers[role]?.abandon()
                giveUp(role)
            } else {
                drive(role) { $0.tick(now: $1) }
            }
        }
        schedule()
    }

    // MARK: in words

    /// Why there is no majority.
    private var trouble: String {
        let silent = list.voters.filter { !heard.contains($0) }
        var words = ["\(list.majority) of \(list.voters.count) voters must agree"]
        if !silent.isEmpty { words.append("no answer from \(silent.joined(separator: ", "))") }
        for voter in list.voters where heard.contains(voter) {
            guard let refusal = refusals[voter] else { continue }
            switch refusal {
            case .ballot: words.append("\(voter) follows another writer")
            case .held(let left):
                words.append("\(voter) keeps the lease for its holder for \(left.milliseconds) ms")
            case .silent: words.append("\(voter) is silent after its start, or has lost its memory")
            case .hold:
                words.append("\(voter) grants no lease as long as failover.lease: see failover.longest_lease")
            case .list(let number):
                words.append(
                    "\(voter) votes under list \(number) of failover.voters, this node asks under \(list.number)"
                )
            }
        }
        return words.joined(separator: "; ")
    }
}
