import Basics
import Membership
import Testing
import Wire

@Suite("From silence to death")
struct SilenceTests {
    @Test("a silent member is suspect, then dead, in three seconds when nobody confirms")
    func alone() {
        var stage = Stage()
        stage.meet(2, 3, 4)
        stage.pass(.milliseconds(900), living: [3, 4])
        while stage.status(2) == .alive { stage.pass(.milliseconds(50), living: [3, 4]) }
        let suspected = stage.now
        #expect(stage.status(2) == .suspect)
        while stage.status(2) == .suspect { stage.pass(.milliseconds(50), living: [3, 4]) }
        #expect(stage.status(2) == .dead)
        #expect((2900...3100).contains((stage.now - suspected).milliseconds))
        #expect(stage.events == ["suspect n2", "dead n2"])
    }

    @Test("in one second when two others confirm")
    func confirmed() {
        var stage = Stage()
        stage.meet(2, 3, 4)
        while stage.status(2) == .alive { stage.pass(.milliseconds(50), living: [3, 4]) }
        let suspected = stage.now
        stage.hear(Stage.record(2, .suspect, accuser: "n3", evidence: .silence), from: 3)
        stage.hear(Stage.record(2, .suspect, accuser: "n4", evidence: .silence), from: 4)
        while stage.status(2) == .suspect { stage.pass(.milliseconds(50), living: [3, 4]) }
        #expect((stage.now - suspected).milliseconds <= 1100)
    }

