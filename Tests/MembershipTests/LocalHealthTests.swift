import Basics
import Membership
import Testing
import Wire

@Suite("How far a node trusts its own judgement")
struct LocalHealthTests {
    /// Answers requests for help as helpers that are well and got no answer.
    static func answer(_ stage: inout Stage) {
        for (message, address) in stage.sent where message.kind == .pingRequest {
            guard let helper = [UInt8](2...9).first(where: { Stage.address($0) == address }) else { continue }
            stage.hear(
                Message(kind: .nack, sequence: message.sequence, target: message.target), from: helper)
        }
        stage.sent.removeAll { $0.message.kind == .pingRequest }
    }

    @Test("a member that died worsens nobody's health as long as the helpers are heard")
    func nacks() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        for _ in 0..<200 {
            stage.pass(.milliseconds(20), living: [3, 4, 5])
            Self.answer(&stage)
        }
        #expect(stage.status(2) != .alive)
        #expect(stage.membership.health.score == 0)
    }

    @Test("helpers that cannot be heard either worsen it, and answers mend it")
    func deaf() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        stage.pass(.milliseconds(2500))
        #expect(stage.membership.health.score == 2, "the helpers may be dead as well")
        // What was silent meanwhile answers again.
        stage.pass(.seconds(40), living: [2, 3, 4, 5])
        #expect(stage.membership.health.score == 0)
    }

    @Test("a node that doubts itself waits longer before it accuses")
    func patient() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.pass(.seconds(5), living: [2, 3])
        for step in 0..<8 {
            stage.hear(
                MemberRecord(
                    identity: Stage.me, incarnation: UInt64(step), status: .suspect, accuser: "n2",
                    evidence: .silence), from: 2)
        }
        #expect(stage.membership.health.score == 8)
        stage.pass(.milliseconds(4000))
        #expect(stage.status(2) == .alive && stage.status(3) == .alive)
        stage.pass(.milliseconds(2000))
        #expect(stage.status(2) != .alive && stage.status(3) != .alive)
    }

    @Test("a timer that comes late is a sign of starvation")
    func late() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.pass(.seconds(2), living: [2, 3])
        let due = stage.membership.nextDeadline
        stage.now = due + .milliseconds(120)
        stage.perform(stage.membership.tick(now: stage.now))
        #expect(stage.membership.health.score == 1)
        #expect(stage.status(2) == .alive)
    }

    @Test("a helper without an answer says so in time")
    func helper() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(Message(kind: .pingRequest, sequence: 77, target: Stage.identity(3)), from: 2)
        stage.pass(.milliseconds(250))
        let nacks = stage.sent.filter { $0.message.kind == .nack }
        #expect(nacks.map(\.message.sequence) == [77])
        #expect(nacks.map(\.to) == [Stage.address(2)])
        // One that it does not know is answered at once.
        stage.settle()
        stage.hear(Message(kind: .pingRequest, sequence: 78, target: Stage.identity(9)), from: 2)
        #expect(stage.sent.contains { $0.message.kind == .nack && $0.message.sequence == 78 })
    }
}

@Suite("How long an answer may take")
struct RoundTripTests {
    /// Lets every ping to member 2 be answered after `delay`; says how many times others were asked.
    static func helpWanted(_ stage: inout Stage, delay: Interval, for time: Interval) -> Int {
        var wanted = 0
        var due: [(at: Instant, sequence: UInt32)] = []
        let end = stage.now + time
        while stage.now < end {
            stage.now = stage.now + .milliseconds(5)
            if stage.membership.nextDeadline <= stage.now {
                stage.perform(stage.membership.tick(now: stage.now))
            }
            for (message, address) in stage.sent {
                if message.kind == .ping, address == Stage.address(2) {
                    due.append((stage.now + delay, message.sequence))
                } else if message.kind == .ping, address == Stage.address(3) {
                    stage.hear(Message(kind: .ack, sequence: message.sequence), from: 3)
                } else if message.kind == .pingRequest {
                    wanted += 1
                }
            }
            stage.settle()
            for answer in due where answer.at <= stage.now {
                stage.hear(Message(kind: .ack, sequence: answer.sequence), from: 2)
            }
            due.removeAll { $0.at <= stage.now }
        }
        return wanted
    }

    @Test("others are asked sooner about a member whose answers are quick")
    func quick() throws {
        var stage = Stage()
        stage.meet(2, 3)
        stage.pass(.seconds(10), living: [2, 3])
        #expect(stage.membership.view["n2"]?.roundTrip.estimate != nil)
        while !stage.sent.contains(where: { $0.message.kind == .ping && $0.to == Stage.address(2) }) {
            stage.now = max(stage.now, stage.membership.nextDeadline)
            stage.perform(stage.membership.tick(now: stage.now))
        }
        let asked = stage.now
        while !stage.sent.contains(where: { $0.message.kind == .pingRequest }) {
            stage.now = max(stage.now, stage.membership.nextDeadline)
            stage.perform(stage.membership.tick(now: stage.now))
        }
        #expect(stage.now - asked <= .milliseconds(50))
    }

    @Test("a slow link is given the time that it needs")
    func slow() {
        var stage = Stage()
        stage.meet(2, 3)
        _ = Self.helpWanted(&stage, delay: .milliseconds(300), for: .seconds(30))
        #expect(Self.helpWanted(&stage, delay: .milliseconds(300), for: .seconds(30)) == 0)
        #expect(stage.status(2) == .alive)
        let estimate = stage.membership.view["n2"]?.roundTrip.estimate ?? .zero
        #expect((Interval.milliseconds(280)...Interval.milliseconds(320)).contains(estimate))
    }
}
