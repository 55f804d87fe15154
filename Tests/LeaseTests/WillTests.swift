import Basics
import Lease
import Testing
import Wire

/// Voters whose hash is the identity with one bit turned: enough to tell a secret from its will.
private let isOpened: WillCheck = { $0.high == $1.high && $0.low ^ 1 == $1.low }
private let secret = Nonce(high: 7, low: 8)
private let will = Nonce(high: 7, low: 9)

@Suite("A voter that is shown the secret of a holder")
struct WillTests {
    static let a = VoterTests.a
    static let b = VoterTests.b

    /// One that has accepted a's row, and promised it the lease for three seconds.
    static func voter(_ row: LeaseRow? = nil) throws -> Voter {
        let list = try #require(VoterTests.list)
        let memory = Voter.Memory(epoch: 7, list: list, settledList: 1)
        var voter = Voter(
            id: "v1", list: list, memory: memory, longestHold: .seconds(3), now: VoterTests.at(-10_000),
            isOpened: isOpened)
        let row = row ?? Self.row()
        _ = try VoterTests.accept(&voter, row, ballot: 1, by: row.holder == "b" ? b : a)
        return voter
    }

    static func row(
        _ holder: String = "a", instance: UInt64 = 1, epoch: UInt64 = 7, version: UInt64 = 50,
        will: Nonce? = will
    ) -> LeaseRow {
        var row = Desk.row(holder, epoch: epoch, version: version)
        row.instance = holder.isEmpty ? 0 : instance
        row.will = will
        return row
    }

    static func ask(
        _ voter: inout Voter, _ body: VoterRequest.Body, secret: Nonce?, by writer: LeaseCandidate = b
    ) throws -> VoterReply.Body? {
        let list = try #require(VoterTests.list)
        let request = VoterRequest(
            number: 1, writer: writer, list: list, settledList: 1, body: body, secret: secret)
        var actions = voter.received(request, from: "x", now: VoterTests.at(100))
        for case .persist in actions { actions += voter.persisted() }
        return VoterTests.body(actions)
    }

    static func prepare(_ counter: UInt64) -> VoterRequest.Body {
        .prepare(VoterTests.ballot(counter), changesHolder: true, isTrial: false)
    }

    static func propose(_ row: LeaseRow, ballot counter: UInt64, isRepair: Bool = false) -> VoterRequest.Body
    {
        .propose(VoterTests.ballot(counter), row, isRepair: isRepair)
    }

