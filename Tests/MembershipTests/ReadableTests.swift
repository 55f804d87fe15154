import Basics
import Membership
import Testing
import Wire

/// Readers refuse a message whole for one record that is out of range: what a member says must be readable to all,
/// whatever it was told.
@Suite("What is said can be read")
struct ReadableTests {
    @Test("the farewell after the highest incarnation that anybody may claim")
    func farewell() {
        var stage = Stage()
        stage.meet(2)
        stage.hear(
            MemberRecord(
                identity: Stage.me, incarnation: RecordLimit.numbersEnd - 2, status: .suspect, accuser: "n2",
                evidence: .silence),
            from: 2)
        stage.settle()
        stage.perform(stage.membership.leave(now: stage.now))
        #expect(stage.lastSaid(of: 1)?.status == .left)
    }

    @Test("the view, with a suspect whose record is as large as it may be")
    func largeSuspect() throws {
        var stage = Stage()
        stage.meet(2, 3)
        var large = Stage.record(4)
        large.attributes?.tags = [512, 300, 0].enumerated().map {
            Attributes.Tag(key: "k\($0)", value: String(repeating: "v", count: $1))
        }
        // As long as it is still read.
        while isRead(large) { large.attributes?.tags[2].value += "v" }
        large.attributes?.tags[2].value.removeLast()
        #expect(isRead(large))
        stage.hear(large, from: 2)
        #expect(stage.status(4) == .alive)
        let accuser = String(repeating: "n", count: Identity.longestId)
        stage.hear(
            MemberRecord(
                identity: large.identity, incarnation: 1 << 61, status: .suspect, accuser: accuser,
                evidence: .silence),
            from: 2)
        #expect(stage.status(4) == .suspect)

        let question = Message(kind: .sync, sender: Stage.identity(3))
        let reply = try #require(stage.membership.requested(question, now: stage.now).reply)
        #expect(throws: Never.self) { try Message.decode(reply.encoded()[...]) }
    }

    @Test("the own record: a tag more than readers take is not taken either")
    func tooManyTags() throws {
        var stage = Stage()
        let add = { (number: Int) in
            stage.membership.describe(now: stage.now) {
                $0.tags.append(Attributes.Tag(key: "k\(number)", value: "v"))
            }.isAccepted
        }
        for number in 0..<RecordLimit.tags {
            let isAccepted = add(number)
            #expect(isAccepted)
        }
        let isAccepted = add(RecordLimit.tags)
        #expect(!isAccepted)
        #expect(stage.membership.attributes.tags.count == RecordLimit.tags)
        #expect(isRead(stage.membership.ownRecord))
    }

    private func isRead(_ record: MemberRecord) -> Bool {
        (try? MemberRecord(decoding: record.encoded()[...])) != nil
    }
}
