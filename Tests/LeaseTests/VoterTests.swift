import Basics
import Lease
import Testing

@Suite("One voter")
struct VoterTests {
    static let list = VoterList(number: 1, voters: ["v1", "v2", "v3"])
    static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
    static let a = LeaseCandidate(id: "a", instance: 1)
    static let b = LeaseCandidate(id: "b", instance: 1)

    /// A voter that may vote, since its silence is over.
    static func voter() throws -> Voter {
        let list = try #require(list)
        let memory = Voter.Memory(epoch: 0, list: list, settledList: 1)
        return Voter(id: "v1", list: list, memory: memory, longestHold: .seconds(3), now: at(-10_000))
    }

    static func ask(
        _ voter: inout Voter, _ body: VoterRequest.Body, by writer: LeaseCandidate = a,
        list: VoterList? = nil,
        settled: UInt64 = 1, at now: Int64 = 0
    ) throws -> [VoterAction] {
        let list = try #require(list ?? Self.list)
        let request = VoterRequest(number: 1, writer: writer, list: list, settledList: settled, body: body)
        return voter.received(request, from: "x", now: at(now))
    }

    static func body(_ actions: [VoterAction]) -> VoterReply.Body? {
        for case .reply(_, let reply) in actions { return reply.body }
        return nil
    }

    static func ballot(_ counter: UInt64) -> Ballot { Ballot(counter: counter, proposer: counter) }

    static func accept(
        _ voter: inout Voter, _ row: LeaseRow, ballot counter: UInt64, by writer: LeaseCandidate = a,
        at now: Int64 = 0
    ) throws -> VoterReply.Body? {
        var actions = try ask(
            &voter, .propose(ballot(counter), row, isRepair: false), by: writer, at: now)
        let isSaving = actions.contains { if case .persist = $0 { true } else { false } }
        if isSaving { actions = voter.persisted() }
        return body(actions)
    }

    @Test("accepts nothing below the ballot that it has promised")
    func ballots() throws {
        var voter = try Self.voter()
        let prepare = VoterRequest.Body.prepare(Self.ballot(5), changesHolder: false, isTrial: false)
        #expect(Self.body(try Self.ask(&voter, prepare)) == .state(nil, promised: Self.ballot(5), epoch: 0))
        #expect(try Self.accept(&voter, Desk.row("a"), ballot: 4) == .refused(.ballot(5)))
        #expect(try Self.accept(&voter, Desk.row("a"), ballot: 5) == .accepted(version: 50))
        let lower = VoterRequest.Body.prepare(Self.ballot(3), changesHolder: false, isTrial: false)
        #expect(Self.body(try Self.ask(&voter, lower)) == .refused(.ballot(5)))
    }

    @Test("a trial promises nothing")
    func trial() throws {
        var voter = try Self.voter()
        let trial = VoterRequest.Body.prepare(Self.ballot(9), changesHolder: true, isTrial: true)
        _ = try Self.ask(&voter, trial)
        #expect(try Self.accept(&voter, Desk.row("a"), ballot: 4) == .accepted(version: 50))
    }

    @Test("no answer goes out before a new epoch is on disk, and none for a renewal waits")
    func persists() throws {
        var voter = try Self.voter()
        let first = VoterRequest.Body.propose(Self.ballot(1), Desk.row("a", epoch: 7), isRepair: false)
        let actions = try Self.ask(&voter, first)
        #expect(actions == [.persist(Voter.Memory(epoch: 7, list: try #require(Self.list), settledList: 1))])
        // Nor any other answer that would show it.
        #expect(try Self.ask(&voter, .look).isEmpty)
        #expect(voter.persisted().count == 2)
        let renewal = Desk.row("a", epoch: 7, version: 51)
        let next = try Self.ask(&voter, .propose(Self.ballot(1), renewal, isRepair: false))
        #expect(Self.body(next) == .accepted(version: 51))
        #expect(next.count == 1)
    }

