import Basics
import Lease
import Testing

@Suite("How long a holder trusts itself")
struct HoldingTests {
    static func holder() throws -> Desk {
        var desk = try Desk()
        desk.becomeHolder()
        #expect(desk.promoted == 1)
        return desk
    }

    @Test("for D from when the renewal was sent; the reply's time is never used")
    func fromSend() throws {
        var desk = try Self.holder()
        desk.pass(500)
        desk.tick()
        let sent = desk.now
        let write = try #require(desk.write)
        #expect(write.row.epoch == 1)
        #expect(write.row.version == 2)
        desk.pass(450)
        desk.answer(write.id, .applied)
        #expect(desk.lease.trustUntil == sent + .milliseconds(2100))
        #expect(desk.lease.token == 1)
    }

    @Test("without a renewal it warns at half of the trust, and is demoted at its end")
    func expires() throws {
        var desk = try Self.holder()
        var warnings = 0
        for _ in 0..<200 {
            desk.pass(10)
            desk.tick()
            for case .warning(1, let remaining) in desk.actions {
                warnings += 1
                #expect(remaining <= .milliseconds(1050))
                #expect(remaining > .milliseconds(1000))
            }
            if let read = desk.read { desk.answer(read, .failed) }
        }
        #expect(warnings == 1)
        #expect(desk.lease.trustUntil != nil)
        let end = try #require(desk.lease.nextDeadline as Instant?)
        #expect(end <= desk.now + .milliseconds(250))
        desk.pass(100)
        desk.tick()
        #expect(desk.demoted == .expired)
        #expect(desk.lease.trustUntil == nil)
        // Until its host has stopped it is no candidate.
        desk.look(at: nil, for: 8000)
        #expect(desk.write == nil)
        desk.actions = desk.lease.hostStopped(now: desk.now)
        #expect(desk.write?.row.epoch == 2)
    }

    @Test("a renewal without an answer is read back, and counts from its own send")
    func unknownRenewal() throws {
        var desk = try Self.holder()
        desk.pass(500)
        desk.tick()
        let write = try #require(desk.write)
        let sent = desk.now
        let before = desk.lease.trustUntil
        desk.pass(500)
        desk.tick()
        #expect(desk.lease.trustUntil == before)
        desk.answer(desk.read, .row(write.row))
        #expect(desk.lease.trustUntil == sent + .milliseconds(2100))
    }

    @Test("an answer that comes too late is not listened to")
    func lateAnswer() throws {
        var desk = try Self.holder()
        desk.pass(500)
        desk.tick()
        let write = try #require(desk.write)
        let before = desk.lease.trustUntil
        desk.pass(500)
        desk.tick()
        desk.answer(write.id, .applied)
        #expect(desk.lease.trustUntil == before)
    }

    @Test("it stops at once where the row names another, or a higher epoch is heard of")
    func replaced() throws {
        var desk = try Self.holder()
        desk.pass(500)
        desk.tick()
        desk.answer(desk.write?.id, .conflict)
        desk.answer(desk.read, .row(Desk.row("n2", epoch: 2, version: 9)))
        #expect(desk.demoted == .replaced)
        #expect(desk.lease.leaseUntil == nil)
        desk = try Self.holder()
        desk.actions = desk.lease.heard(floor: 2, now: desk.now)
        #expect(desk.demoted == .storeForgot)
    }

    @Test("its own row under another epoch, or of another start, is not its own")
    func otherStart() throws {
        for row in [
            Desk.row("n1", instance: 2, epoch: 1, version: 9), Desk.row("n1", epoch: 2, version: 9),
        ] {
            var desk = try Self.holder()
            desk.pass(500)
            desk.tick()
            desk.answer(desk.write?.id, .conflict)
            desk.answer(desk.read, .row(row))
            #expect(desk.demoted == .replaced)
        }
    }

    @Test("after standing still it is suspended until a renewal sent afterwards")
    func suspended() throws {
        var desk = try Self.holder()
        desk.pass(300)
        desk.tick()
        desk.pass(220)
        desk.tick()
        let early = try #require(desk.write)
        desk.pass(501)
        desk.actions = desk.lease.heard(floor: 1, now: desk.now)
        #expect(desk.actions.contains(.suspended(token: 1)))
        #expect(desk.lease.trustUntil == nil)
        #expect(desk.lease.leaseUntil != nil)
        // The renewal from before the gap proves nothing about what happened in it.
        desk.answer(desk.read, .row(early.row))
        #expect(desk.lease.trustUntil == nil)
        if desk.write == nil { desk.tick() }
        let write = try #require(desk.write)
        desk.answer(write.id, .applied)
        #expect(desk.actions.contains(.resumed(token: 1)))
        #expect(desk.lease.trustUntil == desk.now + .milliseconds(2100))
    }

    @Test("an answer that is looked at after the trust has run out revives nothing")
    func tooLate() throws {
        var desk = try Self.holder()
        desk.pass(450)
        desk.tick()
        desk.pass(50)
        desk.tick()
        let write = try #require(desk.write)
        // The process stands still; the answer waits. From its send it would be good for 100 ms yet.
        desk.pass(2000)
        desk.answer(write.id, .applied)
        #expect(desk.demoted == .expired)
        #expect(desk.lease.leaseUntil == nil)
    }

    @Test("a step of less than a renewal is no gap")
    func smallStep() throws {
        var desk = try Self.holder()
        desk.pass(500)
        desk.tick()
        #expect(!desk.actions.contains(.suspended(token: 1)))
    }
}