    @Test("lets go of its promise, for a row without a holder")
    func opens() throws {
        var voter = try Self.voter()
        let held = VoterReply.Body.refused(.held(.milliseconds(2900)))
        #expect(try Self.ask(&voter, Self.prepare(2), secret: nil) == held)
        guard case .state = try Self.ask(&voter, Self.prepare(2), secret: secret) else {
            Issue.record("the secret is the right one")
            return
        }
        let empty = Self.row("", version: 51, will: nil)
        #expect(try Self.ask(&voter, Self.propose(empty, ballot: 2), secret: nil) == held)
        #expect(
            try Self.ask(&voter, Self.propose(empty, ballot: 2), secret: secret) == .accepted(version: 51))
        // Nobody is promised anything any more.
        guard case .state = try Self.ask(&voter, Self.prepare(3), secret: nil) else {
            Issue.record("nobody holds the lease")
            return
        }
    }

    @Test(
        "keeps it where the secret is another's, or none",
        arguments: [
            nil, Nonce(high: 7, low: 9), Nonce(high: 8, low: 7), Nonce(high: 7, low: 0),
            Nonce(high: 0, low: 0),
        ])
    func wrong(guess: Nonce?) throws {
        var voter = try Self.voter()
        let held = VoterReply.Body.refused(.held(.milliseconds(2900)))
        #expect(try Self.ask(&voter, Self.prepare(2), secret: guess) == held)
        let empty = Self.row("", version: 51, will: nil)
        #expect(try Self.ask(&voter, Self.propose(empty, ballot: 2), secret: guess) == held)
        #expect(voter.accepted?.row.holder == "a")
    }

    @Test("gives nobody the lease for it, and no new token")
    func nothingElse() throws {
        var voter = try Self.voter()
        let held = VoterReply.Body.refused(.held(.milliseconds(2900)))
        let others = [
            Self.row("b", version: 51), Self.row("b", epoch: 8, version: 51),
            Self.row("", epoch: 8, version: 51),
        ]
        for row in others {
            #expect(try Self.ask(&voter, Self.propose(row, ballot: 2), secret: secret) == held)
        }
        // Nor what somebody else had begun to write.
        let empty = Self.row("", version: 51, will: nil)
        #expect(try Self.ask(&voter, Self.propose(empty, ballot: 2, isRepair: true), secret: nil) == held)
    }

    @Test("knows nothing of it where the holder has no guardian")
    func noWill() throws {
        var voter = try Self.voter(Self.row(will: nil))
        #expect(
            try Self.ask(&voter, Self.prepare(2), secret: secret)
                == .refused(.held(.milliseconds(2900))))
    }

    @Test("keeps its promise to whoever has the lease meanwhile, whatever a letter of the former says")
    func later() throws {
        var voter = try Self.voter(Self.row("b", epoch: 8, will: Nonce(high: 1, low: 2)))
        let held = VoterReply.Body.refused(.held(.milliseconds(2900)))
        #expect(try Self.ask(&voter, Self.prepare(2), secret: secret, by: Self.a) == held)
        #expect(voter.accepted?.row.isProvenDead(Self.a, by: secret, isOpened) == false)
    }

    @Test("takes a letter for the very start that holds the lease")
    func letters() {
        let row = Self.row()
        #expect(row.isProvenDead(Self.a, by: secret, isOpened))
        #expect(!row.isProvenDead(LeaseCandidate(id: "a", instance: 2), by: secret, isOpened))
        #expect(!row.isProvenDead(LeaseCandidate(id: "b", instance: 1), by: secret, isOpened))
        #expect(!row.isProvenDead(Self.a, by: will, isOpened))
        #expect(!Self.row(will: nil).isProvenDead(Self.a, by: secret, isOpened))
        #expect(!Self.row("").isProvenDead(LeaseCandidate(id: "", instance: 0), by: will, isOpened))
    }

    @Test("a will and a secret survive their encoding, and are absent where there is none")
    func coding() throws {
        for will in [nil, will, Nonce(high: 0, low: 1), Nonce(high: 1, low: 0)] {
            let row = Self.row(will: will)
            #expect(try LeaseRow(decoding: row.encoded()[...]) == row)
            let request = VoterRequest(
                number: 1, writer: Self.a, list: try #require(VoterTests.list), settledList: 1,
                body: Self.propose(row, ballot: 1), secret: will)
            #expect(try VoterRequest(decoding: request.encoded()[...]) == request)
        }
    }
}

@Suite("The will in a holder's row")
struct WillInRowTests {
    /// n1 holds the lease and has a guardian; n2 stands by.
    static func holder() throws -> Desk {
        var settings = LeaseSettings.usual
        settings.will = will
        var desk = try Desk(settings: settings)
        desk.becomeHolder()
        desk.actions = desk.lease.setLine(HandingOverTests.line, now: desk.now)
        return desk
    }

    @Test("stands in every row that it writes for itself")
    func own() throws {
        var settings = LeaseSettings.usual
        settings.will = will
        var desk = try Desk(settings: settings)
        desk.look(at: nil, for: 4000)
        #expect(desk.write?.row.will == will)
        desk.answer(desk.write?.id, .applied)
        desk.pass(500)
        desk.tick()
        #expect(desk.write?.row.will == will)
    }

    @Test(
        "does not go on to whom it hands the lease, nor stay when it gives it back", arguments: [true, false])
    func handedOver(hasTarget: Bool) throws {
        var desk = try Self.holder()
        desk.actions =
            hasTarget ? desk.lease.promote("n2", now: desk.now).actions : desk.lease.resign(now: desk.now)
        desk.actions = desk.lease.hostStopped(now: desk.now)
        let write = try #require(desk.write)
        #expect(write.row.holder == (hasTarget ? "n2" : ""))
        #expect(write.row.will == nil)
    }

    @Test("stays as it is where somebody else pauses the role")
    func petition() throws {
        var desk = try Desk("n2")
        var row = Desk.row("n1")
        row.will = will
        desk.look(at: row, for: 100)
        desk.actions = desk.lease.pause(now: desk.now)
        desk.look(at: row, for: 1000)
        let write = try #require(desk.write)
        #expect(write.row.paused && write.row.holder == "n1")
        #expect(write.row.will == will)
    }

    @Test("goes with the dead one when its lease is given back")
    func released() {
        var row = Desk.row("n1")
        row.will = will
        guard
            case .write(_, let written) = Release(id: "n1", instance: 1).next(after: .row(row), nonce: secret)
        else {
            Issue.record("the row names the dead one")
            return
        }
        #expect(written.will == nil)
    }
}

