import Basics
import Membership
import Testing
import Wire

@Suite("What a node says of how much it sees")
struct CompanyTests {
    /// All events, those about single members left out.
    static func told(_ stage: Stage) -> [String] { stage.events.filter { $0.hasPrefix("isolated") } }

    @Test("cut off from all others it is isolated, until one of them is heard")
    func isolated() {
        var stage = Stage()
        stage.meet(2, 3)
        #expect(!stage.membership.company.isIsolated)
        stage.pass(.seconds(10))
        #expect(stage.status(2) == .dead && stage.status(3) == .dead)
        #expect(stage.membership.company.isIsolated)
        stage.hear(Stage.record(2, incarnation: 5), from: 2)
        #expect(!stage.membership.company.isIsolated)
        #expect(
            Self.told(stage) == ["isolated true minority false", "isolated false minority false"])
    }

    @Test("it is not where the others left, or are known to be dead while their hosts live")
    func alone() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(Stage.record(2, .left, incarnation: 1, evidence: .farewell), from: 2)
        stage.openLinks(3)
        stage.closeLink(3)
        stage.endRequest(to: 3, .refused)
        stage.pass(.milliseconds(50))
        #expect(stage.status(3) == .dead)
        #expect(!stage.membership.company.isIsolated)
        #expect(Self.told(stage).isEmpty)
    }

    @Test("half of the expected members are a minority, one more is none")
    func minority() {
        var stage = Stage { $0.expectedSize = 4 }
        #expect(stage.membership.company.isMinority)
        stage.meet(2)
        #expect(stage.membership.company.isMinority)
        stage.meet(3)
        #expect(!stage.membership.company.isMinority)
        stage.hear(Stage.record(3, .left, incarnation: 1, evidence: .farewell), from: 3)
        #expect(stage.membership.company.isMinority)
    }

    @Test("who has left says nothing of it behind its end")
    func departed() {
        var stage = Stage()
        stage.meet(2)
        stage.perform(stage.membership.leave(now: stage.now))
        let farewell = stage.sent.last { $0.message.kind == .ping }?.message.sequence ?? 0
        // The answer that ends the leaving brings the news that its sender is not alive here any more.
        let suspicion = Stage.record(2, .suspect, accuser: "n3", evidence: .silence)
        stage.hear(Message(kind: .ack, sequence: farewell, digest: 1, records: [suspicion]), from: 2)
        #expect(stage.hasDeparted)
        #expect(stage.status(2) == .suspect)
        #expect(Self.told(stage).isEmpty)
    }

    @Test("without an expected size there is no minority")
    func unknown() {
        let stage = Stage()
        #expect(!stage.membership.company.isMinority)
    }
}
