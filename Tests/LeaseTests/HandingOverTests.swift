import Basics
import Lease
import Testing

@Suite("How the lease is handed over")
struct HandingOverTests {
    static let line = [
        LeaseCandidate(id: "n1", instance: 1), LeaseCandidate(id: "n2", instance: 5),
        LeaseCandidate(id: "n3", instance: 6),
    ]

    static func holder() throws -> Desk {
        var desk = try HoldingTests.holder()
        desk.actions = desk.lease.setLine(line, now: desk.now)
        return desk
    }

    @Test("the holder renews until its host has stopped, and only then writes the target")
    func order() throws {
        var desk = try Self.holder()
        let (result, actions) = desk.lease.promote("n3", now: desk.now)
        #expect(result == .begun)
        desk.actions = actions
        #expect(desk.demoted == .handOver)
        #expect(desk.lease.trustUntil == nil)
        #expect(desk.lease.token == nil)
        for _ in 0..<3 {
            desk.pass(500)
            desk.tick()
            let write = try #require(desk.write)
            #expect(write.row.holder == "n1")
            #expect(write.row.successors == ["n2", "n3"])
            desk.answer(write.id, .applied)
        }
        #expect(desk.lease.leaseUntil == desk.now + .milliseconds(2100))
        desk.actions = desk.lease.hostStopped(now: desk.now)
        let write = try #require(desk.write)
        #expect(desk.lease.leaseUntil == nil)
        #expect(write.row.holder == "n3")
        #expect(write.row.target == "n3")
        #expect(write.row.instance == 6)
        #expect(write.row.epoch == 2)
        desk.answer(write.id, .applied)
        #expect(desk.actions.contains(.handedOver(to: "n3")))
    }

    @Test("a host that does not stop is not waited for longer than the demote timeout")
    func deafHost() throws {
        var desk = try Self.holder()
        desk.actions = desk.lease.stepDown(now: desk.now).actions
        for _ in 0..<20 {
            desk.pass(500)
            desk.tick()
            guard let write = desk.write, write.row.holder == "n1" else { break }
            desk.answer(write.id, .applied)
        }
        #expect(desk.write?.row.holder == "n2")
    }

    @Test("a host whose time is over while the register does not answer makes nobody turn in circles")
    func rest() throws {
        var settings = LeaseSettings.usual
        settings.demoteWithin = .milliseconds(700)
        var desk = try Desk(settings: settings)
        desk.becomeHolder()
        desk.actions = desk.lease.setLine(Self.line, now: desk.now)
        desk.actions = desk.lease.stepDown(now: desk.now).actions
        desk.pass(500)
        desk.tick()
        let renewal = try #require(desk.write)
        desk.pass(300)
        desk.tick()
        #expect(desk.lease.nextDeadline > desk.now)
        desk.answer(renewal.id, .failed)
        #expect(desk.lease.nextDeadline > desk.now)
        desk.pass(125)
        desk.tick()
        desk.answer(desk.read, .failed)
        #expect(desk.lease.nextDeadline > desk.now)
    }

    @Test("a hand-over without an answer is read back and tried again; the giver never trusts itself again")
    func unknown() throws {
        var desk = try Self.holder()
        desk.actions = desk.lease.stepDown(now: desk.now).actions
        desk.actions = desk.lease.hostStopped(now: desk.now)
        if desk.write == nil {
            desk.pass(500)
            desk.tick()
        }
        let first = try #require(desk.write)
        #expect(first.row.holder == "n2")
        desk.answer(first.id, .unknown)
        var mine = Desk.row("n1", epoch: 1, version: 1)
        mine.nonce = try #require(first.expected).nonce
        desk.answer(desk.read, .row(mine))
        let second = try #require(desk.write)
        #expect(second.row.holder == "n2")
        #expect(second.row.nonce != first.row.nonce)
        #expect(desk.lease.leaseUntil == nil)
        desk.answer(second.id, .applied)
        #expect(desk.actions.contains(.handedOver(to: "n2")))
    }

