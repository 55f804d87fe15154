import Basics
import Testing
import Wire

@testable import Membership

@Suite("What hosts tell all others")
struct BroadcastTests {
    static func told(_ sequence: UInt64, by number: UInt8, topic: String = "") -> UserMessage {
        UserMessage(
            origin: Stage.identity(number), sequence: sequence, topic: topic, data: [UInt8(sequence & 255)])
    }

    static func telling(_ messages: UserMessage..., records: [MemberRecord] = []) -> Message {
        var message = Message(kind: .gossip, records: records)
        message.broadcasts = messages
        return message
    }

    // MARK: telling

    @Test("goes to the others at once, and each is told in turn as often as news is")
    func spread() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.pass(.seconds(2), living: [2, 3])
        stage.settle()
        stage.tell("t", [1, 2])
        let first = stage.sent.flatMap(\.message.broadcasts)
        #expect(
            first
                == Array(
                    repeating: UserMessage(origin: Stage.me, sequence: 1, topic: "t", data: [1, 2]), count: 2)
        )
        stage.pass(.seconds(2), living: [2, 3])
        #expect(stage.said(1) == stage.membership.spreadCount)
        #expect(stage.membership.broadcasts.entries.isEmpty)
        #expect(stage.delivered.isEmpty)
    }

    @Test("what is not to be told any more is not waited for")
    func rest() {
        var stage = Stage()
        stage.meet(2)
        stage.tell()
        stage.pass(.seconds(3), living: [2])
        #expect(stage.membership.broadcasts.nextRound == .distantFuture)
    }

    @Test("alone there is nobody to tell")
    func alone() {
        var stage = Stage()
        for _ in 0..<100 {
            stage.tell()
            stage.pass(.milliseconds(60))
        }
        #expect(stage.sent.isEmpty)
        stage.meet(2)
        stage.pass(.seconds(1), living: [2])
        #expect(stage.log.allSatisfy { $0.message.broadcasts.isEmpty })
    }

    @Test("more than may wait is refused, and what was accepted is told all the same")
    func full() {
        var stage = Stage()
        stage.meet(2)
        stage.settle()
        var accepted = 0
        while stage.broadcast("", [UInt8](repeating: 7, count: 512)) { accepted += 1 }
        // The first two went out, and wait to be told again.
        #expect(accepted == Broadcasts.ownMost)
        for number in UInt64(1)...200 { stage.hear(Self.telling(Self.told(number, by: 2)), from: 2) }
        #expect(stage.membership.broadcasts.entries.count == Broadcasts.most)
        stage.pass(.seconds(60), living: [2])
        for number in 1...accepted { #expect(stage.said(UInt64(number)) == stage.membership.spreadCount) }
        stage.tell()
    }

    @Test("a silent member's datagrams carry none")
    func silent() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Stage.record(2, .suspect, accuser: "n3", evidence: .silence), from: 2)
        stage.settle()
        stage.tell()
        stage.pass(.milliseconds(300))
        #expect(!stage.sent.isEmpty)
        #expect(stage.said(1) == 0)
    }

    @Test("the last words go out before the farewell", arguments: [true, false])
    func lastWords(isAcknowledged: Bool) throws {
        var stage = Stage()
        stage.meet(2, 3)
        stage.settle()
        for _ in 0..<5 { stage.tell("", [UInt8](repeating: 7, count: 512)) }
        stage.perform(
            isAcknowledged ? stage.membership.leave(now: stage.now) : stage.membership.vanish(now: stage.now))
        let farewell = try #require(
            stage.sent.firstIndex { $0.message.records.contains { $0.status == .left } })
        for number in UInt64(1)...5 {
            #expect(
                stage.sent[..<farewell].contains { $0.message.broadcasts.contains { $0.sequence == number } })
        }
    }

    // MARK: hearing

    @Test("is delivered once, however often it comes, and passed on")
    func once() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.settle()
        for _ in 0..<3 { stage.hear(Self.telling(Self.told(1, by: 2), Self.told(2, by: 2)), from: 3) }
        #expect(stage.delivered == [Self.told(1, by: 2), Self.told(2, by: 2)])
        stage.pass(.seconds(2), living: [2, 3])
        #expect(stage.said(2, by: 2) == stage.membership.spreadCount)
    }

    @Test("in any order within 64, and not behind that")
    func window() {
        var stage = Stage()
        stage.meet(2)
        for number: UInt64 in [100, 99, 37, 36, 100, 1 << 40, (1 << 40) - 63, 101] {
            stage.hear(Self.telling(Self.told(number, by: 2)), from: 2)
        }
        #expect(stage.delivered.map(\.sequence) == [100, 99, 37, 1 << 40, (1 << 40) - 63])
    }

    @Test("of strangers, of this node itself and of a former start nothing is heard")
    func strangers() {
        var stage = Stage()
        stage.meet(2)
        var former = Self.told(1, by: 2)
        former.origin = Stage.identity(2, generation: 99)
        var own = Self.told(1, by: 2)
        own.origin = Stage.me
        stage.hear(Self.telling(Self.told(1, by: 9), former, own), from: 2)
        stage.hear(Self.telling(Self.told(1, by: 9)), from: 9)
        #expect(stage.delivered.isEmpty)
    }

    @Test("its maker may have been met by the same datagram")
    func metJustNow() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(Self.telling(Self.told(1, by: 3), records: [Stage.record(3)]), from: 2)
        #expect(stage.delivered.count == 1)
    }

    @Test("what may be a replay brings none")
    func replay() {
        var stage = Stage()
        stage.meet(2)
        stage.perform(
            stage.membership.received(
                Self.telling(Self.told(1, by: 2)), from: Stage.identity(2), at: Stage.address(2),
                isFresh: false,
                now: stage.now))
        #expect(stage.delivered.isEmpty)
    }

    @Test("a new start counts anew, a raised one goes on")
    func starts() {
        var stage = Stage()
        stage.meet(2, 3)
        stage.hear(Self.telling(Self.told(1, by: 2)), from: 2)
        let raised = Identity(id: "n2", generation: 150, nonce: Stage.identity(2).nonce)
        var record = Stage.record(2, generation: 150)
        record.identity = raised
        stage.hear(record, from: 2)
        stage.hear(Self.telling(Self.told(1, by: 2)), from: 2)
        #expect(stage.delivered.count == 1)
        var again = Self.told(1, by: 2)
        again.origin = Stage.identity(2, generation: 200)
        stage.hear(Stage.record(2, generation: 200), from: 3)
        stage.perform(stage.membership.tick(now: stage.now))
        stage.endRequest(to: 2, .refused)
        stage.hear(Self.telling(again), from: 2, generation: 200)
        #expect(stage.delivered.count == 2)
    }

    // MARK: neither starves the other

    /// When each of so many newcomers is first told of, and how often, with so many broadcasts waiting.
    static func tell(_ news: UInt8, waiting broadcasts: Int) -> (first: [Instant], times: [Int]) {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        stage.pass(.seconds(3), living: [2, 3, 4, 5])
        for _ in 0..<broadcasts { stage.tell("", [UInt8](repeating: 7, count: 512)) }
        stage.log = []
        let met = (0..<news).map { $0 + 20 }
        for number in met { stage.hear(Stage.record(number), from: 2) }
        stage.pass(.seconds(5), living: [2, 3, 4, 5] + met)
        let tellings = met.map { number in
            stage.log.filter { $0.message.records.contains { $0.identity.id == "n\(number)" } }
        }
        return (tellings.compactMap { $0.first?.at }, tellings.map(\.count))
    }

    @Test(
        "news of members is told as soon and as often, whatever hosts have to say",
        arguments: [UInt8(1), 5, 60])
    func newsFirst(news: UInt8) {
        let calm = Self.tell(news, waiting: 0)
        let busy = Self.tell(news, waiting: Broadcasts.ownMost)
        #expect(calm.first.count == Int(news))
        #expect(busy.first.count == Int(news))
        for (busy, calm) in zip(busy.first, calm.first) { #expect(busy <= calm) }
        #expect(busy.times == calm.times)
    }

    @Test("broadcasts get through while there is always more news of members than fits")
    func noStarvation() {
        var stage = Stage()
        stage.meet(2, 3, 4, 5)
        stage.pass(.seconds(3), living: [2, 3, 4, 5])
        stage.settle()
        var version: UInt64 = 1
        for number in UInt8(20)..<100 { stage.hear(Stage.record(number), from: 2) }
        stage.tell("", [UInt8](repeating: 7, count: 512))
        stage.log = []
        for _ in 0..<40 {
            version += 1
            for number in UInt8(20)..<100 { stage.hear(Stage.record(number, version: version), from: 2) }
            stage.pass(.milliseconds(50), living: [2, 3, 4, 5])
        }
        #expect(stage.said(1) == stage.membership.spreadCount)
        // Datagrams are full of news; for one a round there is room all the same.
        let alone = stage.log.filter { !$0.message.broadcasts.isEmpty && $0.message.records.isEmpty }
        #expect(alone.count == stage.membership.spreadCount)
    }
}

extension Stage {
    mutating func broadcast(_ topic: String = "", _ data: [UInt8] = [1]) -> Bool {
        let (isAccepted, actions) = membership.broadcast(topic: topic, data: data, now: now)
        perform(actions)
        return isAccepted
    }

    mutating func tell(_ topic: String = "", _ data: [UInt8] = [1]) {
        let isAccepted = broadcast(topic, data)
        #expect(isAccepted)
    }

    /// How often one broadcast, of this node or of a numbered other, is in what was sent.
    func said(_ sequence: UInt64, by number: UInt8 = 1) -> Int {
        log.count { entry in
            entry.message.broadcasts.contains { $0.sequence == sequence && $0.origin?.id == "n\(number)" }
        }
    }
}
