import Basics
import Testing

@testable import Tasks

/// Nodes that offer one task otherwise: whose definition counts, and for how long.
@Suite struct RedefinedTests {
    private func task(_ weight: UInt32, at offeredAt: Int64) -> TaskDefinition {
        TaskDefinition(name: "t", kind: .task, placement: Placement(weight: weight), offeredAt: offeredAt)
    }

    private func given(_ office: Office) -> TaskDefinition? {
        office.sent.compactMap { if case .assign(let definition, _) = $0.mail { definition } else { nil } }
            .last
    }

    /// "a" offers it newer than "b" and "c", who say the same.
    private func disagreeing() -> Office {
        var office = Office()
        office.come("a", offers: [task(9, at: 2000)])
        for id in ["b", "c"] { office.come(id, offers: [task(1, at: 1000)]) }
        office.wait(.milliseconds(100))
        #expect(given(office)?.placement.weight == 9)
        office.obey("t")
        return office
    }

    @Test(arguments: [true, false])
    func whatNobodyOffersAnyMoreCountsNoMore(_ isDead: Bool) {
        var office = disagreeing()
        if isDead { office.die("a") } else { office.hear(.withdraw("t"), from: "a") }
        office.wait(.milliseconds(100))
        for _ in 0..<3 { office.obey("t") }
        #expect(given(office)?.placement.weight == 1)
        #expect(office.shown("t")?.state == .running)
    }

    @Test func whoComesAgainHasNotGone() {
        var office = disagreeing()
        let count = office.stops("t").count
        office.hear(.hello(weight: 1, labels: [], rowsDigest: 0), from: "a")
        office.find("a")
        office.wait(.milliseconds(100))
        office.hear(.offers([task(9, at: 2000)]), from: "a")
        if let given = office.given("t"), given.node == "a" {
            office.hear(.holdings([TaskHolding(name: "t", token: given.token)]), from: "a")
        }
        office.hear(.ready, from: "a")
        office.wait(.milliseconds(100))
        #expect(office.stops("t").count == count)
    }

    /// It was given another node's definition, which counts: that is what it has completed.
    @Test func aCompletionThatIsToldLaterIsThatOfWhatWasGiven() {
        var office = Office(nodes: ["a", "b"])
        office.come("b", offers: [task(9, at: 5000)])
        office.hear(.hello(weight: 1, labels: [], rowsDigest: 0), from: "a")
        office.hear(.offers([task(1, at: 1000)]), from: "a")
        let over = TaskHolding(name: "t", token: 5, isStopping: true, definition: task(9, at: 5000))
        office.hear(.holdings([over]), from: "a")
        office.hear(.report(TaskReport(name: "t", token: 5, .completed)), from: "a")
        office.hear(.ready, from: "a")
        office.wait(.milliseconds(100))
        #expect(office.given("t") == nil && office.shown("t")?.state == .completed)
    }

    @Test func whatIsCompletedStaysSoOverAPause() throws {
        let done = TaskRow(
            stamp: RowStamp(version: 3, nonce: Nonce(high: 0, low: 1)), definition: task(9, at: 3000),
            isCompleted: true)
        var office = Office(nodes: ["a", "b"], rows: [done])
        for id in ["a", "b"] { office.come(id, offers: [task(1, at: 1000)], digest: done.digest) }
        office.wait(.milliseconds(100))
        #expect(office.order(.pause, "t") == .done && office.order(.resume, "t") == .done)
        office.wait(.milliseconds(100))
        #expect(office.given("t") == nil && office.shown("t")?.state == .completed)
    }

    /// A job writes down that it has come to its end under the first offer of its definition; later ones said the same.
    @Test func whatAJobHasCompletedIsDoneForTheLastOfferOfIt() throws {
        func job(_ attempts: UInt32, at offeredAt: Int64) -> TaskDefinition {
            TaskDefinition(name: "t", kind: .job, schedule: "in 1m", attempts: attempts, offeredAt: offeredAt)
        }
        var office = Office()
        for (id, attempts, at) in [("a", UInt32(9), Int64(1000)), ("b", 9, 3000), ("c", 1, 2000)] {
            office.come(id, offers: [job(attempts, at: at)])
        }
        office.wait(.milliseconds(100))
        let given = try #require(office.given("t"))
        office.obey("t")
        let done = TaskRow(
            stamp: RowStamp(version: 1, nonce: Nonce(high: 0, low: 1)), definition: job(9, at: 1000),
            isCompleted: true)
        office.hear(.write(id: 5, expected: nil, row: done), from: given.node)
        office.hear(.report(TaskReport(name: "t", token: given.token, .completed)), from: given.node)
        for id in ["a", "b"] { office.hear(.withdraw("t"), from: id) }
        office.wait(.seconds(5))
        #expect(office.shown("t", to: "c")?.state == .completed && office.gifts("t").count == 1)
    }

    /// It was done as the newest offer had it; those that say otherwise are older, and had lost.
    @Test func whatWasCompletedStaysSoForOlderOffers() throws {
        var office = disagreeing()
        let given = try #require(office.given("t"))
        office.hear(.report(TaskReport(name: "t", token: given.token, .completed)), from: given.node)
        office.wait(.milliseconds(100))
        #expect(office.shown("t")?.state == .completed)
        office.die("a")
        office.wait(.seconds(5))
        #expect(office.shown("t")?.state == .completed)

        var next = Office(nodes: ["b"], rows: office.coordinator.rows.values.map { $0 })
        next.come("b", offers: [task(1, at: 1000)])
        next.wait(.seconds(5))
        #expect(next.given("t") == nil)
        next.hear(.offers([task(1, at: 3000)]), from: "b")
        next.wait(.milliseconds(100))
        #expect(next.given("t") != nil, "who offers it otherwise since means another")
    }

    /// Its owner had not heard yet that it is another task now.
    @Test func aCompletionIsThatOfTheFormerDefinition() throws {
        var office = Office.serving(["t"], nodes: ["a", "b"])
        office.obey("t")
        let first = try #require(office.given("t"))
        office.hear(.offers([task(9, at: 5000)]), from: office.other(than: first.node))
        office.hear(.report(TaskReport(name: "t", token: first.token, .completed)), from: first.node)
        office.wait(.milliseconds(100))
        #expect(given(office)?.placement.weight == 9)
        office.obey("t")
        #expect(office.shown("t")?.state == .running)
    }

    /// The same where it completed while its node had no stream, and tells of it to the next coordinator.
    @Test func aCompletionThatIsToldLaterIsThatOfItsOwnOffer() {
        var office = Office(nodes: ["a", "b"])
        office.come("b", offers: [task(9, at: 5000)])
        office.hear(.hello(weight: 1, labels: [], rowsDigest: 0), from: "a")
        office.hear(.offers([task(1, at: 1000)]), from: "a")
        office.hear(.holdings([TaskHolding(name: "t", token: 5, isStopping: true)]), from: "a")
        office.hear(.report(TaskReport(name: "t", token: 5, .completed)), from: "a")
        office.hear(.ready, from: "a")
        office.wait(.milliseconds(100))
        #expect(given(office)?.placement.weight == 9)
    }
}
