import Basics
import Failover
import Testing
import Wire

@Suite("Seats that are not ready, or decline")
struct ReadinessTests {
    @Test("an unready seat is passed over, keeps its place, and leads once it is ready")
    func passedOver() {
        var line = Line(isReady: false)
        line.meet("n2", .primary, token: 100)
        _ = line.look(at: 0.1)
        #expect(line.record?.isUnready == true)
        let number = line.record?.number
        line.lose("n2")
        #expect(line.look(at: 5).promotions == 0)
        line.failover.setReady(role: "r", true)
        #expect(line.look(at: 6).promotions == 1)
        #expect(line.record?.number == number)
    }

    @Test("who has just become ready hears first whether another, who could, has begun")
    func hearsFirst() {
        var line = Line(position: 1, isReady: false)
        line.meet("n9", .primary, token: 100)
        line.meet("n2", position: 2)
        _ = line.look(at: 0.1)
        line.lose("n9")
        line.failover.setReady(role: "r", true)
        #expect(line.look(at: 1).promotions == 0)
        let heard = line.now + .milliseconds(375)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == heard)
        var other = line
        #expect(line.look(at: 1.38).promotions == 1)
        other.meet("n2", .primary, position: 2, token: 200)
        #expect(other.look(at: 1.1).promotions == 0)
        #expect(other.look(at: 2).promotions == 0)
    }

    @Test("each has a rank of its own: who is not ready stands behind all who are")
    func ranks() {
        var line = Line(position: 1)
        line.meet("n2", .primary, token: 100)
        line.meet("n3", position: 2)
        line.meet("n4", position: 3, isUnready: true)
        line.meet("n5", position: 4)
        func ranks() -> [UInt32?] {
            [line.failover.position(of: "r")]
                + ["n3", "n4", "n5"].map { line.failover.rank(of: $0, in: "r", among: line.rivals) }
        }
        _ = line.look(at: 0.1)
        #expect(ranks() == [1, 2, 4, 3])
        line.failover.setReady(role: "r", false)
        _ = line.look(at: 0.2)
        #expect(ranks() == [3, 1, 4, 2])
    }

    @Test("a primary that becomes unready hands over, after its host has stopped, and keeps its place")
    func handsOver() {
        var line = HandOverTests.primary()
        let number = line.record?.number
        line.failover.setReady(role: "r", false)
        let events = line.look(at: 2)
        #expect(events.demotions == [true])
        #expect(events.demotionReasons == [.unready])
        #expect(line.record?.state == .yielding)
        line.failover.hostStopped(role: "r", now: line.now)
        _ = line.look(at: 2.1)
        #expect(line.record?.state == .standby)
        #expect(line.record?.hasYielded == false)
        #expect(line.record?.number == number)
    }

    @Test("where nobody is ready it stays, until somebody is")
    func stays() {
        var line = HandOverTests.primary()
        line.meet("n2", number: 2, isUnready: true)
        line.failover.setReady(role: "r", false)
        #expect(line.look(at: 2).demotions.isEmpty)
        #expect(line.token != nil)
        line.meet("n2", number: 2)
        #expect(line.look(at: 3).demotions == [true])
    }

    @Test("who declines rests, longer each time, and goes to the back")
    func declines() {
        var line = Line()
        _ = line.look(at: 0)
        var now = 1.0
        for rest in [1.0, 2, 4, 8, 16, 32, 60, 60] {
            #expect(line.look(at: now).promotions == 1)
            let answer = line.failover.decline(role: "r", now: line.now)
            #expect(answer.isAccepted)
            #expect(answer.events.demotions == [true])
            line.failover.hostStopped(role: "r", now: line.now)
            #expect(line.look(at: now + rest - 0.01).promotions == 0)
            #expect(line.record?.isUnready == true)
            #expect(
                line.failover.nextDeadline(role: "r", rivals: [], now: line.now) == Line.at(now + rest))
            now += rest
        }
        #expect(line.look(at: now).promotions == 1)
        _ = line.look(at: now + 60)
        _ = line.failover.decline(role: "r", now: line.now)
        line.failover.hostStopped(role: "r", now: line.now)
        #expect(line.look(at: now + 61).promotions == 1, "whoever led for a minute begins anew")
    }

    @Test("only a primary declines")
    func standby() {
        var line = Line()
        #expect(!line.failover.decline(role: "r", now: line.now).isAccepted)
        #expect(!line.failover.decline(role: "other", now: line.now).isAccepted)
        line.failover.setReady(role: "other", false)
    }
}