    @Test("the same confirmation twice counts once")
    func repeated() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        while stage.status(2) == .alive { stage.pass(.milliseconds(50), living: [3, 4, 5]) }
        for _ in 0..<5 {
            stage.hear(Stage.record(2, .suspect, accuser: "n3", evidence: .silence), from: 3)
        }
        stage.pass(.milliseconds(1500), living: [3, 4, 5])
        #expect(stage.status(2) == .suspect)
    }

    @Test("one whose kernel answers is unresponsive, for half a minute")
    func stopped() {
        var stage = Stage()
        stage.meet(2, 3)
        let began = stage.now
        while stage.now < began + .seconds(25) {
            stage.pass(.milliseconds(50), living: [3])
            while stage.requests.contains(where: { $0.to == Stage.address(2) }) {
                stage.endRequest(to: 2, .kernelOnly)
            }
        }
        #expect(stage.status(2) == .unresponsive)
        #expect(stage.events == ["unresponsive n2"])
        stage.pass(.seconds(10), living: [3])
        #expect(stage.status(2) == .dead)
    }

    /// Its kernel answers until nobody's does any more.
    private static func unresponsive(_ others: UInt8...) -> Stage {
        var stage = Stage()
        stage.meet(2)
        for other in others { stage.meet(other) }
        while stage.status(2) != .unresponsive {
            stage.pass(.milliseconds(50), living: others)
            while stage.requests.contains(where: { $0.to == Stage.address(2) }) {
                stage.endRequest(to: 2, .kernelOnly)
            }
        }
        return stage
    }

    private static func silence(seenBy accuser: UInt8) -> MemberRecord {
        Stage.record(2, .dead, accuser: "n\(accuser)", evidence: .silence)
    }

    @Test("unresponsive here, silent to another: that is a cut between those two, and no death")
    func silentToOne() {
        var stage = Self.unresponsive(3, 4, 5)
        let began = stage.now
        while stage.now < began + .seconds(25) {
            stage.hear(Self.silence(seenBy: 3), from: 4)
            stage.pass(.milliseconds(50), living: [3, 4, 5])
            while stage.requests.contains(where: { $0.to == Stage.address(2) }) {
                stage.endRequest(to: 2, .kernelOnly)
            }
        }
        #expect(stage.status(2) == .unresponsive)
    }

    @Test("however many say so: whose own look its kernel answers believes none of them")
    func silentToAllOthers() {
        var stage = Self.unresponsive(3, 4, 5)
        let began = stage.now
        while stage.now < began + .seconds(25) {
            for other: UInt8 in [3, 4, 5] { stage.hear(Self.silence(seenBy: other), from: 4) }
            stage.pass(.milliseconds(50), living: [3, 4, 5])
            while stage.requests.contains(where: { $0.to == Stage.address(2) }) {
                stage.endRequest(to: 2, .kernelOnly)
            }
        }
        #expect(stage.status(2) == .unresponsive)
    }

    @Test("silent here alone: the others are told, and nobody is buried")
    func silentHereAlone() {
        var stage = Self.unresponsive(3, 4, 5)
        stage.pass(.seconds(20), living: [3, 4, 5])
        #expect(stage.status(2) == .unresponsive)
        let told = stage.log.flatMap(\.message.records).filter {
            $0.identity.id == "n2" && $0.status == .dead
        }
        #expect(!told.isEmpty && told.allSatisfy { $0.accuser == "n1" && $0.evidence == .silence })
        // Its own word, which others pass on.
        stage.hear(Self.silence(seenBy: 1), from: 3)
        stage.pass(.seconds(1), living: [3, 4, 5])
        #expect(stage.status(2) == .unresponsive)
    }

    @Test("silent here and to two others: its host is gone as well")
    func silentToSeveral() {
        var stage = Self.unresponsive(3, 4, 5)
        stage.pass(.seconds(3), living: [3, 4, 5])
        stage.hear(Self.silence(seenBy: 3), from: 3)
        stage.pass(.seconds(1), living: [3, 4, 5])
        #expect(stage.status(2) == .unresponsive)
        stage.hear(Self.silence(seenBy: 4), from: 4)
        stage.pass(.seconds(4), living: [3, 4, 5])
        #expect(stage.status(2) == .dead)
        #expect(stage.membership.view["n2"]?.evidence == .silence)
    }

    @Test("where nobody else is there to look, longer silence is enough")
    func silentToTheOnlyOne() {
        var stage = Self.unresponsive()
        stage.pass(.seconds(4))
        #expect(stage.status(2) == .unresponsive)
        stage.pass(.seconds(12))
        #expect(stage.status(2) == .dead)
    }

    /// A member shows what it holds of member 2.
    private static func exchange(_ stage: inout Stage, with number: UInt8, holding record: MemberRecord) {
        let question = Message(
            kind: .sync, sender: Stage.identity(number), records: [Stage.record(number), record])
        stage.perform(stage.membership.requested(question, now: stage.now).actions)
    }

    /// How another may hold member 2 to be over that is unresponsive here.
    private static let ends = [
        // Buried, and the memory has taken on the word of this node, which came later.
        Stage.record(2, .dead, accuser: "n1", evidence: .silence),
        Stage.record(2, .dead, accuser: "n3", evidence: .suspicionExpired),
        Stage.record(2, generation: 200),
        Stage.record(2, .dead, generation: 200, accuser: "n5", evidence: .connectionRefused),
    ]

    @Test("silent here and over for two others, who cannot find it silent any more", arguments: ends)
    func overForOthers(end: MemberRecord) {
        var stage = Self.unresponsive(3, 4, 5)
        stage.pass(.seconds(8), living: [3, 4, 5])
        Self.exchange(&stage, with: 3, holding: end)
        Self.exchange(&stage, with: 3, holding: end)
        #expect(stage.status(2) == .unresponsive)
        Self.exchange(&stage, with: 4, holding: end)
        #expect(stage.status(2) != .unresponsive)
        #expect(stage.events.contains("dead n2"))
        // They speak for themselves: nobody is told what they hold in their name.
        #expect(!stage.log.flatMap(\.message.records).contains { ["n3", "n4"].contains($0.accuser) })
    }

    @Test("over for others, but this node has not found enough silence itself", arguments: ends)
    func overForOthersOnly(end: MemberRecord) {
        var stage = Self.unresponsive(3, 4, 5)
        stage.pass(.seconds(1), living: [3, 4, 5])
        for other: UInt8 in [3, 4] { Self.exchange(&stage, with: other, holding: end) }
        #expect(stage.status(2) == .unresponsive)
    }

    @Test("no end: an older start, a refused one, an end that it refuted, its own other start's word")
    func noEnd() {
        var stage = Self.unresponsive(3, 4, 5)
        stage.pass(.seconds(1), living: [3, 4, 5])
        stage.hear(
            Stage.record(2, .unresponsive, incarnation: 1, accuser: "n5", evidence: .kernelOnly), from: 5)
        stage.pass(.seconds(8), living: [3, 4, 5])
        let others = [
            Stage.record(2, generation: 50),
            Stage.record(2, .dead, generation: 200, accuser: "n5", evidence: .duplicate),
            Stage.record(2, .dead, accuser: "n5", evidence: .suspicionExpired),
        ]
        for other: UInt8 in [3, 4, 5] {
            for record in others { Self.exchange(&stage, with: other, holding: record) }
        }
        #expect(stage.status(2) == .unresponsive)
        Self.exchange(&stage, with: 3, holding: Stage.record(2, generation: 200))
        let itself = Message(
            kind: .sync, sender: Stage.identity(2, generation: 200),
            records: [Stage.record(2, generation: 200)])
        stage.perform(stage.membership.requested(itself, now: stage.now).actions)
        #expect(stage.status(2) == .unresponsive)
        // With one that is an end, from another, it is over: nothing else was missing.
        Self.exchange(
            &stage, with: 4,
            holding: Stage.record(2, .dead, incarnation: 1, accuser: "n4", evidence: .silence))
        #expect(stage.status(2) != .unresponsive)
    }

    @Test("one that answers by another way is not suspected")
    func indirect() {
        var stage = Stage()
        stage.meet(2, 3)
        for _ in 0..<100 {
            stage.pass(.milliseconds(50), living: [3])
            for (message, _) in stage.sent where message.kind == .pingRequest {
                stage.hear(Message(kind: .ack, sequence: message.sequence, target: message.target), from: 3)
            }
            stage.sent = []
        }
        #expect(stage.status(2) == .alive)
        #expect(stage.events.isEmpty)
    }

    @Test("a node that slept holds nothing against anybody")
    func sleep() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.pass(.milliseconds(600), living: [3])
        stage.now = stage.now + .seconds(20)
        stage.perform(stage.membership.tick(now: stage.now))
        #expect(stage.status(2) == .alive)
        #expect(stage.membership.wake.pendingSince == stage.now)
        #expect(stage.membership.wake.slept >= .seconds(20))
        #expect(stage.requests.filter { $0.message.kind == .sync }.count == 2)
        let reply = Message(kind: .syncReply, sender: Stage.identity(3), records: [Stage.record(3)])
        stage.endRequest(to: 3, .replied(reply))
        #expect(stage.membership.wake.pendingSince == nil)
    }
}

