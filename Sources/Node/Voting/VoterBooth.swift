import Basics
import Lease
import Memory
import Sealing
import Wire

/// This node as a voter: one voter for each role that anybody asks about, and what they must not forget.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class VoterBooth: @unchecked Sendable {
    private let id: String
    private let list: VoterList
    private let lists: [VoterList]
    private let longestHold: Interval
    private let startedAt: Instant
    private let keeper: Keeper
    private var voters: [String: Voter] = [:]
    /// What the disk has, or is to have.
    private var memories: [String: Voter.Memory]
    /// The ways back, for answers that wait for the disk: numbered, since one proposer may ask twice.
    private var ways: [String: (VoterReply) -> Void] = [:]
    private var lastWay: UInt64 = 0
    private lazy var alarm = Alarm { [weak self] in self?.tick() }
    private var isClosed = false
    /// Takes a question to another voter.
    var send: (_ voter: String, _ role: String, _ request: VoterRequest) -> Void = { _, _, _ in }

    /// Told once, with the role, when there is no room for another.
    var overcrowded: (_ role: String) -> Void = { _ in }
    private var hasToldOfCrowd = false

    /// Whoever has asked in so many roles has made enough: more do not fit the state file. One that was voted in once
    /// keeps its place, whether anybody has asked since this start or not: its epoch must not be forgotten.
    static let mostRoles = Memory.mostBallots
    /// Answers that wait for a disk that hangs.
    private static let mostWays = 1024

    init(
        id: String, list: VoterList, lists: [VoterList], longestHold: Interval, startedAt: Instant,
        keeper: Keeper
    ) {
        self.id = id
        self.list = list
        self.lists = lists
        self.longestHold = longestHold
        self.startedAt = startedAt
        self.keeper = keeper
        memories = keeper.memory.ballots.compactMapValues { Voter.Memory($0) }
    }

    func close() {
        isClosed = true
        alarm.cancel()
        send = { _, _, _ in }
        overcrowded = { _ in }
        ways = [:]
    }

    /// What the next start of this node must know.
    func remember(in memory: inout Memory) { memory.ballots = memories.mapValues { Ballots($0) } }

    func received(_ request: VoterRequest, role: String, answer: @escaping (VoterReply) -> Void) {
        guard !isClosed, hasRoom(for: role), ways.count < Self.mostWays else { return }
        lastWay += 1
        let way = String(lastWay)
        ways[way] = answer
        drive(role) { $0.received(request, from: way, now: $1) }
    }

    private func hasRoom(for role: String) -> Bool {
        if voters[role] != nil || memories[role] != nil { return true }
        let isFull = Set(voters.keys).union(memories.keys).count >= Self.mostRoles
        if isFull, !hasToldOfCrowd {
            hasToldOfCrowd = true
            overcrowded(role)
        }
        return !isFull
    }

    func recalled(_ reply: VoterReply, role: String) {
        guard voters[role] != nil else { return }
        drive(role) { $0.recalled(reply, now: $1) }
    }

    /// Whether a letter shows the secret of the very start that, as this voter has accepted, holds the lease.
    func isProvenDead(_ letter: WillLetter) -> Bool {
        let dead = LeaseCandidate(id: letter.id, instance: letter.instance)
        return voters[letter.role]?.accepted?.row.isProvenDead(dead, by: letter.secret, Will.isOpened)
            ?? false
    }

    private func drive(_ role: String, _ body: (inout Voter, Instant) -> [VoterAction]) {
        guard !isClosed else { return }
        // Silent since the start of the node, whenever the first question came: nothing was answered before.
        var voter =
            voters[role]
            ?? Voter(
                id: id, list: list, lists: lists, memory: memories[role], longestHold: longestHold,
                now: startedAt,
                isOpened: Will.isOpened)
        let actions = body(&voter, Clock.now)
        voters[role] = voter
        for action in actions {
            switch action {
            case .reply(let way, let reply): ways.removeValue(forKey: way)?(reply)
            case .ask(let voter, let request): send(voter, role, request)
            case .persist(let memory):
                memories[role] = memory
                keeper.save { [weak self] in self?.drive(role) { voter, _ in voter.persisted() } }
            }
        }
        schedule()
    }

    private func schedule() {
        guard !isClosed else { return }
        alarm.set(at: voters.values.map(\.nextDeadline).min() ?? .distantFuture)
    }

    private func tick() {
        let now = Clock.now
        for (role, voter) in voters where voter.nextDeadline <= now {
            drive(role) { $0.tick(now: $1) }
        }
        schedule()
    }
}

extension Voter.Memory {
    /// Nil where the list is none, which is then as good as lost.
    init?(_ ballots: Ballots) {
        guard
            let list = VoterList(
                number: ballots.listNumber, voters: ballots.voters, predecessor: ballots.predecessor),
            ballots.epoch <= LeaseRow.highestEpoch
        else { return nil }
        self.init(epoch: ballots.epoch, list: list, settledList: ballots.settledList)
    }
}

extension Ballots {
    init(_ memory: Voter.Memory) {
        self.init(
            epoch: memory.epoch, listNumber: memory.list.number, voters: memory.list.voters,
            predecessor: memory.list.predecessor, settledList: memory.settledList)
    }
}
