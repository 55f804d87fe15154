import Basics
import Lease
import Testing

@Suite("How the lease is given back, and who looks sooner")
struct GivingBackTests {
    /// What a holder leaves when nobody is there to take over.
    static func empty(version: UInt64, successors: [String] = []) -> LeaseRow {
        Desk.row("", instance: 0, epoch: 7, version: version, successors: successors)
    }

    @Test("a holder without anybody to follow gives the lease back when its host has stopped")
    func resign() throws {
        var desk = try HoldingTests.holder()
        desk.actions = desk.lease.resign(now: desk.now)
        #expect(desk.demoted == .handOver)
        #expect(desk.lease.trustUntil == nil)
        #expect(desk.lease.leaseUntil != nil)
        desk.actions = desk.lease.hostStopped(now: desk.now)
        let write = try #require(desk.write)
        #expect(desk.lease.leaseUntil == nil)
        #expect(write.row.holder.isEmpty)
        #expect(write.row.epoch == 1)
        desk.answer(write.id, .applied)
        #expect(desk.actions.contains(.handedOver(to: nil)))
    }

    @Test("who saw it being given back follows at once, in order, under a higher epoch")
    func follow() throws {
        for place in 0..<3 {
            var desk = try Desk("n2")
            desk.look(at: Desk.row(epoch: 7, version: 50), for: 1000)
            let began = desk.now
            let line = ["a", "b"].prefix(place) + ["n2"]
            desk.look(at: Self.empty(version: 51, successors: Array(line)), for: 2500)
            let write = try #require(desk.write)
            #expect(write.row.epoch == 8)
            // A poll, and the steps of those before it.
            #expect(desk.now - began <= .milliseconds(Int64(510 + 250 * place)))
            #expect(desk.now - began >= .milliseconds(Int64(250 * place)))
        }
    }

    @Test("who did not see it coming, or was away, waits as for any other row")
    func stranger() throws {
        var fresh = try Desk("n2")
        let began = fresh.now
        fresh.look(at: Self.empty(version: 51), for: 10_000)
        #expect(fresh.write != nil)
        #expect(fresh.now - began >= .milliseconds(2990))

        var away = try Desk("n2")
        away.look(at: Desk.row(epoch: 7, version: 50), for: 1000)
        away.pass(5000)
        let back = away.now
        away.look(at: Self.empty(version: 51), for: 10_000)
        #expect(away.write != nil)
        #expect(away.now - back >= .milliseconds(2990))
    }

    @Test("an empty row that was there before is a store that forgot")
    func older() throws {
        var desk = try Desk("n2")
        desk.look(at: Desk.row(epoch: 7, version: 50), for: 1000)
        desk.look(at: Desk.row(epoch: 8, version: 60), for: 1000)
        let began = desk.now
        desk.look(at: Self.empty(version: 51), for: 10_000)
        #expect(desk.write?.row.epoch == 9)
        #expect(desk.now - began >= .milliseconds(2990))
    }

    @Test("who has heard something looks at once, and a few times more")
    func look() throws {
        var desk = try Desk("n2")
        let row = Desk.row(epoch: 7, version: 50)
        desk.look(at: row, for: 200)
        let heard = desk.now
        desk.actions = desk.lease.look(now: desk.now)
        var looks = 0
        while desk.now - heard < .milliseconds(500) {
            if desk.read != nil {
                looks += 1
                desk.answer(desk.read, .row(row))
            }
            desk.pass(5)
            desk.tick()
        }
        #expect(looks == 6)
    }

    @Test("who is shown as the holder has claimed the lease, lately")
    func holder() throws {
        var desk = try Desk("n3")
        desk.look(at: Desk.row("n1", epoch: 7, version: 50), for: 600)
        #expect(desk.lease.holder(now: desk.now)?.id == "n1")
        desk.look(at: Desk.row("n2", epoch: 8, version: 51, target: "n2"), for: 600)
        #expect(desk.lease.holder(now: desk.now) == nil)
        desk.look(at: Desk.row("n2", epoch: 8, version: 52), for: 600)
        #expect(desk.lease.holder(now: desk.now)?.id == "n2")
        desk.pass(2000)
        #expect(desk.lease.holder(now: desk.now) == nil)
    }

    @Test("one that somebody wants is next, also in a paused role, when the holder's lease has ended")
    func wanted() throws {
        var desk = try Desk("n3")
        let row = Desk.row(epoch: 7, version: 50, successors: ["n2", "n3"], target: "n3", paused: true)
        let began = desk.now
        desk.look(at: row, for: 10_000)
        #expect(desk.write?.row.epoch == 8)
        #expect(desk.write?.row.paused == true)
        #expect(desk.now - began <= .milliseconds(3010))
        var other = try Desk("n2")
        other.look(at: row, for: 10_000)
        #expect(other.write == nil)
    }
}