@Suite("When the kernel says that a process died")
struct InquestTests {
    static func stage() -> Stage {
        var stage = Stage()
        stage.meet(2, 3, 4)
        stage.openLinks(2, 3, 4)
        stage.settle()
        return stage
    }

    @Test("a closed link, a refused connection and two others that agree")
    func death() {
        var stage = Self.stage()
        stage.closeLink(2)
        #expect(stage.requests.map(\.message.kind) == [.challenge])
        stage.endRequest(to: 2, .refused)
        #expect(stage.status(2) == .alive)
        let checks = stage.sent.filter { $0.message.kind == .check }
        #expect(Set(checks.map(\.to)) == [Stage.address(3), Stage.address(4)])
        for number: UInt8 in [3, 4] {
            stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: number)
        }
        #expect(stage.status(2) == .alive, "the ping of the inquest has its time")
        stage.pass(.milliseconds(50))
        #expect(stage.status(2) == .dead)
        #expect(stage.events == ["dead n2"])
        #expect(stage.membership.view["n2"]?.evidence == .connectionRefused)
    }

    @Test("an observer that sees life where there is none only delays a death")
    func liar() {
        var stage = Self.stage()
        stage.closeLink(2)
        let deadline = stage.now + .seconds(20)
        while stage.status(2)?.isPresent == true, stage.now < deadline {
            while stage.requests.contains(where: { $0.to == Stage.address(2) }) {
                stage.endRequest(to: 2, .refused)
            }
            stage.hear(
                Message(kind: .checked, target: Stage.identity(2), finding: .answered), from: 3)
            stage.pass(.milliseconds(50), living: [3, 4])
        }
        #expect(stage.status(2) == .dead)
    }

    @Test("a link that closes between the living is nothing")
    func closedOnly() {
        var stage = Self.stage()
        stage.closeLink(2)
        let answer = Message(kind: .answer, sender: Stage.identity(2))
        stage.endRequest(to: 2, .replied(answer))
        #expect(stage.status(2) == .alive)
        #expect(stage.sent.allSatisfy { $0.message.kind != .check })
    }

    @Test("who is asked about one that it buried for silence has seen no refusal", arguments: [true, false])
    func buriedForSilence(isSilence: Bool) {
        var stage = Stage()
        stage.meet(2, 3, 4)
        if isSilence {
            stage.pass(.seconds(10), living: [3, 4])
        } else {
            stage.hear(
                Stage.record(2, .dead, accuser: "n4", evidence: .connectionRefused), from: 4)
        }
        #expect(stage.status(2) == .dead)
        stage.settle()
        stage.hear(Message(kind: .check, sequence: 9, target: Stage.identity(2)), from: 3)
        #expect(
            stage.sent.filter { $0.message.kind == .checked }.map(\.message.finding)
                == [isSilence ? .nothing : .refused])
    }

    @Test("the late answer to an earlier look says nothing of what is asked now")
    func lateLook() {
        var stage = Self.stage()
        stage.closeLink(2)
        let early = stage.requests.removeLast()
        stage.answerPings(of: [2])
        stage.pass(.milliseconds(10), living: [3, 4])
        stage.hear(Message(kind: .check, sequence: 9, target: Stage.identity(2)), from: 3)
        stage.end(early.id, .replied(Message(kind: .answer, sender: Stage.identity(2))))
        #expect(stage.sent.allSatisfy { $0.message.kind != .checked })
        stage.endRequest(to: 2, .refused)
        #expect(stage.sent.filter { $0.message.kind == .checked }.map(\.message.finding) == [.refused])
    }

    @Test("what was on its way when the process died does not hide its death")
    func inFlight() {
        var stage = Self.stage()
        stage.closeLink(2)
        stage.hear(Message(kind: .gossip), from: 2)
        stage.endRequest(to: 2, .refused)
        for number: UInt8 in [3, 4] {
            stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: number)
        }
        stage.pass(.milliseconds(50))
        #expect(stage.status(2) == .dead)
    }

    @Test("a firewall that resets its links and refuses everybody is no death where it answers a ping")
    func firewall() {
        var stage = Self.stage()
        stage.closeLink(2)
        stage.endRequest(to: 2, .refused)
        for number: UInt8 in [3, 4] {
            stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: number)
        }
        stage.answerPings(of: [2])
        stage.pass(.seconds(1), living: [2, 3, 4])
        #expect(stage.status(2) == .alive && stage.events.isEmpty)
    }

    @Test("a firewall that lies when it was just heard: its answer has more time than it usually takes")
    func heardJustBefore() {
        var stage = Self.stage()
        stage.pass(.seconds(8), living: [2, 3, 4])
        stage.settle()
        // Its links were reset as well, and it pings before this node hears that.
        stage.hear(Message(kind: .ping, sequence: 1), from: 2)
        stage.closeLink(2)
        stage.endRequest(to: 2, .refused)
        for number: UInt8 in [3, 4] {
            stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: number)
        }
        #expect(stage.status(2) == .alive)
        let end = stage.now + .milliseconds(15)
        while stage.membership.nextDeadline <= end {
            stage.now = max(stage.now, stage.membership.nextDeadline)
            stage.perform(stage.membership.tick(now: stage.now))
        }
        #expect(stage.status(2) == .alive)
        stage.now = end
        stage.answerPings(of: [2])
        stage.pass(.seconds(1), living: [2, 3, 4])
        #expect(stage.status(2) == .alive && stage.events.isEmpty)
    }

    @Test("another that reaches it settles that it lives")
    func disagreement() {
        var stage = Self.stage()
        stage.closeLink(2)
        stage.endRequest(to: 2, .refused)
        stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .answered), from: 3)
        stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: 4)
        #expect(stage.status(2) == .alive)
    }

    @Test("a kernel that accepts for a moment longer is asked again")
    func dying() {
        var stage = Self.stage()
        stage.closeLink(2)
        stage.endRequest(to: 2, .broken)
        stage.pass(.milliseconds(1))
        #expect(stage.requests.count == 1)
        stage.endRequest(to: 2, .refused)
        stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: 3)
        stage.hear(Message(kind: .checked, target: Stage.identity(2), finding: .refused), from: 4)
        stage.pass(.milliseconds(50))
        #expect(stage.status(2) == .dead)
    }

    @Test("a stranger on a reused port is silence; another start of the id is death")
    func reusedPort() {
        var stage = Self.stage()
        stage.closeLink(2)
        stage.endRequest(to: 2, .replied(Message(kind: .answer, sender: Stage.identity(9))))
        #expect(stage.sent.allSatisfy { $0.message.kind != .check })
        stage.openLinks(3)
        stage.closeLink(3)
        stage.endRequest(to: 3, .replied(Message(kind: .answer, sender: Stage.identity(3, generation: 200))))
        #expect(stage.sent.contains { $0.message.kind == .check })
    }

    @Test("alone with it, its own refusal is enough")
    func two() {
        var stage = Stage()
        stage.meet(2)
        stage.openLinks(2)
        stage.closeLink(2)
        stage.endRequest(to: 2, .refused)
        stage.pass(.milliseconds(50))
        #expect(stage.status(2) == .dead)
    }
}