    @Test("the lease is promised to its holder for the row's hold, on the voter's own clock")
    func promise() throws {
        var voter = try Self.voter()
        _ = try Self.accept(&voter, Desk.row("a", epoch: 7), ballot: 1)
        let claim = VoterRequest.Body.prepare(Self.ballot(2), changesHolder: true, isTrial: false)
        let refusal = Self.body(try Self.ask(&voter, claim, by: Self.b, at: 2999))
        #expect(refusal == .refused(.held(.milliseconds(1))))
        let taken = Desk.row("b", epoch: 8, version: 51)
        let proposal = VoterRequest.Body.propose(Self.ballot(2), taken, isRepair: false)
        #expect(Self.body(try Self.ask(&voter, proposal, by: Self.b, at: 2999)) == refusal)
        guard case .state = Self.body(try Self.ask(&voter, claim, by: Self.b, at: 3001)) else {
            Issue.record("the promise has run out")
            return
        }
        #expect(
            try Self.accept(&voter, taken, ballot: 2, by: Self.b, at: 3002) == .accepted(version: 51))
    }

    @Test("the holder may give its lease away; nobody may finish what another had begun")
    func gift() throws {
        var voter = try Self.voter()
        _ = try Self.accept(&voter, Desk.row("a", epoch: 7), ballot: 1)
        let given = Desk.row("b", epoch: 8, version: 51, target: "b")
        let repair = VoterRequest.Body.propose(Self.ballot(2), given, isRepair: true)
        #expect(Self.body(try Self.ask(&voter, repair, at: 100)) == .refused(.held(.milliseconds(2900))))
        #expect(try Self.accept(&voter, given, ballot: 2, at: 100) == .accepted(version: 51))
        // From now on it is the other's.
        let renewal = Desk.row("b", epoch: 8, version: 52)
        #expect(try Self.accept(&voter, renewal, ballot: 3, by: Self.b, at: 200) == .accepted(version: 52))
    }

    @Test("writing the same row again promises nothing anew")
    func again() throws {
        var voter = try Self.voter()
        _ = try Self.accept(&voter, Desk.row("a", epoch: 7), ballot: 1)
        let repair = VoterRequest.Body.propose(Self.ballot(2), Desk.row("a", epoch: 7), isRepair: true)
        #expect(Self.body(try Self.ask(&voter, repair, by: Self.b, at: 2000)) == .accepted(version: 50))
        let claim = VoterRequest.Body.prepare(Self.ballot(3), changesHolder: true, isTrial: false)
        guard case .state = Self.body(try Self.ask(&voter, claim, by: Self.b, at: 3001)) else {
            Issue.record("the promise has run out")
            return
        }
    }

    @Test("a wish of others promises its holder nothing anew; the holder's next write does")
    func wish() throws {
        var voter = try Self.voter()
        let row = Desk.row("a", epoch: 7)
        _ = try Self.accept(&voter, row, ballot: 1)
        let wish = Desk.wish("b", in: row)
        #expect(try Self.accept(&voter, wish, ballot: 2, by: Self.b, at: 1000) == .accepted(version: 51))
        let claim = VoterRequest.Body.prepare(Self.ballot(9), changesHolder: true, isTrial: true)
        let left = Self.body(try Self.ask(&voter, claim, by: Self.b, at: 2000))
        #expect(left == .refused(.held(.milliseconds(1000))))
        let renewal = Desk.row("a", epoch: 7, version: 52)
        #expect(try Self.accept(&voter, renewal, ballot: 3, at: 2000) == .accepted(version: 52))
        let renewed = Self.body(try Self.ask(&voter, claim, by: Self.b, at: 2500))
        #expect(renewed == .refused(.held(.milliseconds(2500))))
    }

    @Test("a row that asks for more hold than is granted is refused")
    func hold() throws {
        var voter = try Self.voter()
        #expect(
            try Self.accept(&voter, Desk.row("a", hold: .milliseconds(3001)), ballot: 1) == .refused(.hold))
    }

    @Test("a restarted voter is silent for the longest hold")
    func silence() throws {
        let list = try #require(Self.list)
        let memory = Voter.Memory(epoch: 7, list: list, settledList: 1)
        var voter = Voter(id: "v1", list: list, memory: memory, longestHold: .seconds(3), now: Self.at(0))
        #expect(Self.body(try Self.ask(&voter, .look, at: 3000)) == .refused(.silent))
        #expect(Self.body(try Self.ask(&voter, .recall, at: 1)) == .recalled(epoch: 7))
        #expect(
            Self.body(try Self.ask(&voter, .look, at: 3100)) == .state(nil, promised: .none, epoch: 7))
    }

    @Test(
        "one that lost its disk votes when a majority that did not has told it the epoch, asked after the silence"
    )
    func lostDisk() throws {
        let list = try #require(Self.list)
        var voter = Voter(id: "v1", list: list, memory: nil, longestHold: .seconds(3), now: Self.at(0))
        #expect(voter.tick(now: Self.at(3000)).isEmpty)
        #expect(Self.body(try Self.ask(&voter, .recall, at: 1)) == .recalled(epoch: nil))
        let asked = voter.tick(now: Self.at(3100))
        #expect(asked.count == 2)
        let one = VoterReply(number: 1, voter: "v2", body: .recalled(epoch: 9))
        #expect(voter.recalled(one, now: Self.at(3101)).isEmpty)
        #expect(voter.recalled(one, now: Self.at(3101)).isEmpty)
        #expect(Self.body(try Self.ask(&voter, .look, at: 3102)) == .refused(.silent))
        let other = VoterReply(number: 1, voter: "v3", body: .recalled(epoch: 4))
        let actions = voter.recalled(other, now: Self.at(3103))
        #expect(actions == [.persist(Voter.Memory(epoch: 9, list: list, settledList: 0))])
        _ = voter.persisted()
        #expect(
            Self.body(try Self.ask(&voter, .look, settled: 0, at: 3104))
                == .state(nil, promised: .none, epoch: 9))
    }

    @Test(
        "where all answer and none remembers an epoch, the cluster is new",
        arguments: [nil, 0, 5] as [UInt64?])
    func founding(epoch: UInt64?) throws {
        let list = try #require(Self.list)
        var voter = Voter(id: "v1", list: list, memory: nil, longestHold: .seconds(3), now: Self.at(0))
        _ = voter.tick(now: Self.at(3100))
        _ = voter.recalled(
            VoterReply(number: 1, voter: "v2", body: .recalled(epoch: nil)), now: Self.at(3101))
        _ = voter.recalled(
            VoterReply(number: 1, voter: "v3", body: .recalled(epoch: epoch)), now: Self.at(3102))
        #expect(voter.hasLostMemory == (epoch == 5))
    }
}

