import Basics
import Lease
import Testing
import Wire

/// Three voters and any number of proposers, with a hand on every message.
struct Chamber {
    var voters: [Voter] = []
    var registers: [VoterRegister]
    var now = Instant(nanoseconds: 0)
    /// Voters that no message reaches.
    var deaf: Set<String> = []
    /// Voters that no proposal reaches.
    var unproposed: Set<String> = []
    var answers: [[RegisterAnswer]]
    var avoided: UInt64 = 0
    var messages = 0
    private var lastId: UInt64 = 0

    init(registers count: Int) throws {
        let list = try #require(VoterList(number: 1, voters: ["v1", "v2", "v3"]))
        let memory = Voter.Memory(epoch: 0, list: list, settledList: 1)
        for name in list.voters {
            voters.append(
                Voter(
                    id: name, list: list, memory: memory, longestHold: .seconds(3),
                    now: Instant(nanoseconds: -10_000_000_000)))
        }
        registers = (0..<count).map {
            VoterRegister(
                writer: LeaseCandidate(id: "n\($0 + 1)", instance: 1), list: list,
                patience: .milliseconds(500), seed: UInt64($0 + 1))
        }
        answers = Array(repeating: [], count: count)
    }

    mutating func perform(_ actions: [VoterRegisterAction], of index: Int) throws {
        for action in actions {
            switch action {
            case .answer(_, let answer): answers[index].append(answer)
            case .avoid(let epoch): avoided = max(avoided, epoch)
            case .ask(let name, let request):
                messages += 1
                guard !deaf.contains(name), !isLost(request, to: name),
                    let voter = voters.firstIndex(where: { $0.id == name })
                else { continue }
                let copy = try VoterRequest(decoding: request.encoded()[...])
                #expect(copy == request)
                var done = voters[voter].received(copy, from: "x", now: now)
                for case .persist in done { done += voters[voter].persisted() }
                for case .reply(_, let reply) in done {
                    let heard = try VoterReply(decoding: reply.encoded()[...])
                    #expect(heard == reply)
                    try perform(registers[index].received(heard, now: now), of: index)
                }
            }
        }
    }

    private func isLost(_ request: VoterRequest, to name: String) -> Bool {
        guard case .propose = request.body else { return false }
        return unproposed.contains(name)
    }

    mutating func read(by index: Int) throws -> RegisterAnswer? {
        lastId += 1
        answers[index] = []
        try perform(registers[index].read(lastId, now: now), of: index)
        try wait(for: index)
        return answers[index].last
    }

    mutating func write(_ row: LeaseRow, over expected: RowStamp?, by index: Int) throws -> RegisterAnswer? {
        lastId += 1
        answers[index] = []
        let actions = registers[index].compareAndSet(lastId, expected: expected, row: row, now: now)
        try perform(actions, of: index)
        try wait(for: index)
        return answers[index].last
    }

    private mutating func wait(for index: Int) throws {
        for _ in 0..<4 where answers[index].isEmpty {
            now = now + .milliseconds(125)
            try perform(registers[index].tick(now: now), of: index)
        }
    }
}

@Suite("The voters as one register")
struct RegisterTests {
    @Test("what was written is read, by all")
    func readsWrites() throws {
        var chamber = try Chamber(registers: 2)
        #expect(try chamber.read(by: 1) == .row(nil))
        let row = Desk.row("n1", epoch: 1, version: 1)
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        #expect(try chamber.read(by: 1) == .row(row))
        #expect(try chamber.write(row, over: nil, by: 1) == .conflict || chamber.answers[1] == [.failed])
    }

    @Test("a renewal is one message to each voter")
    func oneRound() throws {
        var chamber = try Chamber(registers: 1)
        let row = Desk.row("n1", epoch: 1, version: 1)
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        chamber.messages = 0
        let next = Desk.row("n1", epoch: 1, version: 2)
        #expect(try chamber.write(next, over: row.stamp, by: 0) == .applied)
        #expect(chamber.messages == 3)
    }

