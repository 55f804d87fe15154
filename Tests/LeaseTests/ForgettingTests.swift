import Basics
import Lease
import Testing

@Suite("A store that forgot")
struct ForgettingTests {
    @Test("a missing row ends a holder's trust at once; it waits L and goes on above the floor")
    func holderSeesNothing() throws {
        var desk = try HoldingTests.holder()
        desk.pass(500)
        desk.tick()
        desk.answer(desk.write?.id, .conflict)
        desk.answer(desk.read, .row(nil))
        #expect(desk.demoted == .storeForgot)
        #expect(desk.isForgotten)
        let noticed = desk.now
        desk.actions = desk.lease.hostStopped(now: desk.now)
        desk.look(at: nil, for: 10_000)
        #expect(desk.now - noticed >= .seconds(3))
        #expect(desk.write?.row.epoch == 2)
        #expect(desk.write?.row.version ?? 0 > 1)
    }

    @Test("a row below the floor is not believed, whoever it names", arguments: ["n1", "n9"])
    func belowFloor(holder: String) throws {
        var desk = try Desk(floor: 20)
        let began = desk.now
        desk.tick()
        desk.answer(desk.read, .row(Desk.row(holder, epoch: 7)))
        #expect(desk.actions.contains(.storeForgot(floor: 20, found: 7)))
        desk.look(at: Desk.row(holder, epoch: 7), for: 10_000)
        #expect(desk.now - began >= .seconds(3))
        #expect(desk.write?.row.epoch == 21)
    }

    @Test(
        "a version that went back, or came again with another nonce, is noticed",
        arguments: [49, 50] as [UInt64])
    func regrown(version: UInt64) throws {
        var desk = try Desk()
        desk.look(at: Desk.row(version: 50, nonce: 1), for: 1000)
        desk.pass(500)
        desk.tick()
        desk.answer(desk.read, .row(Desk.row(version: version, nonce: 2)))
        #expect(desk.isForgotten)
    }

    @Test(
        "a claim during which a later holder is heard of gives nothing, answered or read back",
        arguments: [true, false])
    func outdone(isAnswered: Bool) throws {
        var desk = try Desk()
        desk.look(at: Desk.row(epoch: 3), for: 10_000)
        let claim = try #require(desk.write)
        #expect(claim.row.epoch == 4)
        // The store is an old backup: 8 has been given out since.
        desk.actions = desk.lease.heard(floor: 8, now: desk.now)
        desk.pass(5)
        desk.answer(claim.id, isAnswered ? .applied : .unknown)
        if !isAnswered {
            desk.answer(desk.read, .row(claim.row))
            #expect(desk.isForgotten)
        }
        #expect(desk.promoted == nil)
        #expect(desk.lease.leaseUntil == nil)
        let began = desk.now
        desk.look(at: claim.row, for: 10_000)
        #expect(desk.now - began >= .seconds(3))
        #expect(desk.write?.row.epoch == 9)
        desk.answer(desk.write?.id, .applied)
        #expect(desk.promoted == 9)
    }

    @Test(
        "a pause that the store has lost holds, and is written anew in a row of nobody",
        arguments: [nil, Desk.row(epoch: 3)])
    func lostPause(older: LeaseRow?) throws {
        var desk = try Desk()
        desk.look(at: Desk.row(epoch: 7, paused: true), for: 1000)
        let began = desk.now
        desk.look(at: older, for: 10_000)
        #expect(desk.lease.isPaused == true)
        #expect(desk.now - began >= .seconds(3))
        let anew = try #require(desk.write)
        #expect(anew.row.holder.isEmpty)
        #expect(anew.row.paused)
        #expect(anew.row.epoch == 8)
        desk.answer(anew.id, .applied)
        desk.look(at: anew.row, for: 10_000)
        #expect(desk.write == nil)
        #expect(desk.promoted == nil)
        // Whoever resumes it, the first in the line follows at once.
        var resumed = anew.row
        resumed.paused = false
        resumed.version += 1
        resumed.nonce.low ^= 1
        desk.pass(500)
        desk.look(at: resumed, for: 1000)
        #expect(desk.write?.row.holder == "n1")
        #expect(desk.write?.row.epoch == 9)
    }

    @Test("a wish to resume is not wasted on a row that nobody believes")
    func wastedWish() throws {
        var desk = try Desk()
        desk.actions = desk.lease.setReady(false, now: desk.now)
        desk.answer(desk.read, .row(Desk.row(epoch: 7, paused: true)))
        desk.look(at: Desk.row(epoch: 7, paused: true), for: 1000)
        desk.look(at: Desk.row(epoch: 3, paused: true), for: 1000)
        desk.actions = desk.lease.resume(now: desk.now)
        desk.look(at: Desk.row(epoch: 3, paused: true), for: 1000)
        #expect(desk.write == nil)
        let anew = Desk.row("", instance: 0, epoch: 8, version: 51, paused: true)
        desk.pass(500)
        desk.look(at: anew, for: 1000)
        #expect(desk.write?.row.paused == false)
        #expect(desk.write?.row.holder.isEmpty == true)
    }

    @Test("the wait is the longest hold of the cluster: the row that would say it is gone")
    func longestHold() throws {
        var settings = LeaseSettings.fast
        settings.longestHold = .seconds(9)
        var desk = try Desk(settings: settings, floor: 3)
        let began = desk.now
        desk.look(at: nil, for: 20_000)
        #expect(desk.now - began >= .seconds(9))
        #expect(desk.write?.row.epoch == 4)
    }

    @Test("a look that was on its way when the floor rose proves no loss")
    func race() throws {
        var desk = try Desk()
        desk.tick()
        let read = desk.read
        desk.actions = desk.lease.heard(floor: 8, now: desk.now)
        desk.pass(5)
        desk.answer(read, .row(Desk.row(epoch: 7)))
        #expect(!desk.isForgotten)
        // And nothing is claimed on such a row.
        desk.pass(500)
        desk.tick()
        desk.answer(desk.read, .row(Desk.row(epoch: 8, version: 60)))
        #expect(!desk.isForgotten)
    }
}
