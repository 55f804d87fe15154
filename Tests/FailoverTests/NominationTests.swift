import Basics
import Testing
import Wire

@testable import Failover

@Suite("A hand-over to a chosen member")
struct NominationTests {
    /// A standby behind the primary n9, with n2 before it and n3 behind.
    static func standby() -> Line {
        var line = Line()
        line.meet("n9", .primary, number: 1, token: 100)
        line.meet("n2", number: 1)
        _ = line.look(at: 0.1)
        line.meet("n3", number: 3)
        _ = line.look(at: 0.2)
        return line
    }

    @Test("the wish stands in the own seat, and is answered by the promotion")
    func wish() {
        var line = Self.standby()
        guard case .begun = line.promote("n3") else { return #expect(Bool(false)) }
        #expect(line.look(at: 0.3).wishes.isEmpty)
        #expect(line.record?.target == Line.instance("n3"))
        line.meet("n9", number: 1, hasYielded: true, highestToken: 100, target: "n3")
        #expect(line.look(at: 0.4).promotions == 0)
        line.meet("n3", .primary, number: 3, token: 200)
        #expect(line.look(at: 0.5).wishes == [true])
        #expect(line.record?.target == 0)
    }

    @Test("a wish ends when another is promoted, and when its time is up")
    func vain() {
        var line = Self.standby()
        _ = line.promote("n3")
        _ = line.look(at: 0.3)
        line.lose("n9")
        line.meet("n2", .primary, number: 1, token: 200)
        #expect(line.look(at: 0.4).wishes == [false])
        #expect(line.record?.target == 0)
        _ = line.promote("n3", for: 2)
        _ = line.look(at: 0.5)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(1))
        _ = line.look(at: 1)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(2.4))
        #expect(line.look(at: 2.4).wishes == [false])
        #expect(line.record?.target == 0)
    }

    @Test("the wish of a newcomer is about the primary that it meets then")
    func newcomer() {
        var line = Line()
        guard case .begun = line.promote("n1") else { return #expect(Bool(false)) }
        line.meet("n9", .primary, number: 1, token: 100)
        #expect(line.look(at: 0.1).wishes.isEmpty)
        #expect(line.record?.target == Line.instance("n1"))
        #expect(line.record?.highestToken == 100)
    }

    @Test("a token that is heard of before the new primary is seen does not end the wish")
    func hearsay() {
        var line = Self.standby()
        _ = line.promote("n3")
        line.meet("n2", number: 1, highestToken: 200)
        #expect(line.look(at: 0.3).wishes.isEmpty)
        line.meet("n9", number: 1, highestToken: 200)
        line.meet("n3", .primary, number: 3, token: 200)
        #expect(line.look(at: 0.4).wishes == [true])
    }

    @Test("the primary that hears of it stops first, and names the same")
    func primary() {
        var line = HandOverTests.primary()
        let token = line.token ?? 0
        line.meet("n3", number: 3)
        line.meet("n2", number: 2, highestToken: token, target: "n3")
        let events = line.look(at: 2)
        #expect(events.demotions == [true])
        #expect(events.demotionReasons == [.handedOver])
        #expect(line.record?.state == .yielding)
        #expect(line.record?.target == Line.instance("n3"))
        line.failover.hostStopped(role: "r", now: line.now)
        #expect(line.look(at: 2.1).promotions == 0)
        #expect(line.record?.target == Line.instance("n3"))
        #expect(line.record?.hasYielded == true)
        line.meet("n3", .primary, number: 3, token: token + 5)
        _ = line.look(at: 2.2)
        #expect(line.record?.target == 0)
        #expect(line.record?.hasYielded == false)
    }

    @Test("an old wish, one for nobody, and one for who is not ready move nobody")
    func ignored() {
        var line = HandOverTests.primary()
        let token = line.token ?? 0
        line.meet("n3", number: 3)
        line.meet("n2", number: 2, highestToken: token - 1, target: "n3")
        #expect(line.look(at: 2).demotions.isEmpty)
        line.meet("n2", number: 2, highestToken: token, target: "n7")
        #expect(line.look(at: 3).demotions.isEmpty)
        line.meet("n2", number: 2, highestToken: token, target: "n1")
        #expect(line.look(at: 4).demotions.isEmpty)
        line.meet("n3", number: 3, isUnready: true)
        line.meet("n2", number: 2, highestToken: token, target: "n3")
        #expect(line.look(at: 5).demotions.isEmpty)
        line.meet("n3", status: .unresponsive, number: 3, silentSince: Line.at(5))
        #expect(line.look(at: 6).demotions.isEmpty)
        #expect(line.token == token)
    }

    @Test("who is named leads at once, whatever its place")
    func named() {
        var line = Self.standby()
        line.meet("n9", number: 1, hasYielded: true, highestToken: 100, target: "n1")
        #expect(line.look(at: 0.3).promotions == 1)
        #expect((line.token ?? 0) > 100)
    }

    @Test("who is named by one that does not lead hears first whether another began")
    func asked() {
        var line = Self.standby()
        line.lose("n9")
        line.meet("n2", number: 1, highestToken: 100, target: "n1")
        #expect(line.look(at: 0.3).promotions == 0)
        let heard = Line.at(0.3) + .milliseconds(375)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == heard)
        var other = line
        #expect(line.look(at: 0.67).promotions == 0)
        #expect(line.look(at: 0.676).promotions == 1)
        other.meet("n2", .primary, number: 1, token: 200)
        #expect(other.look(at: 0.4).promotions == 0)
        #expect(other.look(at: 2).promotions == 0)
    }

    @Test("each who is named has its time to begin, from when it may")
    func ownTime() {
        var line = Line()
        line.meet("n9", .primary, number: 1, token: 100)
        _ = line.look(at: 0.1)
        line.meet("n3", number: 3)
        line.meet("n5", number: 5)
        line.meet("n9", number: 1, hasYielded: true, highestToken: 100, target: "n5")
        #expect(line.look(at: 1).promotions == 0)
        line.meet("n9", number: 9, highestToken: 100, target: "n3")
        #expect(line.look(at: 2).promotions == 0)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(3.875))
        #expect(line.look(at: 3.8).promotions == 0)
        #expect(line.look(at: 3.875).promotions == 1)
    }

    @Test("the word for one that cannot begin does not stand before another wish, in a paused role either")
    func vainWord() {
        var line = Self.standby()
        line.meet("n9", number: 1, hasYielded: true, highestToken: 100, target: "n3", pauses: 1)
        line.meet("n3", number: 3, isUnready: true, pauses: 1)
        #expect(line.look(at: 0.3).promotions == 0)
        line.meet("n2", number: 1, highestToken: 100, target: "n1", pauses: 1)
        _ = line.look(at: 0.4)
        #expect(line.look(at: 0.8).promotions == 1)
    }

    @Test(
        "gossip has its rounds, however short a host's patience, and nobody listens for a minute",
        arguments: [(100, 200), (1500, 375), (300_000, 1000)])
    func listening(patience: Int64, heard: Int64) {
        var settings = FailoverSettings()
        settings.unresponsiveAfter = .milliseconds(patience)
        #expect(settings.hearing == .milliseconds(heard))
    }

    @Test("with nobody who could have begun, who is named need not wait")
    func askedAlone() {
        var line = Self.standby()
        line.lose("n9")
        line.meet("n2", number: 1, isUnready: true, highestToken: 100, target: "n1")
        line.lose("n3")
        #expect(line.look(at: 0.3).promotions == 1)
    }

    /// The former primary, which has made way for n2.
    static func former() -> Line {
        var line = HandOverTests.primary()
        line.meet("n2", number: 2)
        line.meet("n3", number: 3)
        _ = line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now)
        line.failover.hostStopped(role: "r", now: line.now)
        _ = line.look(at: 2)
        return line
    }

    @Test("who has made way says a new wish when the other has begun")
    func wishOfTheFormer() {
        var line = Self.former()
        guard case .begun = line.promote("n3") else { return #expect(Bool(false)) }
        #expect(line.record?.target == Line.instance("n2"))
        let token = (line.record?.highestToken ?? 0) + 1
        line.meet("n2", number: 2, highestToken: token)
        #expect(line.look(at: 2.05).wishes.isEmpty)
        line.meet("n2", .primary, number: 2, token: token)
        #expect(line.look(at: 2.1).wishes.isEmpty)
        #expect(line.record?.target == Line.instance("n3"))
        #expect(line.record?.hasYielded == false)
        line.meet("n3", .primary, number: 3, token: token + 1)
        line.meet("n2", number: 4, hasYielded: true, highestToken: token + 1)
        #expect(line.look(at: 2.2).wishes == [true])
    }

    @Test("who has made way says a new wish when the other does not begin")
    func wishInVain() {
        var line = Self.former()
        _ = line.promote("n3")
        #expect(
            line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == line.now
                + .milliseconds(375))
        _ = line.look(at: 2.3)
        #expect(line.record?.target == Line.instance("n2"))
        _ = line.look(at: 2.38)
        #expect(line.record?.target == Line.instance("n3"))
        #expect(line.record?.hasYielded == false)
    }

    @Test("the line waits for who is named: a second and a half, and not for the dead")
    func waiting() {
        var line = Line()
        line.meet("n9", .primary, number: 1, token: 100)
        _ = line.look(at: 0.1)
        line.meet("n3", number: 3)
        line.meet("n9", number: 1, hasYielded: true, highestToken: 100, target: "n3")
        #expect(line.look(at: 2).promotions == 0)
        #expect(line.failover.nextDeadline(role: "r", rivals: line.rivals, now: line.now) == Line.at(3.5))
        #expect(line.look(at: 3.4).promotions == 0)
        var other = line
        other.lose("n3")
        #expect(other.look(at: 3.4).promotions == 1)
        #expect(line.look(at: 3.5).promotions == 1)
    }

    @Test("of two wishes the former primary's counts")
    func twoWishes() {
        for (asked, isPromoted) in [("n1", false), ("n3", true)] {
            var line = Self.standby()
            line.meet("n2", number: 1, highestToken: 100, target: asked)
            line.meet(
                "n9", number: 1, hasYielded: true, highestToken: 100, target: asked == "n1" ? "n3" : "n1")
            #expect(line.look(at: 0.3).promotions == (isPromoted ? 1 : 0))
        }
    }

    @Test("a primary hands over to whom its own host names, and asks nobody to become what it is")
    func own() {
        var line = HandOverTests.primary()
        guard case .alreadyPrimary = line.promote("n1") else { return #expect(Bool(false)) }
        line.meet("n3", number: 3)
        guard case .begun = line.promote("n3") else { return #expect(Bool(false)) }
        #expect(line.look(at: 2).demotions == [true])
        #expect(line.record?.target == Line.instance("n3"))
        // The hand-over goes on when the call has given up.
        #expect(line.look(at: 11.5).wishes == [false])
        #expect(line.record?.target == Line.instance("n3"))
    }

    @Test("who cannot be promoted is refused at once")
    func refused() {
        var line = Self.standby()
        line.meet("n2", number: 1, isUnready: true)
        line.meet("n3", status: .unresponsive, number: 3, silentSince: line.now)
        func isRefused(_ id: String, _ wanted: Failover.NoCandidate) -> Bool {
            var copy = line
            guard case .noCandidate(let reason) = copy.promote(id) else { return false }
            return reason == wanted && copy.record?.target == 0
        }
        #expect(isRefused("n2", .unready))
        #expect(isRefused("n3", .unresponsive))
        guard case .noMember = line.promote("n7") else { return #expect(Bool(false)) }
        guard case .alreadyPrimary = line.promote("n9") else { return #expect(Bool(false)) }
        line.failover.setReady(role: "r", false)
        _ = line.look(at: 0.5)
        #expect(isRefused("n1", .unready))
    }

    @Test("whoever steps down names the first in the line")
    func stepDown() {
        var line = HandOverTests.primary()
        line.meet("n3", position: 1)
        _ = line.failover.stepDown(role: "r", rivals: line.rivals, now: line.now)
        _ = line.look(at: 1.1)
        #expect(line.record?.target == Line.instance("n3"))
    }
}
