import Basics
import Membership
import Testing
import Wire

/// What is known of n2 when a report comes, what the report says, and what is believed then.
struct Report: Sendable, CustomTestStringConvertible {
    var known: (Status, UInt64)
    var told: (Status, UInt64)
    var believed: Status
    var testDescription: String { "\(known) then \(told) is \(believed)" }
}

@Suite("Which of two reports is believed")
struct ReportTests {
    @Test(
        "the higher incarnation, then the graver status",
        arguments: [
            Report(known: (.alive, 1), told: (.alive, 0), believed: .alive),
            Report(known: (.alive, 1), told: (.suspect, 0), believed: .alive),
            Report(known: (.alive, 1), told: (.suspect, 1), believed: .suspect),
            Report(known: (.suspect, 1), told: (.alive, 1), believed: .suspect),
            Report(known: (.suspect, 1), told: (.alive, 2), believed: .alive),
            Report(known: (.suspect, 1), told: (.unresponsive, 1), believed: .unresponsive),
            Report(known: (.unresponsive, 1), told: (.suspect, 1), believed: .unresponsive),
            Report(known: (.unresponsive, 1), told: (.alive, 2), believed: .alive),
            Report(known: (.alive, 1), told: (.dead, 1), believed: .dead),
            Report(known: (.dead, 1), told: (.alive, 1), believed: .dead),
            Report(known: (.dead, 1), told: (.suspect, 1), believed: .dead),
            Report(known: (.dead, 1), told: (.alive, 2), believed: .alive),
            Report(known: (.alive, 1), told: (.left, 1), believed: .left),
            Report(known: (.dead, 1), told: (.left, 1), believed: .left),
            Report(known: (.left, 1), told: (.dead, 1), believed: .left),
            Report(known: (.left, 1), told: (.alive, 9), believed: .left),
            Report(known: (.left, 1), told: (.dead, 9), believed: .left),
        ])
    func precedence(report: Report) {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(
            Stage.record(
                2, report.known.0, incarnation: report.known.1, accuser: "n3", evidence: .connectionRefused),
            from: 3)
        stage.hear(
            Stage.record(
                2, report.told.0, incarnation: report.told.1, accuser: "n3", evidence: .connectionRefused),
            from: 3)
        #expect(stage.status(2) == report.believed)
    }

    @Test("another's verdict from silence only makes a suspect, which may refute")
    func silence() {
        var stage = Stage()
        stage.meet(2, 3, 4)
        stage.hear(Stage.record(2, .dead, accuser: "n3", evidence: .suspicionExpired), from: 3)
        #expect(stage.status(2) == .suspect)
        stage.hear(Stage.record(2, .dead, accuser: "n4", evidence: .suspicionExpired), from: 4)
        #expect(stage.status(2) == .suspect)
        stage.hear(Stage.record(2, incarnation: 1), from: 2)
        #expect(stage.status(2) == .alive)
        #expect(stage.events == ["suspect n2", "recovered n2"])
    }

    @Test("attributes go by their own version, whatever the status says")
    func attributes() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Stage.record(2, version: 3), from: 2)
        stage.hear(Stage.record(2, version: 2), from: 2)
        #expect(stage.membership.view["n2"]?.attributes.version == 3)
        #expect(stage.events == ["changed n2"])
    }

    @Test("what is said about this node it refutes, and nobody can make it say that it is dead")
    func refutation() {
        var stage = Stage()
        stage.meet(2, 3)
        let accusation = MemberRecord(
            identity: Stage.me, incarnation: 5, status: .suspect, accuser: "n3", evidence: .silence)
        stage.hear(accusation, from: 3)
        #expect(stage.membership.incarnation == 6)
        stage.pass(.milliseconds(20))
        #expect(stage.lastSaid(of: 1)?.incarnation == 6)
        #expect(stage.lastSaid(of: 1)?.status == .alive)
        stage.hear(accusation, from: 3)
        #expect(stage.membership.incarnation == 6)
    }

    @Test("an unknown sender changes nothing; it is answered and asked who it is")
    func stranger() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Message(kind: .ping, sequence: 9, records: [Stage.record(7)]), from: 7)
        #expect(stage.status(7) == nil)
        #expect(stage.sent.map(\.message) == [Message(kind: .ack, sequence: 9)])
        #expect(stage.requests.map(\.to) == [Stage.address(7)])
    }

    @Test("the digest is the same in whatever order the same things were heard")
    func digest() {
        var one = Stage()
        one.meet(2, 3, 4)
        one.hear(Stage.record(3, .suspect, accuser: "n2"), from: 2)
        var other = Stage()
        other.meet(4, 3)
        other.hear(Stage.record(3, .suspect, accuser: "n4"), from: 4)
        #expect(one.membership.digest != other.membership.digest)
        other.meet(2)
        #expect(one.membership.digest == other.membership.digest)
    }

    @Test("a tag too long for a datagram is refused, and room is kept for every seat")
    func tooLarge() {
        var stage = Stage()
        let describe = { (stage: inout Stage, change: (inout Attributes) -> Void) -> Bool in
            stage.membership.describe(now: stage.now, change).isAccepted
        }
        #expect(describe(&stage) { $0.seats = (1...10).map { SeatRecord(role: "role\($0)") } })
        #expect(
            describe(&stage) {
                $0.tags = [Attributes.Tag(key: "k", value: String(repeating: "v", count: 200))]
            })
        let before = stage.membership.attributes
        let tooMuch = ["k", "l"].map { Attributes.Tag(key: $0, value: String(repeating: "v", count: 400)) }
        #expect(!describe(&stage) { $0.tags = tooMuch })
        #expect(stage.membership.attributes == before)
        // The seats may grow to whatever they can become.
        #expect(describe(&stage) { for index in $0.seats.indices { $0.seats[index].growToLargest() } })
    }
}
