import Basics
import Failover
import Testing
import Wire

@Suite("A role that is paused")
struct PauseTests {
    @Test("nobody is promoted before it is resumed")
    func nobody() {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        _ = line.look(at: 0.1)
        let (isAccepted, events) = line.failover.setPaused(role: "r", true)
        #expect(isAccepted)
        #expect(events == [.paused(role: "r", isPaused: true)])
        line.lose("n2")
        #expect(line.look(at: 30).promotions == 0)
        #expect(line.record?.pauses == 1)
        _ = line.failover.setPaused(role: "r", true)
        #expect(line.record?.pauses == 1, "paused already")
        _ = line.failover.setPaused(role: "r", false)
        #expect(line.look(at: 31).promotions == 1)
        #expect(line.record?.pauses == 2)
    }

    @Test("the latest that is heard counts, and a newcomer learns of it")
    func heard() {
        var line = Line()
        line.meet("n2", pauses: 5)
        #expect(line.look(at: 0.1).contains(.paused(role: "r", isPaused: true)))
        #expect(line.record?.pauses == 5)
        line.meet("n2", pauses: 3)
        #expect(!line.look(at: 0.2).contains(.paused(role: "r", isPaused: false)))
        #expect(line.failover.isPaused("r"))
        line.meet("n3", pauses: 6)
        #expect(line.look(at: 0.3).contains(.paused(role: "r", isPaused: false)))
    }

    @Test("what is asked for before the others are known is done afterwards")
    func early() {
        var line = Line()
        _ = line.failover.setPaused(role: "r", true)
        line.meet("n2", pauses: 4)
        _ = line.look(at: 0.1)
        #expect(line.record?.pauses == 5)
    }

    @Test("an unresponsive primary keeps it, unless another is named by hand")
    func unresponsive() {
        var line = Line()
        line.meet("n2", .primary, token: 100, pauses: 1)
        _ = line.look(at: 0.1)
        line.meet(
            "n2", .primary, status: .unresponsive, token: 100, silentSince: Line.at(1), pauses: 1)
        #expect(line.look(at: 20).promotions == 0)
        #expect(line.primary == "n2")
        guard case .begun = line.promote("n1") else { return #expect(Bool(false)) }
        let events = line.look(at: 21)
        #expect(events.promotions == 1)
        #expect(events.wishes == [true])
    }

    @Test("a hand-over by hand works, and an unready primary stays")
    func byHand() {
        var line = HandOverTests.primary()
        _ = line.failover.setPaused(role: "r", true)
        line.failover.setReady(role: "r", false)
        #expect(line.look(at: 2).demotions.isEmpty)
        guard case .begun = line.promote("n2") else { return #expect(Bool(false)) }
        #expect(line.look(at: 3).demotions == [true])
        var next = Line()
        next.meet("n2", .primary, token: 100, pauses: 1)
        _ = next.look(at: 0.1)
        next.meet("n2", hasYielded: true, highestToken: 100, target: "n1", pauses: 1)
        #expect(next.look(at: 0.2).promotions == 1)
    }

    @Test("at the end of its range the counter stays resumed")
    func end() {
        var line = Line()
        line.meet("n2", pauses: SeatRecord.mostPauses)
        _ = line.look(at: 0.1)
        #expect(!line.failover.isPaused("r"))
        #expect(!line.failover.setPaused(role: "r", true).isAccepted)
        #expect(line.failover.setPaused(role: "r", false).isAccepted)
        #expect(line.failover.setPaused(role: "other", true).events.isEmpty)
    }
}

@Suite("A quorum of members")
struct QuorumTests {
    @Test("a side that sees too few makes no primary, seats or not")
    func promotion() {
        var line = Line(quorum: 3)
        line.meet("n2", number: 9, isUnready: true)
        line.presentCount = 2
        _ = line.look(at: 0)
        #expect(line.look(at: 5).promotions == 0)
        guard case .noCandidate(.noQuorum) = line.promote("n1") else { return #expect(Bool(false)) }
        line.presentCount = 3
        #expect(line.look(at: 6).promotions == 1)
    }

    @Test("a primary that sees too few stops, and keeps its place")
    func demotion() {
        var line = Line(quorum: 2)
        line.meet("n2", number: 9, isUnready: true)
        _ = line.look(at: 0)
        #expect(line.look(at: 1).promotions == 1)
        let number = line.record?.number
        line.lose("n2")
        let events = line.look(at: 2)
        #expect(events.demotionReasons == [.noQuorum])
        #expect(line.token == nil)
        line.failover.hostStopped(role: "r", now: line.now)
        #expect(line.look(at: 3).promotions == 0)
        #expect(line.record?.number == number)
        #expect(line.record?.hasYielded == false)
        line.meet("n2", number: 99)
        #expect(line.look(at: 4).promotions == 1)
    }

    @Test("a pause does not outweigh it")
    func paused() {
        var line = Line(quorum: 2)
        line.meet("n2", number: 9, isUnready: true)
        _ = line.look(at: 0)
        _ = line.look(at: 1)
        _ = line.failover.setPaused(role: "r", true)
        line.lose("n2")
        #expect(line.look(at: 2).demotions == [true])
    }
}