@Suite("A dead holder's lease among three voters")
struct WillRegisterTests {
    /// n1 holds the lease; n2 is a voter with its guardian's letter, n3 stands by.
    static func chamber(shown: Nonce? = secret) throws -> (Chamber, LeaseRow) {
        var chamber = try Chamber(registers: 3)
        let list = try #require(VoterList(number: 1, voters: ["v1", "v2", "v3"]))
        let memory = Voter.Memory(epoch: 0, list: list, settledList: 1)
        chamber.voters = list.voters.map {
            Voter(
                id: $0, list: list, memory: memory, longestHold: .seconds(3),
                now: Instant(nanoseconds: -10_000_000_000), isOpened: isOpened)
        }
        chamber.registers[1] = VoterRegister(
            writer: LeaseCandidate(id: "n2", instance: 1), list: list, patience: .milliseconds(500), seed: 2,
            secret: shown, numbersAfter: 1000)
        var row = Desk.row("n1", epoch: 1, version: 1)
        row.will = will
        #expect(try chamber.write(row, over: nil, by: 0) == .applied)
        return (chamber, row)
    }

    /// What the voter with the letter does, until it is done or `tries` are.
    static func execute(_ chamber: inout Chamber, tries: Int = 4) throws -> Bool {
        let release = Release(id: "n1", instance: 1)
        var answer: RegisterAnswer?
        var nonce = Nonce(high: 50, low: 50)
        for _ in 0..<2 * tries {
            nonce.low += 1
            switch release.next(after: answer, nonce: nonce) {
            case .done: return true
            case .read: answer = try chamber.read(by: 1)
            case .write(let expected, let row): answer = try chamber.write(row, over: expected, by: 1)
            }
        }
        return false
    }

    @Test("is given back at once, and the next one follows at once")
    func givesBack() throws {
        var (chamber, row) = try Self.chamber()
        #expect(try Self.execute(&chamber))
        guard case .row(let found?) = try chamber.read(by: 2) else {
            Issue.record("a row stands there")
            return
        }
        #expect(found.holder.isEmpty && found.instance == 0 && found.will == nil)
        #expect(found.epoch == row.epoch && found.version == row.version + 1)
        let claim = Desk.row("n3", epoch: 2, version: 3)
        #expect(try chamber.write(claim, over: found.stamp, by: 2) == .applied)
        // What the dead one had sent, and comes only now, is refused.
        row.version = 2
        #expect(try chamber.write(row, over: Desk.row("n1", epoch: 1, version: 1).stamp, by: 0) != .applied)
    }

    @Test("is given back by two of the three voters, of which one may have missed the last renewal")
    func minority() throws {
        var (chamber, row) = try Self.chamber()
        let first = row.stamp
        row.version = 2
        chamber.deaf = ["v2"]
        #expect(try chamber.write(row, over: first, by: 0) == .applied)
        chamber.deaf = ["v1"]
        #expect(try Self.execute(&chamber))
        guard case .row(let found?) = try chamber.read(by: 2) else {
            Issue.record("a row stands there")
            return
        }
        #expect(found.holder.isEmpty && found.version == 3)
    }

    @Test("stays where one voter alone can be reached, or the secret is wrong")
    func refused() throws {
        var (chamber, row) = try Self.chamber()
        chamber.deaf = ["v1", "v2"]
        #expect(try !Self.execute(&chamber))
        chamber.deaf = []
        #expect(try chamber.read(by: 2) == .row(row))
        (chamber, row) = try Self.chamber(shown: Nonce(high: 1, low: 1))
        #expect(try !Self.execute(&chamber))
        #expect(try chamber.read(by: 2) == .row(row))
    }

    @Test("is left alone when another has it meanwhile")
    func replaced() throws {
        let (start, row) = try Self.chamber()
        var chamber = start
        chamber.now = chamber.now + .seconds(4)
        _ = try chamber.read(by: 2)
        let claim = Desk.row("n3", epoch: 2, version: 2)
        #expect(try chamber.write(claim, over: row.stamp, by: 2) == .applied)
        #expect(try Self.execute(&chamber))
        #expect(try chamber.read(by: 2) == .row(claim))
    }

    @Test("two voters with the same letter do not hinder each other for long")
    func twice() throws {
        var (chamber, _) = try Self.chamber()
        #expect(try Self.execute(&chamber))
        #expect(try Self.execute(&chamber))
        guard case .row(let found?) = try chamber.read(by: 2) else {
            Issue.record("a row stands there")
            return
        }
        #expect(found.version == 2)
    }
}