@Suite("Lists of voters")
struct VoterListTests {
    static func list(_ number: UInt64, _ voters: [String], after: VoterList? = nil) throws -> VoterList {
        try #require(VoterList(number: number, voters: voters, predecessor: after?.hash ?? 0))
    }

    @Test("the order of the names does not matter; names come once")
    func names() throws {
        #expect(try Self.list(1, ["b", "a"]) == Self.list(1, ["a", "b"]))
        #expect(VoterList(number: 1, voters: ["a", "a"]) == nil)
        #expect(VoterList(number: 0, voters: ["a"]) == nil)
        #expect(VoterList(number: 1, voters: []) == nil)
    }

    @Test("a list follows another where one voter at most has come or gone")
    func follows() throws {
        let first = try Self.list(1, ["a", "b", "c"])
        #expect(try Self.list(2, ["a", "b", "c", "d"], after: first).follows(first))
        #expect(try Self.list(2, ["a", "b"], after: first).follows(first))
        #expect(try !Self.list(2, ["a", "b", "d"], after: first).follows(first))
        #expect(try !Self.list(2, ["a", "b", "c", "d"]).follows(first))
        #expect(try !Self.list(3, ["a", "b", "c", "d"], after: first).follows(first))
    }

    @Test("a voter serves the next list only when its own is known to be in use, and then the former no more")
    func change() throws {
        let first = try #require(VoterTests.list)
        let second = try Self.list(2, ["v1", "v2", "v3", "v4"], after: first)
        let memory = Voter.Memory(epoch: 0, list: first, settledList: 0)
        var voter = Voter(
            id: "v1", list: first, memory: memory, longestHold: .seconds(3), now: VoterTests.at(-10_000))
        let look = VoterRequest.Body.look
        func ask(_ list: VoterList, _ body: VoterRequest.Body, settled: UInt64) throws -> VoterReply.Body? {
            var actions = try VoterTests.ask(&voter, body, list: list, settled: settled)
            for case .persist in actions { actions += voter.persisted() }
            return VoterTests.body(actions)
        }
        #expect(try ask(second, look, settled: 0) == .refused(.list(1)))
        let propose = VoterRequest.Body.propose(VoterTests.ballot(1), Desk.row("a"), isRepair: false)
        #expect(try ask(first, propose, settled: 1) == .accepted(version: 50))
        // A ballot under the next list does not end the former; a row does.
        guard case .state = try ask(second, look, settled: 1), case .state = try ask(first, look, settled: 1)
        else {
            Issue.record("both lists may be served now")
            return
        }
        let next = VoterRequest.Body.propose(
            VoterTests.ballot(2), Desk.row("a", version: 51), isRepair: false)
        #expect(try ask(second, next, settled: 1) == .accepted(version: 51))
        #expect(try ask(first, look, settled: 1) == .refused(.list(2)))
        let third = try Self.list(3, ["v1", "v2", "v3", "v4", "v5"], after: second)
        #expect(try ask(third, look, settled: 1) == .refused(.list(2)))
        #expect(try ask(second, look, settled: 2) != .refused(.list(2)))
        #expect(try ask(third, look, settled: 2) != .refused(.list(2)))
        // Another list under the same number is refused.
        let impostor = try Self.list(2, ["v1", "v2"], after: first)
        #expect(try ask(impostor, look, settled: 2) == .refused(.list(2)))
    }

