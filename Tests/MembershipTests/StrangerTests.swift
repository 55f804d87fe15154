import Basics
import Membership
import Testing
import Wire

@Suite("What strangers can do by datagrams whose sender may be forged")
struct StrangerTests {
    private static func contacts(_ stage: Stage) -> [Address] {
        stage.requests.filter { $0.message.kind == .sync }.map(\.to)
    }

    @Test("eight addresses where nobody answers do not keep a node from its seeds")
    func seeds() {
        var stage = Stage(seeds: [Stage.address(200)])
        for round in 0..<4 {
            for number: UInt8 in 10..<30 {
                stage.hear(Message(kind: .ping, sequence: 1), from: number + UInt8(round) * 20)
            }
            stage.endRequest(to: 200, .refused)
            stage.requests.removeAll { $0.to == Stage.address(200) }
            stage.pass(.seconds(1))
            #expect(Self.contacts(stage).contains(Stage.address(200)))
        }
        let strangers = Self.contacts(stage).filter { $0 != Stage.address(200) }
        #expect(strangers.count == 4, "they have their share, and keep it until they answer")
    }

    @Test("addresses that refuse at once do not, either")
    func refusals() {
        var stage = Stage(seeds: [Stage.address(200)])
        stage.endRequest(to: 200, .refused)
        for number: UInt8 in 1...190 where number != 1 {
            stage.hear(Message(kind: .ping, sequence: 1), from: number)
            stage.endRequest(to: number, .refused)
        }
        stage.pass(.milliseconds(300))
        #expect(Self.contacts(stage).contains(Stage.address(200)))
    }

    @Test("heard while a try comes to nothing: tried again; silent: not", arguments: [true, false])
    func heardMeanwhile(isHeard: Bool) {
        var stage = Stage()
        stage.hear(Message(kind: .ping, sequence: 1), from: 50)
        #expect(Self.contacts(stage) == [Stage.address(50)])
        stage.pass(.milliseconds(1500))
        if isHeard { stage.hear(Message(kind: .ack, sequence: 1), from: 50) }
        #expect(Self.contacts(stage).count == 1)
        stage.pass(.milliseconds(500))
        stage.endRequest(to: 50, .unreachable)
        #expect(Self.contacts(stage).count == (isHeard ? 1 : 0))
        stage.endRequest(to: 50, .unreachable)
        #expect(Self.contacts(stage).isEmpty)
    }

    @Test("who speaks too soon after its address was asked is asked later", arguments: [true, false])
    func tooSoon(isHeard: Bool) {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Message(kind: .ping, sequence: 1), from: 50)
        stage.endRequest(to: 50, .refused)
        stage.pass(.milliseconds(100), living: [2])
        if isHeard { stage.hear(Message(kind: .beacon, port: 7400), from: 50, generation: 200) }
        stage.pass(.milliseconds(800), living: [2])
        #expect(Self.contacts(stage).isEmpty)
        stage.pass(.milliseconds(110), living: [2])
        #expect(Self.contacts(stage).count == (isHeard ? 1 : 0))
        stage.endRequest(to: 50, .refused)
        stage.pass(.seconds(5), living: [2])
        #expect(Self.contacts(stage).isEmpty)
    }

    @Test("who is to be asked later while no room is left for strangers is asked when there is")
    func noRoomYet() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Message(kind: .ping, sequence: 1), from: 50)
        stage.endRequest(to: 50, .refused)
        stage.pass(.milliseconds(100), living: [2])
        stage.hear(Message(kind: .beacon, port: 7400), from: 50, generation: 200)
        let others: ClosedRange<UInt8> = 60...63
        for number in others { stage.hear(Message(kind: .ping, sequence: 1), from: number) }
        stage.pass(.seconds(3), living: [2])
        #expect(!Self.contacts(stage).contains(Stage.address(50)))
        for number in others { stage.endRequest(to: number, .refused) }
        stage.pass(.milliseconds(1100), living: [2])
        #expect(Self.contacts(stage).contains(Stage.address(50)))
    }

    @Test("who speaks in this node's name is answered by no more than came")
    func namesake() {
        var stage = Stage()
        stage.meet(2)
        stage.pass(.seconds(5), living: [2])
        stage.settle()
        let namesake = Identity(id: Stage.me.id, generation: Stage.me.generation + 1, nonce: 77)
        for kind in [Message.Kind.ping, .gossip, .beacon] {
            let word = Message(kind: kind, port: kind == .beacon ? 7 : 0)
            let actions = stage.membership.received(
                word, from: namesake, at: Stage.address(9), now: stage.now)
            let answers = actions.compactMap { action -> Int? in
                if case .send(let payload, _, _) = action { payload.count } else { nil }
            }
            #expect(answers.count == 1 && answers.allSatisfy { $0 <= word.encoded().count })
        }
    }

    @Test("a view has an end, whatever is said to exist")
    func crowd() {
        var stage = Stage { $0.entriesMost = 10 }
        stage.meet(2)
        for number: UInt8 in 3...50 { stage.hear(Stage.record(number), from: 2) }
        #expect(stage.membership.view.members.count == 10)
        #expect(stage.membership.tally.turnedAway == 39)
        #expect(stage.status(2) == .alive && stage.status(11) == .alive && stage.status(12) == nil)
    }

    @Test("a stranger's question is measured as it came, not as this node would write it")
    func shortQuestion() {
        var stage = Stage()
        let stranger = Stage.identity(9)
        let question = Message(kind: .ping, sequence: 1 << 30, digest: 1)
        for (length, answers) in [(question.encoded().count, 1), (4, 0)] {
            let actions = stage.membership.received(
                question, of: length, from: stranger, at: Stage.address(9), now: stage.now)
            let sent = actions.filter { if case .send = $0 { true } else { false } }
            #expect(sent.count == answers)
        }
    }
}
