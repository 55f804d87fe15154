import Basics
import Membership
import Testing
import Wire

@Suite("News")
struct GossipTests {
    @Test("one piece of news is told a bounded number of times, and then there is silence")
    func terminates() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5, 6)
        stage.pass(.seconds(5), living: [2, 3, 4, 5, 6])
        stage.settle()
        stage.hear(Stage.record(2, version: 1), from: 2)
        var told = 0
        for _ in 0..<200 {
            stage.pass(.milliseconds(10), living: [2, 3, 4, 5, 6])
            told += stage.sent.flatMap(\.message.records).filter { $0.identity.id == "n2" }.count
            stage.sent = []
        }
        #expect((4...20).contains(told))
        #expect(stage.membership.pendingWork.news == 0)
    }

    @Test("two views that differ without news meet in full; two that agree do not")
    func digests() {
        var stage = Stage { $0.probeTimeout = .seconds(10) }
        stage.meet(2, 3)
        stage.pass(.seconds(3), living: [2, 3])
        stage.settle()
        for sequence: UInt32 in 1...2 {
            stage.hear(Message(kind: .ping, sequence: sequence, digest: stage.membership.digest), from: 2)
        }
        #expect(stage.requests.isEmpty)
        for sequence: UInt32 in 3...4 {
            stage.hear(Message(kind: .ping, sequence: sequence, digest: 12345), from: 2)
            stage.now = stage.now + .milliseconds(300)
        }
        #expect(stage.requests.map(\.message.kind) == [.sync])
        #expect(stage.requests.first?.message.records.map(\.identity.id).sorted() == ["n1", "n2", "n3"])
    }
}

@Suite("Leaving")
struct DepartureTests {
    @Test("is done when three others know")
    func acknowledged() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        stage.perform(stage.membership.leave(now: stage.now))
        let farewells = stage.sent.filter { $0.message.records.contains { $0.status == .left } }
        #expect(farewells.count == 4)
        for (message, address) in farewells.prefix(3) {
            #expect(!stage.hasDeparted)
            stage.hear(Message(kind: .ack, sequence: message.sequence, digest: 7), from: address.bytes[3])
        }
        #expect(stage.hasDeparted)
        #expect(stage.membership.nextDeadline == .distantFuture)
    }

    @Test("the bare answer of one to whom this start is a stranger acknowledges nothing")
    func unknown() {
        var stage = Stage()
        stage.meet(2)
        stage.perform(stage.membership.leave(now: stage.now))
        for (message, _) in stage.sent where message.records.contains(where: { $0.status == .left }) {
            stage.hear(Message(kind: .ack, sequence: message.sequence), from: 2)
        }
        #expect(!stage.hasDeparted)
    }

    @Test("who leaves refuses no successor that starts before it is done")
    func successor() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.perform(stage.membership.leave(now: stage.now))
        let successor = Stage.identity(1, generation: 200)
        let challenge = Message(kind: .challenge, sender: Stage.identity(2), target: successor)
        #expect(stage.membership.requested(challenge, now: stage.now).reply == nil)
        let question = Message(kind: .sync, sender: successor, records: [Stage.record(1, generation: 200)])
        let (reply, actions) = stage.membership.requested(question, now: stage.now)
        stage.perform(actions)
        #expect(reply?.records.first?.status == .left)
        #expect(stage.events.isEmpty)
    }

    @Test("who leaves is troubled by no report of its successor")
    func reported() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.perform(stage.membership.leave(now: stage.now))
        stage.hear(Stage.record(1, generation: 200), from: 2)
        #expect(stage.events.isEmpty)
        #expect(stage.membership.me.generation == Stage.identity(1).generation)
    }

    @Test("a farewell is answered with a digest, by one that has nobody left, too")
    func answered() {
        var stage = Stage()
        stage.meet(2)
        stage.perform(stage.membership.leave(now: stage.now))
        stage.sent = []
        let farewell = Stage.record(2, .left, incarnation: 1, evidence: .farewell)
        stage.hear(Message(kind: .ping, sequence: 9, records: [farewell]), from: 2)
        let answers = stage.sent.filter { $0.message.kind == .ack && $0.message.sequence == 9 }
        #expect(answers.map(\.message.digest) == [1])
    }

    @Test("takes two seconds at most, and no time alone")
    func unanswered() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.perform(stage.membership.leave(now: stage.now))
        stage.pass(.milliseconds(1900))
        #expect(!stage.hasDeparted)
        stage.pass(.milliseconds(200))
        #expect(stage.hasDeparted)
        var alone = Stage()
        alone.perform(alone.membership.leave(now: alone.now))
        #expect(alone.hasDeparted)
    }

    @Test("a member that left is not asked for, and its closed link is no riddle")
    func farewell() {
        var stage = InquestTests.stage()
        stage.hear(Stage.record(2, .left, incarnation: 1, evidence: .farewell), from: 2)
        stage.closeLink(2)
        #expect(stage.requests.isEmpty)
        #expect(stage.events == ["left n2"])
    }
}

