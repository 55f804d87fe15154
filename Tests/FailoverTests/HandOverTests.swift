import Basics
import Failover
import Testing
import Wire

@Suite("How the role is given back")
struct HandOverTests {
    /// A primary since one second, with one standby.
    static func primary() -> Line {
        var line = Line()
        _ = line.look(at: 0)
        line.meet("n2", number: 2)
        _ = line.look(at: 1)
        return line
    }

    @Test("the host is asked to stop, and only then the next may begin")
    func stepDown() {
        var line = Self.primary()
        let token = line.token
        let (result, events) = line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now)
        #expect(result == .begun)
        #expect(events.demotions == [true])
        #expect(line.token == nil)
        _ = line.look(at: 1.1)
        #expect(line.record?.state == .yielding)
        #expect(line.record?.token == token)
        #expect(line.primary == "n1")
        line.failover.hostStopped(role: "r", now: line.now)
        _ = line.look(at: 1.2)
        #expect(line.record?.state == .standby)
        #expect(line.record?.hasYielded == true)
        #expect(line.record?.number == 3)
        #expect(line.rank == 2)
        // The other begins; the place at the back is kept.
        line.meet("n2", .primary, number: 2, token: 1 << 40)
        _ = line.look(at: 1.3)
        #expect(line.record?.hasYielded == false)
        #expect(line.record?.number == 3)
        #expect(line.rank == 1)
    }

    @Test("a host that does not stop is not waited for longer than ten seconds")
    func deafHost() {
        var line = Self.primary()
        _ = line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now)
        _ = line.look(at: 10.9)
        #expect(line.record?.state == .yielding)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(11))
        _ = line.look(at: 11)
        #expect(line.record?.state == .standby)
    }

    @Test("nobody steps down for nobody")
    func noCandidate() {
        var line = Self.primary()
        line.meet("n2", number: 2, isUnready: true)
        #expect(line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now).result == .noCandidate)
        line.lose("n2")
        #expect(line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now).result == .noCandidate)
        #expect(line.token != nil)
        #expect(line.failover.stepDown(role: "other", rivals: [], now: line.now).result == .notPrimary)
    }

    @Test("a closed seat stays until the host has stopped")
    func close() {
        var line = Self.primary()
        #expect(line.failover.close(role: "r", now: line.now).demotions == [true])
        #expect(line.failover.close(role: "r", now: line.now).isEmpty)
        #expect(line.failover.isActing)
        line.failover.hostStopped(role: "r", now: line.now)
        #expect(!line.failover.isActing)
        #expect(line.failover.roles.isEmpty)
    }
}

@Suite("When two primaries meet")
struct OverlapTests {
    @Test("the one with the lower token stops at once")
    func lower() {
        var line = HandOverTests.primary()
        line.meet("n2", .primary, number: 2, token: SeatRecord.highestToken - 5)
        let events = line.look(at: 2)
        #expect(events.overlaps == 1)
        #expect(events.demotions == [false])
        #expect(line.token == nil)
        #expect(line.rank == 1)
        #expect(line.primary == "n2")
    }

    @Test("the one with the higher token stays, and counts the meeting once")
    func higher() {
        var line = HandOverTests.primary()
        let token = line.token
        line.meet("n2", .primary, number: 2, token: 7)
        #expect(line.look(at: 2).overlaps == 1)
        #expect(line.look(at: 2.1).overlaps == 0)
        #expect(line.look(at: 2.2).overlaps == 0)
        #expect(line.token == token)
        #expect(line.failover.overlaps(of: "r") == 1)
    }

    @Test("with equal tokens the place decides, and the winner takes a new token", arguments: ["n0", "n2"])
    func tie(other: String) {
        var line = HandOverTests.primary()
        let token = line.token ?? 0
        line.lose("n2")
        line.meet(other, .primary, number: line.record?.number ?? 0, token: token)
        let events = line.look(at: 2)
        if other < "n1" {
            #expect(events.demotions == [false])
        } else {
            #expect(events.promotions == 1)
            #expect((line.token ?? 0) > token)
        }
    }
}

@Suite("Tokens grow")
struct TokenTests {
    @Test("above the clock, the saved one, and every one that was heard of")
    func above() {
        for highest: UInt64 in [0, 1, 1 << 30, 1 << 45] {
            var line = Line(wallSeconds: 1000)
            line.now = Line.at(3)
            _ = line.failover.evaluate(
                role: "r", in: Failover.Situation(rivals: [], highestToken: highest), now: line.now)
            let token = line.token ?? 0
            #expect(token > highest)
            #expect(token >> 16 > 1000)
            #expect(token < 1 << 53)
        }
    }

    @Test("a saved token counts, and one that is out of range does not break anything")
    func saved() {
        for saved: UInt64 in [1 << 40, .max] {
            var failover = Failover(
                id: "a", instance: 1, settings: FailoverSettings(), seed: 1, wallSeconds: .max,
                now: Line.at(0))
            failover.open(role: "r", savedToken: saved, now: Line.at(0))
            _ = failover.evaluate(role: "r", in: Failover.Situation(rivals: []), now: Line.at(2))
            let token = failover.token(of: "r") ?? 0
            #expect(token > (saved == .max ? 0 : saved))
            #expect(token <= SeatRecord.highestToken)
        }
    }

    @Test("near the end of the range tokens go on by one, and at the end nobody is promoted")
    func exhausted() {
        for (highest, next) in [
            (SeatRecord.highestToken - 1, SeatRecord.highestToken), (SeatRecord.highestToken, 0),
        ] {
            var line = Line()
            let situation = Failover.Situation(rivals: [], highestToken: highest)
            line.now = Line.at(3)
            let events = line.failover.evaluate(role: "r", in: situation, now: line.now)
            #expect((line.token ?? 0) == next)
            #expect(events.contains(.outOfTokens(role: "r")) == (next == 0))
            #expect(
                !line.failover.evaluate(role: "r", in: situation, now: line.now).contains(
                    .outOfTokens(role: "r")), "said once")
        }
    }
}
