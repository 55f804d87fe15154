import Basics
import Membership
import Testing
import Wire

/// Who has slept for longer than the others remember the dead must not bring these back.
@Suite("Waking from a long sleep")
struct WakeTests {
    /// Three others were met; then a sleep. What was asked before it is forgotten by the stage.
    private func slept(_ interval: Interval) -> Stage {
        var stage = Stage { $0.tombstoneTime = .seconds(60) }
        stage.meet(2, 3, 4)
        stage.pass(.seconds(1), living: [2, 3, 4])
        stage.settle()
        stage.now = stage.now + interval
        stage.perform(stage.membership.tick(now: stage.now))
        return stage
    }

    private func view(of number: UInt8, _ records: MemberRecord...) -> RequestOutcome {
        .replied(Message(kind: .syncReply, sender: Stage.identity(number), records: records))
    }

    private func ids(_ records: [MemberRecord]) -> Set<String> { Set(records.map(\.identity.id)) }

    /// What it says of others than itself, by whatever way.
    private func told(_ stage: inout Stage) -> Set<String> {
        let question = Message(
            kind: .sync, sender: Stage.identity(5), records: [Stage.record(5), Stage.record(2)])
        let (reply, actions) = stage.membership.requested(question, now: stage.now)
        stage.perform(actions)
        stage.pass(.milliseconds(200))
        let records =
            (reply?.records ?? []) + stage.requests.flatMap(\.message.records)
            + stage.sent.flatMap(\.message.records)
        return ids(records).subtracting(["n1"])
    }

    @Test("nothing of the old view is told before another has come")
    func tellsNothing() {
        var stage = slept(.seconds(60))
        #expect(stage.requests.count == 2)
        #expect(told(&stage).isEmpty)
    }

    @Test("after a short one all is told as ever")
    func short() {
        var stage = slept(.seconds(20))
        #expect(told(&stage).isSuperset(of: ["n2", "n3", "n4"]))
    }

    @Test("who is in nobody's view any more is forgotten, and the host is told")
    func forgets() throws {
        var stage = slept(.seconds(60))
        let asked = try #require(
            stage.requests.first { $0.to == Stage.address(2) || $0.to == Stage.address(3) })
        let helper: UInt8 = asked.to == Stage.address(2) ? 2 : 3
        stage.end(
            asked.id,
            view(of: helper, Stage.record(2), Stage.record(3), stage.membership.ownRecord))
        #expect(stage.events == ["dead n4"])
        #expect(stage.status(4) == nil && stage.status(2) == .alive && stage.status(3) == .alive)
        #expect(stage.membership.wake.pendingSince == nil)
        stage.settle()
        #expect(told(&stage).isSuperset(of: ["n2", "n3"]))
        #expect(!told(&stage).contains("n4"))
        // It is looked for all the same, and taken in where it lives.
        stage.meet(4)
        #expect(stage.status(4) == .alive)
    }

    @Test("the answer of a start that is new itself makes nobody forgotten")
    func newStart() throws {
        var stage = slept(.seconds(60))
        let asked = try #require(stage.requests.first)
        let number = UInt8([2, 3, 4].first { asked.to == Stage.address($0) } ?? 0)
        let reply = Message(
            kind: .syncReply, sender: Stage.identity(number, generation: 200),
            records: [Stage.record(number, generation: 200), stage.membership.ownRecord])
        stage.end(asked.id, .replied(reply))
        #expect(!stage.events.contains { $0.hasPrefix("dead") })
        #expect([2, 3, 4].allSatisfy { stage.status($0) == .alive })
        #expect(stage.membership.wake.pendingSince != nil, "the other that was asked is waited for")
    }

    @Test("who has come since is not forgotten")
    func newcomer() throws {
        var stage = slept(.seconds(60))
        let asked = try #require(stage.requests.first)
        let helper = UInt8([2, 3, 4].first { asked.to == Stage.address($0) } ?? 0)
        stage.meet(5)
        stage.end(asked.id, view(of: helper, Stage.record(helper), stage.membership.ownRecord))
        #expect(stage.status(5) == .alive && stage.status(helper) == .alive)
        #expect([2, 3, 4].filter { stage.status($0) == .alive } == [helper])
    }

    @Test("where all have slept they go on with what they knew")
    func allSlept() {
        var stage = slept(.seconds(60))
        for request in stage.requests {
            let number = UInt8([2, 3, 4].first { request.to == Stage.address($0) } ?? 0)
            stage.end(request.id, view(of: number, Stage.record(number)))
        }
        #expect(stage.membership.wake.pendingSince == nil)
        #expect(stage.events.isEmpty)
        #expect([2, 3, 4].allSatisfy { stage.status($0) == .alive })
    }
}