@Suite("Two starts of one id, seen by another")
struct NewcomerTests {
    static func stage() -> Stage {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(Stage.record(2, generation: 200, at: 9), from: 3)
        return stage
    }

    @Test("the older one is challenged before the younger is believed")
    func challenge() {
        let stage = Self.stage()
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2))
        #expect(stage.requests.map(\.to) == [Stage.address(2)])
        #expect(stage.requests.first?.message.target == Stage.identity(2, generation: 200))
    }

    @Test("refused, or the younger itself answers: it takes the place at once")
    func superseded() {
        for outcome in [
            RequestOutcome.refused,
            .replied(Message(kind: .answer, sender: Stage.identity(2, generation: 200))),
        ] {
            var stage = Self.stage()
            stage.endRequest(to: 2, outcome)
            #expect(stage.membership.view["n2"]?.identity == Stage.identity(2, generation: 200))
            #expect(stage.events == ["dead n2", "joined n2"])
        }
    }

    @Test("the older one answers: the younger is told to go")
    func refused() {
        var stage = Self.stage()
        stage.endRequest(to: 2, .replied(Message(kind: .answer, sender: Stage.identity(2))))
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2))
        let refusals = stage.sent.filter { $0.to == Stage.address(9) }.flatMap(\.message.records)
        #expect(refusals.first?.evidence == .duplicate)
        #expect(refusals.first?.identity == Stage.identity(2, generation: 200))
        #expect(stage.events.isEmpty)
    }

    @Test("the end of the older is told to all, also by who has the younger waiting for it")
    func endIsTold() {
        var stage = Stage()
        stage.meet(2, 3, 4)
        stage.hear(Stage.record(2, .unresponsive, accuser: "n3", evidence: .kernelOnly), from: 3)
        stage.hear(Stage.record(2, generation: 200), from: 3)
        for other: UInt8 in [3, 4] {
            stage.hear(Stage.record(2, .dead, accuser: "n\(other)", evidence: .silence), from: other)
        }
        stage.pass(.seconds(8), living: [3, 4])
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2, generation: 200))
        let told = stage.log.flatMap(\.message.records).filter { $0.identity == Stage.identity(2) }
        #expect(told.contains { $0.status == .dead && $0.accuser == "n1" })
    }

    @Test("the older one that waits has its place back as soon as the younger says that it is refused")
    func placeBack() {
        var stage = Stage()
        stage.meet(3)
        stage.hear(Stage.record(2, generation: 200), from: 3)
        stage.hear(Stage.record(2), from: 3)
        stage.hear(Stage.record(2, .dead, generation: 200, evidence: .duplicate), from: 3)
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2))
        #expect(stage.events == ["joined n2", "dead n2", "joined n2"])
    }

    @Test("a start that has raised its generation unseen leaves, or is refused, as the one that is known")
    func raisedAndOver() {
        for (status, evidence) in [(Status.left, Evidence.farewell), (.dead, .duplicate)] {
            var stage = Stage()
            stage.meet(2, 3)
            var end = Stage.record(2, status, incarnation: 1, evidence: evidence)
            end.identity.generation += 50
            stage.hear(end, from: 3)
            #expect(stage.status(2) == status)
            #expect(stage.events == ["\(status) n2"])
            #expect(stage.requests.isEmpty)
        }
    }

    @Test("others' silence about a start that has raised its generation is a suspicion first")
    func raisedAndSilent() {
        var stage = Stage()
        stage.meet(2, 3)
        var end = Stage.record(2, .dead, accuser: "n3", evidence: .suspicionExpired)
        end.identity.generation += 50
        stage.hear(end, from: 3)
        #expect(stage.status(2) == .suspect)
        #expect(stage.membership.view["n2"]?.identity.generation == end.identity.generation)
    }

    @Test("no clear answer: the younger waits for the end of the older")
    func pending() {
        var stage = Self.stage()
        for _ in 0..<4 { stage.endRequest(to: 2, .unreachable) }
        #expect(stage.requests.isEmpty)
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2))
        stage.hear(Stage.record(2, .dead, accuser: "n3", evidence: .connectionRefused), from: 3)
        #expect(stage.membership.view["n2"]?.identity == Stage.identity(2, generation: 200))
        #expect(stage.membership.view["n2"]?.status == .alive)
    }

    @Test("who slept until it was replaced goes; who was only cut off stays", arguments: [true, false])
    func overslept(hasSlept: Bool) {
        var stage = Stage()
        stage.meet(2, 3)
        stage.settle()
        if hasSlept { stage.now = stage.now + stage.membership.settings.suspectMax }
        let asked = stage.membership.requested(
            Message(kind: .challenge, sender: Stage.identity(2)), now: stage.now)
        #expect((asked.reply == nil) == hasSlept, "it claims nothing before it has asked")
        stage.hear(Stage.record(1, generation: 200), from: 2)
        #expect(stage.events.contains("refused n1") == hasSlept)
    }

    @Test("who steps over the memory of a former start shows the others the raised one")
    func introduction() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(Stage.record(1, .left, generation: 200), from: 2)
        #expect(stage.membership.me.generation == 201)
        #expect(Set(stage.requests.map(\.to)) == [Stage.address(2), Stage.address(3)])
        for request in stage.requests {
            #expect(request.message.kind == .sync)
            #expect(request.message.records.first?.identity == stage.membership.me)
        }
    }

    @Test("one that is leaving drives its successor out as little as its memory does", arguments: [50, 200])
    func leavingNamesake(generation: UInt64) {
        var stage = Stage(seeds: [Stage.address(9)])
        let former = Stage.record(1, .left, incarnation: 1, generation: generation)
        stage.endRequest(
            to: 9, .replied(Message(kind: .syncReply, sender: former.identity, records: [former])))
        #expect(stage.events.isEmpty)
        #expect(stage.membership.standing == .member)
        #expect(stage.membership.me.generation == max(Stage.me.generation, generation + 1))
    }

    @Test("a refused node tells those that it has met, and does nothing more")
    func refusedItself() {
        var stage = Stage()
        stage.meet(2)
        let refusal = MemberRecord(
            identity: Stage.me, incarnation: 0, status: .dead, accuser: "n2", evidence: .duplicate)
        stage.hear(refusal, from: 2)
        #expect(stage.events == ["refused n1"])
        #expect(stage.membership.nextDeadline == .distantFuture)
        let told = stage.sent.filter { $0.to == Stage.address(2) }.flatMap(\.message.records)
        #expect(told.map(\.identity) == [Stage.me])
        #expect(told.map(\.status) == [.dead] && told.map(\.evidence) == [.duplicate])
        stage.settle()
        stage.hear(Message(kind: .ping, sequence: 1), from: 2)
        #expect(stage.sent.isEmpty)
    }
}

@Suite("Standing links")
struct LinkTests {
    @Test("of each pair the one with the smaller id connects, to neighbours on the ring alone")
    func dialing() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5, 6, 7, 8, 9)
        #expect(stage.membership.view.presentCount == 8)
        stage.pass(.milliseconds(1), living: [2, 3, 4, 5, 6, 7, 8, 9])
        // n1 is the smallest: three neighbours on either side.
        #expect(stage.opened.count == 6)
        #expect(Set(stage.opened.map(\.id)).count == 6)
    }

    @Test("to whoever is gone they are closed, whoever opened them")
    func closing() {
        var stage = InquestTests.stage()
        stage.hear(Stage.record(2, .left, incarnation: 1, evidence: .farewell), from: 2)
        stage.pass(.milliseconds(10), living: [3, 4])
        #expect(stage.closed == [Stage.identity(2)])
        stage.pass(.seconds(10), living: [3, 4])
        #expect(stage.closed.count == 1)
    }
}