    @Test("version and nonce are compared")
    func compares() throws {
        var chamber = try Chamber(registers: 2)
        let row = Desk.row("n1", epoch: 1, version: 1)
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        var stamp = row.stamp
        stamp.nonce.low ^= 1
        let petition = Desk.row("n1", epoch: 1, version: 2, paused: true)
        _ = try chamber.read(by: 1)
        #expect(try chamber.write(petition, over: stamp, by: 1) != .applied)
        _ = try chamber.read(by: 1)
        #expect(try chamber.write(petition, over: row.stamp, by: 1) == .applied)
    }

    @Test("any majority will do, a minority will not")
    func majority() throws {
        var chamber = try Chamber(registers: 1)
        let row = Desk.row("n1", epoch: 1, version: 1)
        chamber.deaf = ["v2"]
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        chamber.deaf = ["v2", "v3"]
        #expect(try chamber.read(by: 0) == nil)
        chamber.deaf = ["v1"]
        #expect(try chamber.read(by: 0) == .row(row))
    }

    @Test("what only one voter has accepted is finished by whoever finds it, or never seen again")
    func finishes() throws {
        var chamber = try Chamber(registers: 2)
        let row = Desk.row("n1", epoch: 1, version: 1)
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        let renewal = Desk.row("n1", epoch: 1, version: 2)
        chamber.deaf = ["v2", "v3"]
        #expect(try chamber.write(renewal, over: row.stamp, by: 0) == nil)
        chamber.deaf = ["v2"]
        #expect(try chamber.read(by: 1) == .row(renewal))
        chamber.deaf = ["v1"]
        #expect(try chamber.read(by: 1) == .row(renewal))
    }

    /// One claim that only the first voter has accepted, one that only the third has, both of the same epoch; then
    /// the first is written again at the second voter, and nowhere else.
    private func twoClaims() throws -> (Chamber, first: LeaseRow, second: LeaseRow) {
        var chamber = try Chamber(registers: 3)
        let former = Desk.row("", epoch: 5, version: 10)
        #expect(try chamber.write(former, over: nil, by: 2) == .applied)
        let first = Desk.row("n1", epoch: 6, version: 11)
        let second = Desk.row("n2", epoch: 6, version: 11, nonce: 2)
        #expect(first.stamp != second.stamp)
        chamber.deaf = ["v3"]
        _ = try chamber.read(by: 0)
        chamber.unproposed = ["v2"]
        #expect(try chamber.write(first, over: former.stamp, by: 0) == nil)
        chamber.deaf = ["v1"]
        _ = try chamber.read(by: 1)
        #expect(try chamber.write(second, over: former.stamp, by: 1) == nil)
        chamber.deaf = ["v3"]
        chamber.unproposed = ["v1"]
        #expect(try chamber.read(by: 2) == nil)
        return (chamber, first, second)
    }

    @Test("the same row under two ballots is not chosen, for another may be yet")
    func ballotsCount() throws {
        var (chamber, first, second) = try twoClaims()
        chamber.unproposed = ["v1", "v2"]
        #expect(try chamber.read(by: 0) == nil)
        // The first voter's promise runs out, and the second voter is away.
        chamber.now = chamber.now + .seconds(4)
        chamber.unproposed = []
        chamber.deaf = ["v2"]
        #expect(try chamber.read(by: 1) == .row(second))
        chamber.deaf = []
        #expect(try chamber.read(by: 0) == .row(second))
        #expect(first.epoch == second.epoch)
    }

    @Test("whoever reads it writes it again, and then it stands")
    func repairsBallots() throws {
        var (chamber, first, _) = try twoClaims()
        chamber.unproposed = []
        #expect(try chamber.read(by: 0) == .row(first))
        chamber.now = chamber.now + .seconds(4)
        chamber.deaf = ["v2"]
        #expect(try chamber.read(by: 1) == .row(first))
    }

    @Test("who has not heard of a promise disturbs nobody")
    func preVote() throws {
        var chamber = try Chamber(registers: 2)
        let row = Desk.row("n1", epoch: 1, version: 1)
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        _ = try chamber.read(by: 1)
        let claim = Desk.row("n2", epoch: 2, version: 2)
        #expect(try chamber.write(claim, over: row.stamp, by: 1) == .failed)
        // The holder's ballot is as good as before.
        chamber.messages = 0
        let next = Desk.row("n1", epoch: 1, version: 2)
        #expect(try chamber.write(next, over: row.stamp, by: 0) == .applied)
        #expect(chamber.messages == 3)
    }