    @Test("nobody steps down for nobody, and nobody else steps down")
    func noCandidate() throws {
        var desk = try HoldingTests.holder()
        #expect(desk.lease.stepDown(now: desk.now).result == .noCandidate)
        #expect(desk.lease.promote("n7", now: desk.now).result == .noCandidate)
        desk = try Desk()
        #expect(desk.lease.stepDown(now: desk.now).result == .notPrimary)
    }

    @Test("the target trusts only its own renewal, from when it was sent")
    func target() throws {
        var desk = try Desk("n2", instance: 5)
        desk.look(at: Desk.row("n1", epoch: 7, version: 50), for: 1000)
        desk.pass(500)
        desk.tick()
        desk.answer(desk.read, .row(Desk.row("n2", instance: 5, epoch: 8, version: 51, target: "n2")))
        #expect(desk.promoted == nil)
        #expect(desk.lease.leaseUntil == nil)
        let write = try #require(desk.write)
        let sent = desk.now
        #expect(write.row.epoch == 8)
        #expect(write.row.target.isEmpty)
        desk.pass(200)
        desk.answer(write.id, .applied)
        #expect(desk.promoted == 8)
        #expect(desk.lease.trustUntil == sent + .milliseconds(2100))
    }

    @Test("another start of the target, or one that has not watched, waits like all others")
    func strangers() throws {
        let offer = Desk.row("n2", instance: 5, epoch: 8, version: 51, target: "n2")
        for instance in [5, 6] as [UInt64] {
            var desk = try Desk("n2", instance: instance)
            if instance == 6 { desk.look(at: Desk.row("n1", epoch: 7, version: 50), for: 1000) }
            let began = desk.now
            desk.look(at: offer, for: 10_000)
            #expect(desk.now - began >= .milliseconds(2990))
            #expect(desk.write?.row.epoch == 9)
        }
    }

    @Test("a wish that failed is taken out of the row again, where it stands there")
    func withdrawn() throws {
        var desk = try Desk("n3")
        let row = Desk.row("n1", epoch: 7, successors: ["n2", "n3"])
        desk.look(at: row, for: 1000)
        _ = desk.lease.promote("n2", now: desk.now)
        desk.look(at: row, for: 1000)
        let asked = try #require(desk.write)
        #expect(asked.row.target == "n2")
        desk.answer(asked.id, .applied)
        desk.actions = desk.lease.withdraw(now: desk.now)
        desk.look(at: asked.row, for: 1000)
        let taken = try #require(desk.write)
        #expect(taken.row.target.isEmpty)
        #expect(taken.expected == asked.row.stamp)
        desk.answer(taken.id, .applied)
        // Another's wish stays, in what the holder has written since.
        var other = taken.row
        other.wished = nil
        other.target = "n3"
        other.version += 1
        desk.look(at: other, for: 2000)
        #expect(desk.write == nil)
    }

    @Test("anybody may ask the holder to hand over, or for a pause, by a write that changes nothing else")
    func petition() throws {
        var desk = try Desk("n3")
        let row = Desk.row("n1", epoch: 7, successors: ["n2", "n3"])
        desk.look(at: row, for: 1000)
        #expect(desk.lease.promote("n2", now: desk.now).result == .asked)
        desk.actions = desk.lease.pause(now: desk.now)
        desk.pass(500)
        desk.look(at: row, for: 1000)
        let write = try #require(desk.write)
        var wanted = row
        wanted.target = "n2"
        wanted.paused = true
        wanted.version += 1
        wanted.nonce = write.row.nonce
        wanted.wished = row.nonce
        #expect(write.row == wanted)
        #expect(write.expected == row.stamp)
        // The holder begins.
        var holder = try Self.holder()
        holder.pass(500)
        holder.tick()
        holder.answer(holder.write?.id, .conflict)
        var asked = Desk.row("n1", epoch: 1, version: 9)
        asked.target = "n2"
        asked.paused = true
        holder.answer(holder.read, .row(asked))
        #expect(holder.demoted == .handOver)
        if holder.write == nil { holder.tick() }
        #expect(holder.write?.row.paused == true)
    }
}
