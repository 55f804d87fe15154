import Basics
import Tasks
import Testing

@Suite("round-robin") struct RoundRobinTests {
    private func settings(_ count: Int = 1, grace: Interval = .zero) -> ResolverSettings {
        ResolverSettings(kind: .roundRobin, serverCount: count, serverGrace: grace)
    }

    @Test func `counts up before it looks, as the reference`() {
        var field = Field(settings(), ["c", "a", "b"], tasks: 7)
        field.resolve()
        #expect(field.owners == ["b", "c", "a", "b", "c", "a", "b"])
    }

    @Test func `goes on where it was, one task at a time`() {
        var field = Field(settings(), ["a", "b", "c"])
        for number in 0..<7 {
            field.works.append(Field.Work(name: "task-\(number)"))
            field.resolve()
        }
        #expect(field.owners == ["b", "c", "a", "b", "c", "a", "b"])
    }

    @Test func `moves nothing to a node that comes`() {
        var field = Field(settings(), ["a", "b"], tasks: 10)
        field.resolve()
        let before = field.owners
        field.join("c")
        field.resolve()
        #expect(field.owners == before)
        field.works += (0..<3).map { Field.Work(name: "later-\($0)") }
        field.resolve()
        #expect(Set(field.owners[10...]) == ["a", "b", "c"])
    }

    @Test func `gives out nothing while there are too few, at any time`() {
        var field = Field(settings(3), ["a", "b"], tasks: 4)
        let waiting = ResolverNote.waitingForNodes(wanted: 3, present: 2)
        for _ in 0..<3 {
            let resolution = field.resolve()
            #expect(resolution.owners.allSatisfy { $0 == nil } && resolution.notes == [waiting])
            #expect(resolution.nextLook == .distantFuture)
        }
        #expect(waiting.text == "2 of 3 task servers are there")
        field.join("c")
        #expect(field.resolve().notes.isEmpty)
        #expect(field.owners == ["b", "c", "a", "b"])

        // One dies: what it had waits for a third node, the rest goes on.
        field.leave("b")
        #expect(field.resolve().notes == [waiting])
        #expect(field.owners == [nil, "c", "a", nil])
        field.now = seconds(1_000_000)
        field.resolve()
        #expect(field.owners == [nil, "c", "a", nil])
        field.join("d")
        field.resolve()
        #expect(field.owners.allSatisfy { $0 != nil } && field.owners[1] == "c" && field.owners[2] == "a")
    }

    @Test func `says nothing of too few where nothing waits`() {
        var field = Field(settings(3), ["a", "b"])
        #expect(field.resolve().notes.isEmpty)
    }

    @Test func `goes on with those that are there after the grace time`() {
        var field = Field(settings(3, grace: .seconds(10)), ["a", "b"], tasks: 4)
        field.now = seconds(100)
        #expect(field.resolve().nextLook == seconds(110))
        field.now = seconds(109)
        #expect(field.resolve().notes == [.waitingForNodes(wanted: 3, present: 2)])
        #expect(field.resolve().nextLook == seconds(110))
        field.now = seconds(110)
        #expect(field.resolve().notes == [.wentOnWithFewer(wanted: 3, present: 2)])
        #expect(field.owners == ["b", "a", "b", "a"])
        #expect(field.resolve().notes.isEmpty)

        // The next time it waits again.
        field.join("c")
        field.resolve()
        field.leave("c")
        field.leave("b")
        field.now = seconds(200)
        #expect(field.resolve().nextLook == seconds(210))
        #expect(field.owners == [nil, "a", nil, "a"])
        field.now = seconds(210)
        field.resolve()
        #expect(field.owners == ["a", "a", "a", "a"])
    }

    @Test func `passes over a node that cannot run the task without favour to its neighbour`() throws {
        var field = Field(settings(), ["a", "b", "c", "d"])
        field.works = (0..<1200).map { Field.Work(name: "task-\($0)", offeredBy: ["a", "b", "d"]) }
        field.resolve()
        #expect(field.counts == ["a": 400, "b": 400, "c": 0, "d": 400])

        // Who cannot run every other task keeps the turn, and has the next one.
        field = Field(settings(), ["a", "b", "c"])
        field.works = (0..<1200).map {
            Field.Work(name: "task-\($0)", offeredBy: $0 % 2 == 0 ? nil : ["a", "b"])
        }
        field.resolve()
        #expect(field.counts == ["a": 450, "b": 450, "c": 300])
    }
}
