import Basics
import Failover
import Testing
import Wire

@Suite("A line whose primary a lease decides")
struct LeasedTests {
    static func line() -> Line {
        var line = Line(authority: .store)
        line.meet("n2")
        line.meet("n3", number: 2)
        _ = line.look(at: 0.1)
        return line
    }

    @Test("nobody is promoted but by the lease, however long nobody leads")
    func patience() {
        var line = Self.line()
        #expect(line.look(at: 100).promotions == 0)
        #expect(line.record?.authority == .store)
        let events = line.failover.granted(role: "r", token: 5, now: line.now)
        #expect(events.contains(.promoted(role: "r", token: 5)))
        #expect(line.token == 5)
        _ = line.look(at: 101)
        #expect(line.rank == 0)
        #expect(line.primary == "n1")
    }

    @Test("a lost lease demotes at once, and the host's word is awaited")
    func lost() {
        var line = Self.line()
        _ = line.failover.granted(role: "r", token: 5, now: line.now)
        let events = line.failover.lost(role: "r", why: .leaseExpired)
        #expect(events.contains(.demoted(role: "r", token: 5, isAwaited: true, why: .leaseExpired)))
        #expect(line.token == nil)
        #expect(line.failover.lost(role: "r", why: .leaseExpired).isEmpty)
    }

    @Test("another primary with a higher token does not demote: the lease does, when it has looked")
    func meeting() {
        var line = Self.line()
        _ = line.failover.granted(role: "r", token: 5, now: line.now)
        line.meet("n2", .primary, token: 6)
        #expect(line.look(at: 1).overlaps == 0)
        #expect(line.token == 5)
    }

    @Test(
        "a former primary that has not heard of the next leads no more, and the register's word comes first")
    func former() {
        var line = Self.line()
        line.meet("n2", .primary, token: 6)
        _ = line.look(at: 1)
        #expect(line.primary == "n2")
        line.holder = ("n9", 7)
        _ = line.look(at: 2)
        #expect(line.primary == "n9")
        line.holder = nil
        line.meet("n3", .primary, number: 2, token: 7)
        _ = line.look(at: 3)
        #expect(line.primary == "n3")
        line.lose("n3")
        _ = line.look(at: 4)
        #expect(line.primary == nil)
    }

    @Test("what is given back stays given until the lease is off its hands")
    func giving() {
        var line = Self.line()
        _ = line.failover.granted(role: "r", token: 5, now: line.now)
        _ = line.look(at: 1)
        #expect(line.failover.givesTo("r") == nil)
        _ = line.promote("n3")
        let events = line.look(at: 1.1)
        #expect(events.demotionReasons == [.handedOver])
        #expect(line.failover.givesTo("r") == Line.instance("n3"))
        line.failover.hostStopped(role: "r", now: line.now)
        _ = line.look(at: 60)
        #expect(line.record?.state == .yielding)
        line.failover.released(role: "r")
        #expect(line.record?.state == .standby)
        #expect(line.record?.hasYielded == true)
    }

    @Test("the line holds all that could be promoted, in order, this node included")
    func order() {
        var line = Self.line()
        line.meet("n4", position: 1, number: 9)
        line.meet("n5", number: 3, isUnready: true)
        line.meet("n6", status: .unresponsive, number: 4)
        _ = line.look(at: 1)
        let ids = line.failover.line(of: "r", among: line.rivals).map(\.id)
        #expect(ids == ["n4", "n2", "n3", "n1"])
        line.failover.setReady(role: "r", false)
        _ = line.look(at: 2)
        #expect(line.failover.line(of: "r", among: line.rivals).map(\.id) == ["n4", "n2", "n3"])
        #expect(!line.failover.couldLead("r"))
    }

    @Test("the pause is what the register says, whatever the others' counters")
    func pause() {
        var line = Self.line()
        line.meet("n2", pauses: 7)
        #expect(!line.look(at: 1).contains(.paused(role: "r", isPaused: true)))
        #expect(line.failover.found(role: "r", isPaused: true) == [.paused(role: "r", isPaused: true)])
        #expect(line.failover.found(role: "r", isPaused: true).isEmpty)
        #expect(line.failover.found(role: "r", isPaused: false) == [.paused(role: "r", isPaused: false)])
    }

    @Test("a seat under another authority is told of, once for each start")
    func strangers() {
        var line = Self.line()
        line.meet("n2", authority: .members)
        let told = RoleEvent.authorityDiffers(role: "r", other: "n2", authority: .members)
        #expect(line.look(at: 1).contains(told))
        #expect(!line.look(at: 2).contains(told))
    }
}
