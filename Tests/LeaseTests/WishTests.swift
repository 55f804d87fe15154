import Basics
import Lease
import Testing

/// Wishes of nodes that do not hold the lease: for how long they are wished, and what they do not undo.
@Suite struct WishTests {
    private static func later(_ row: LeaseRow, paused: Bool) -> LeaseRow {
        var row = row
        row.paused = paused
        row.version += 1
        row.nonce = Nonce(high: 3, low: row.version)
        return row
    }

    @Test("a wish that is fulfilled already does not undo what others wish later", arguments: [true, false])
    func fulfilled(wished: Bool) throws {
        var desk = try Desk()
        let row = Desk.row(paused: wished)
        desk.look(at: row, for: 700)
        desk.actions = wished ? desk.lease.pause(now: desk.now) : desk.lease.resume(now: desk.now)
        desk.look(at: row, for: 700)
        #expect(desk.write == nil)
        desk.look(at: Self.later(row, paused: !wished), for: 2000)
        #expect(desk.write == nil)
        #expect(desk.lease.isPaused == !wished)
    }

    @Test("nor does one that somebody else has fulfilled meanwhile")
    func overtaken() throws {
        var desk = try Desk()
        let row = Desk.row()
        desk.look(at: row, for: 700)
        desk.actions = desk.lease.pause(now: desk.now)
        desk.look(at: row, for: 1000)
        let theirs = Self.later(row, paused: true)
        desk.answer(desk.write?.id, .conflict)
        desk.look(at: theirs, for: 700)
        desk.look(at: Self.later(theirs, paused: false), for: 2000)
        #expect(desk.write == nil && desk.lease.isPaused == false)
    }

    @Test("a look that had been sent before proves nothing")
    func oldLook() throws {
        var desk = try Desk()
        let row = Desk.row()
        desk.look(at: row, for: 700)
        while desk.read == nil {
            desk.tick()
            desk.pass(10)
        }
        let read = desk.read
        desk.actions = desk.lease.resume(now: desk.now)
        desk.answer(read, .row(row))
        let paused = Self.later(row, paused: true)
        desk.look(at: paused, for: 2000)
        #expect(
            desk.write?.row.paused == false, "it came to be paused before the wish, for all that is known")
    }

    @Test("who is promoted no more is taken back, also where the word is on its way")
    func withdrawn() throws {
        var desk = try Desk()
        let row = Desk.row()
        desk.look(at: row, for: 700)
        desk.actions = desk.lease.promote("n2", now: desk.now).actions
        desk.look(at: row, for: 1000)
        let petition = try #require(desk.write)
        #expect(petition.row.target == "n2")
        desk.actions = desk.lease.withdraw(now: desk.now)
        desk.answer(petition.id, .applied)
        desk.look(at: petition.row, for: 1000)
        #expect(desk.write?.row.target == "" && desk.write?.row.holder == "n9")
    }

    @Test("who is asked for while another word is on its way is asked for")
    func askedMeanwhile() throws {
        var desk = try Desk()
        let row = Desk.row()
        desk.look(at: row, for: 700)
        desk.actions = desk.lease.pause(now: desk.now)
        desk.look(at: row, for: 1000)
        let petition = try #require(desk.write)
        desk.actions = desk.lease.promote("n2", now: desk.now).actions
        desk.answer(petition.id, .applied)
        desk.look(at: petition.row, for: 1000)
        #expect(desk.write?.row.target == "n2" && desk.write?.row.paused == true)
    }

    @Test("a pause that had ended does not come back with an older row")
    func endedPause() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(version: 50), for: 1000)
        desk.look(at: Desk.row(version: 10, paused: true), for: 10_000)
        #expect(desk.lease.isPaused == false)
        #expect(desk.write?.row.holder == "n1" && desk.write?.row.epoch == 8)
    }

    @Test("nor does somebody who was to be next")
    func formerTarget() throws {
        var desk = try Desk()
        desk.look(at: Desk.row(version: 50, paused: true), for: 1000)
        desk.look(at: Desk.row(version: 10, target: "n1"), for: 10_000)
        #expect(desk.write?.row.holder == "" && desk.write?.row.paused == true)
    }

    @Test("whoever writes anew that a role is paused keeps its place in the line")
    func restored() throws {
        var desk = try Desk()
        let line = ["n1", "n2"].map { LeaseCandidate(id: $0, instance: 1) }
        desk.actions = desk.lease.setLine(line, now: desk.now)
        desk.look(at: Desk.row(paused: true), for: 1000)
        desk.look(at: nil, for: 10_000)
        #expect(desk.write?.row.holder == "" && desk.write?.row.successors == ["n1", "n2"])
    }
}