    @Test(
        "a voter that was away while a list was in force serves the one after it, when that one is known to be in use"
    )
    func missed() throws {
        let first = try #require(VoterTests.list)
        let second = try Self.list(2, ["v1", "v2", "v3", "v4"], after: first)
        let third = try Self.list(3, ["v1", "v2", "v3"], after: second)
        let memory = Voter.Memory(epoch: 7, list: first, settledList: 1)
        var voter = Voter(
            id: "v1", list: third, lists: [first, second, third], memory: memory, longestHold: .seconds(3),
            now: VoterTests.at(-10_000))
        let state = VoterReply.Body.state(nil, promised: .none, epoch: 7)
        func answer(_ list: VoterList, settled: UInt64) throws -> VoterReply.Body? {
            VoterTests.body(try VoterTests.ask(&voter, .look, list: list, settled: settled))
        }
        #expect(try answer(third, settled: 1) == .refused(.list(1)), "nobody knows that the second is in use")
        #expect(try answer(third, settled: 2) == state)
        #expect(try answer(third, settled: 3) == state)
        // One that it was not told of, and one that does not come from its own.
        let fourth = try Self.list(4, ["v1", "v2", "v3", "v5"], after: third)
        #expect(try answer(fourth, settled: 3) == .refused(.list(1)))
        let other = try Self.list(3, ["v1", "v2", "v3", "v4", "v5"], after: second)
        #expect(try answer(other, settled: 3) == .refused(.list(1)))
    }
}