@Suite("What is remembered of the dead")
struct MemoryTests {
    @Test("nobody who is gone is waited for, however long an answer might have taken")
    func probesEnd() {
        var stage = Stage()
        stage.meet(2)
        stage.pass(.milliseconds(600))
        #expect(stage.membership.pendingWork.probes > 0)
        stage.hear(Stage.record(2, .left, incarnation: 1), from: 2)
        #expect(stage.membership.pendingWork.probes == 0)
    }

    @Test("a tombstone holds off old news, and goes after its time")
    func tombstone() {
        var stage = Stage { $0.tombstoneTime = .seconds(60) }
        stage.meet(2, 3)
        stage.hear(Stage.record(2, .left, incarnation: 1), from: 2)
        stage.hear(Stage.record(2), from: 3)
        #expect(stage.status(2) == .left)
        stage.pass(.seconds(80), living: [3])
        #expect(stage.status(2) == nil)
    }

    @Test("what is only hearsay is not told on, so that all forget")
    func hearsay() {
        var stage = Stage { $0.tombstoneTime = .seconds(60) }
        stage.meet(3)
        stage.hear(Stage.record(2, .dead, accuser: "n3"), from: 3)
        #expect(stage.status(2) == .dead)
        #expect(stage.events.isEmpty)
        #expect(stage.lastSaid(of: 2) == nil)
        let question = Message(kind: .sync, sender: Stage.identity(3), records: [Stage.record(3)])
        let reply = stage.membership.requested(question, now: stage.now).reply
        #expect(reply?.records.map(\.identity.id) == ["n1", "n3"])
        // Only whoever bears the name is told, so that it can step over it.
        let namesake = Message(
            kind: .sync, sender: Stage.identity(2, generation: 50), records: [Stage.record(2, generation: 50)]
        )
        let told = stage.membership.requested(namesake, now: stage.now).reply
        #expect(told?.records.map(\.identity.id).sorted() == ["n1", "n2", "n3"])
        stage.pass(.seconds(80), living: [3])
        #expect(stage.status(2) == nil)
    }

