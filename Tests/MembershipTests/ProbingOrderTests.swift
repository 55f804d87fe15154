import Basics
import Membership
import Testing
import Wire

@Suite("Who has not shown yet that it is no recording")
struct ProvingTests {
    @Test("an ack that answers nothing is a reason to ask, once, and what answers that is an answer")
    func strayAck() throws {
        var stage = Stage()
        stage.meet(2)
        stage.pass(.milliseconds(1), living: [2])
        stage.settle()
        let sender = Stage.identity(2)
        func hearAck(_ sequence: UInt32, _ stage: inout Stage) -> [UInt32] {
            stage.perform(
                stage.membership.received(
                    Message(kind: .ack, sequence: sequence), from: sender, at: Stage.address(2),
                    isFresh: false,
                    now: stage.now))
            defer { stage.sent = [] }
            return stage.sent.filter { $0.message.kind == .ping }.map(\.message.sequence)
        }
        let asked = hearAck(77, &stage)
        #expect(asked.count == 1)
        #expect(hearAck(78, &stage).isEmpty, "one question is open")
        let answer = Message(kind: .ack, sequence: try #require(asked.first))
        #expect(stage.membership.isAnswered(by: answer, from: sender))
    }
}

@Suite("In which order members are probed")
struct ProbingOrderTests {
    /// Lets everybody answer until so many probes have gone out; who was probed.
    private static func probes(_ count: Int, on stage: inout Stage) -> [UInt8] {
        var probed: [UInt8] = []
        while probed.count < count {
            stage.now = max(stage.now, stage.membership.nextDeadline)
            stage.perform(stage.membership.tick(now: stage.now))
            let pings = stage.sent.filter { $0.message.kind == .ping }
            stage.sent = []
            for (ping, address) in pings {
                guard let number = [UInt8](2...20).first(where: { Stage.address($0) == address }) else {
                    continue
                }
                probed.append(number)
                stage.hear(Message(kind: .ack, sequence: ping.sequence), from: number)
            }
        }
        return probed
    }

    /// Where all nodes have started together their rounds go together too: a member that has just joined and hangs
    /// would be looked at by nobody for seconds.
    @Test("who joins has a place in the round that is under way (SWIM, section 4.3)")
    func newcomer() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
        let seen = Self.probes(14, on: &stage)
        #expect(Set(seen.prefix(10)).count == 10, "a round asks everybody once")
        stage.hear(Stage.record(12), from: 2)
        // The first sign of life is not a probe of the round.
        stage.hear(Message(kind: .ack), from: 12)
        stage.settle()
        let rest = Self.probes(7, on: &stage)
        #expect(Set(rest) == Set(2...12).subtracting(seen.suffix(4)), "six of the round were left, and it")
    }
}