    @Test("an epoch that a voter remembers is not given out again, though the row is gone")
    func epochs() throws {
        var chamber = try Chamber(registers: 2)
        #expect(try chamber.write(Desk.row("n1", epoch: 5, version: 1), over: nil, by: 0) == .applied)
        // All restart, and have only what is on disk.
        let list = try #require(VoterList(number: 1, voters: ["v1", "v2", "v3"]))
        chamber.voters = chamber.voters.map {
            Voter(
                id: $0.id, list: list, memory: Voter.Memory(epoch: $0.epoch, list: list, settledList: 1),
                longestHold: .seconds(3), now: chamber.now)
        }
        chamber.now = chamber.now + .seconds(4)
        #expect(try chamber.read(by: 1) == .row(nil))
        #expect(chamber.avoided == 5)
        #expect(try chamber.write(Desk.row("n2", epoch: 5, version: 1), over: nil, by: 1) == .conflict)
        #expect(try chamber.write(Desk.row("n2", epoch: 6, version: 1), over: nil, by: 1) == .applied)
    }
}

@Suite("The voters' messages")
struct VoterCodingTests {
    static var samples: [[UInt8]] {
        guard let list = VoterList(number: 2, voters: ["v1", "v2"], predecessor: 9) else { return [] }
        let ballot = Ballot(counter: 3, proposer: .max)
        let writer = LeaseCandidate(id: "n1", instance: 4)
        let bodies: [VoterRequest.Body] = [
            .look, .prepare(ballot, changesHolder: true, isTrial: true),
            .propose(ballot, Desk.row(), isRepair: true), .recall,
        ]
        let replies: [VoterReply.Body] = [
            .state(nil, promised: .none, epoch: 0),
            .state(Accepted(ballot: ballot, row: Desk.row()), promised: ballot, epoch: 8),
            .accepted(version: 7), .recalled(epoch: nil), .recalled(epoch: 0), .refused(.ballot(4)),
            .refused(.held(.milliseconds(77))), .refused(.silent), .refused(.hold), .refused(.list(6)),
        ]
        return bodies.map {
            VoterRequest(number: 5, writer: writer, list: list, settledList: 1, body: $0).encoded()
        } + replies.map { VoterReply(number: 6, voter: "v1", body: $0).encoded() }
    }

    @Test("survive their encoding")
    func roundTrip() throws {
        for bytes in Self.samples.prefix(4) {
            #expect(try VoterRequest(decoding: bytes[...]).encoded() == bytes)
        }
        for bytes in Self.samples.dropFirst(4) {
            #expect(try VoterReply(decoding: bytes[...]).encoded() == bytes)
        }
    }

    @Test("no voter promises a lease for longer than any may last")
    func longestPromise() throws {
        let longest = VoterReply(number: 6, voter: "v1", body: .refused(.held(LeaseRow.longestHold)))
        #expect(try VoterReply(decoding: longest.encoded()[...]) == longest)
        let longer = VoterReply(
            number: 6, voter: "v1", body: .refused(.held(LeaseRow.longestHold + .milliseconds(1))))
        #expect(throws: WireError.outOfRange(field: 11)) {
            try VoterReply(decoding: longer.encoded()[...])
        }
    }

    @Test("any bytes end in a message or in an error")
    func total() {
        var generator = SeededGenerator(seed: 11)
        var decoded = 0
        for sample in Self.samples {
            for _ in 0..<2000 {
                var bytes = sample
                for _ in 0...generator.below(4) {
                    switch generator.below(3) {
                    case 0 where !bytes.isEmpty: bytes.removeLast(generator.below(bytes.count))
                    case 1: bytes.append(UInt8(generator.below(256)))
                    default:
                        if !bytes.isEmpty {
                            bytes[generator.below(bytes.count)] = UInt8(generator.below(256))
                        }
                    }
                }
                // What decodes has one meaning: it says the same when it is written again.
                if let request = try? VoterRequest(decoding: bytes[...]) {
                    decoded += 1
                    #expect((try? VoterRequest(decoding: request.encoded()[...])) == request)
                }
                if let reply = try? VoterReply(decoding: bytes[...]) {
                    decoded += 1
                    #expect((try? VoterReply(decoding: reply.encoded()[...])) == reply)
                }
            }
        }
        #expect(decoded > 0)
    }
}