    @Test("there are never more of them than allowed")
    func bounded() {
        var stage = Stage { $0.tombstonesMost = 10 }
        stage.meet(250)
        for number: UInt8 in 2...200 { stage.hear(Stage.record(number, .left, incarnation: 1), from: 250) }
        stage.pass(.seconds(12), living: [250])
        #expect(stage.membership.view.members.count == 11)
    }

    @Test("one that was lost is tried again for ever, even when it is forgotten")
    func retried() {
        var stage = Stage { $0.tombstoneTime = .seconds(30) }
        stage.meet(2, 3)
        stage.pass(.seconds(60), living: [3])
        #expect(stage.status(2) == nil)
        stage.settle()
        // The ping is looked for before `pass` takes it out.
        var tries = 0
        let end = stage.now + .seconds(10)
        while stage.now < end {
            stage.now = max(stage.now, stage.membership.nextDeadline)
            stage.perform(stage.membership.tick(now: stage.now))
            tries += stage.sent.filter { $0.to == Stage.address(2) }.count
            for (message, address) in stage.sent where message.kind == .ping && address == Stage.address(3) {
                stage.hear(Message(kind: .ack, sequence: message.sequence), from: 3)
            }
            stage.sent = []
        }
        #expect((8...12).contains(tries))
    }
}
