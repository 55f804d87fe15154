import Basics
import Failover
import Testing
import Wire

@Suite("Who is promoted, and when")
struct PromotionTests {
    @Test("alone, after the grace and not before")
    func alone() {
        var line = Line()
        #expect(line.look(at: 0.0).promotions == 0)
        #expect(line.failover.nextDeadline(role: "r", rivals: [], now: line.now) == Line.at(1.0))
        #expect(line.look(at: 0.9).promotions == 0)
        #expect(line.look(at: 1.0).promotions == 1)
        #expect(line.rank == 0)
        #expect(line.primary == "n1")
    }

    @Test("at once when the expected number is there")
    func expected() {
        var line = Line(expect: 2)
        #expect(line.look(at: 0.1).promotions == 0)
        line.meet("n2", number: 2)
        #expect(line.look(at: 0.2).promotions == 1)
    }

    @Test("not while a primary lives; at once when it is gone")
    func succession() {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        #expect(
            line.look(at: 0.1) == [
                .primaryChanged(role: "r", primary: "n2", token: 100),
                .positionChanged(role: "r", position: 1),
            ])
        #expect(line.failover.watched == ["n2"])
        #expect(line.look(at: 30).promotions == 0)
        line.lose("n2")
        #expect(line.look(at: 31).promotions == 1)
        #expect((line.token ?? 0) > 100)
    }

    @Test(
        "a primary that is",
        arguments: [
            (Status.alive, false), (.suspect, false), (.unresponsive, false), (.dead, true), (.left, true),
        ])
    func status(status: Status, isReplaced: Bool) {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        _ = line.look(at: 0.1)
        line.meet("n2", .primary, status: status, token: 100, silentSince: Line.at(5))
        #expect(line.look(at: 6).promotions == (isReplaced ? 1 : 0))
    }

    @Test("an unresponsive primary has a second and a half, counted from its silence")
    func unresponsive() {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        _ = line.look(at: 0.1)
        line.meet("n2", .primary, status: .unresponsive, token: 100, silentSince: Line.at(5))
        #expect(line.look(at: 5.7).promotions == 0)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(6.5))
        #expect(line.look(at: 6.5).promotions == 1)
        // What has passed is no deadline any more.
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == .distantFuture)
    }

    @Test("the first in the line, not the second")
    func second() {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        line.meet("n3", number: 1)
        _ = line.look(at: 0.1)
        #expect(line.record?.number == 2)
        #expect(line.rank == 2)
        line.lose("n2")
        #expect(line.look(at: 5).promotions == 0)
        line.lose("n3")
        #expect(line.look(at: 6).promotions == 1)
    }

    @Test("who is unready or unresponsive is passed over, who is suspect is waited for")
    func passedOver() {
        var line = Line()
        line.meet("n2", .primary, token: 100)
        line.meet("n3", number: 1)
        _ = line.look(at: 0.1)
        line.lose("n2")
        line.meet("n3", status: .suspect, number: 1)
        #expect(line.look(at: 2).promotions == 0)
        line.meet("n3", number: 1, isUnready: true)
        #expect(line.look(at: 3).promotions == 1)
        var other = Line()
        other.meet("n3", status: .unresponsive, number: 1, silentSince: Line.at(0))
        #expect(other.look(at: 1).promotions == 1)
    }

    @Test("configured positions come first, then the order of arrival; ids break ties")
    func order() {
        var line = Line(id: "n5", position: 2)
        line.meet("n9", .primary, token: 1)
        line.meet("n1", position: 0, number: 1)
        line.meet("n2", position: 1)
        line.meet("n3", position: 2)
        line.meet("n6", position: 2)
        line.meet("n7", position: 3)
        _ = line.look(at: 0.1)
        #expect(line.rank == 3)
    }

    @Test("nobody who has just woken up, or has no place yet")
    func asleep() {
        var line = Line()
        line.mayLead = false
        #expect(line.look(at: 5).promotions == 0)
        line.mayLead = true
        #expect(line.look(at: 5).promotions == 1)
    }

    @Test("a second seat in a role is the same seat; a closed one is gone")
    func seats() {
        var line = Line()
        line.failover.open(role: "r", savedToken: 5, now: line.now)
        line.failover.open(role: "a", savedToken: 0, now: line.now)
        #expect(line.failover.roles == ["a", "r"])
        #expect(line.failover.close(role: "a", now: line.now).isEmpty)
        #expect(line.failover.roles == ["r"])
        #expect(line.failover.close(role: "nothing", now: line.now).isEmpty)
    }
}
