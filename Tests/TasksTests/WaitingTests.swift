import Basics
import Testing

@testable import Tasks

/// What people are told of a task that nobody has.
@Suite struct WaitingTests {
    private func waiting(_ office: Office, _ name: String) -> [String] {
        office.news.filter { $0.kind == .waiting && $0.name == name }.map(\.detail)
    }

    @Test func itSaysHowManyServersAreMissing() {
        var office = Office(
            nodes: ["a", "b"], resolver: ResolverSettings(kind: .roundRobin, serverCount: 3))
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t"), Office.task("u")]) }
        office.wait(.seconds(30))
        for name in ["t", "u"] {
            #expect(office.shown(name)?.state == .offered && office.given(name) == nil)
            #expect(office.shown(name)?.detail == "2 of 3 task servers are there")
            #expect(waiting(office, name) == ["2 of 3 task servers are there"], "told once")
        }
        #expect(waiting(office, "").isEmpty)
        office.find("c")
        office.come("c", offers: [Office.task("t")])
        office.wait(.milliseconds(100))
        #expect(office.given("t") != nil && office.shown("t")?.detail == "")
    }

    @Test func itNamesTheLabelsThatNobodyHas() {
        var office = Office(nodes: ["a"])
        var task = Office.task("t")
        task.placement.requires = ["gpu"]
        office.come("a", offers: [task, Office.task("u")])
        office.wait(.seconds(5))
        #expect(office.shown("t", to: "a")?.detail.contains("gpu") == true)
        #expect(waiting(office, "t").count == 1 && waiting(office, "u").isEmpty)
        #expect(office.shown("u", to: "a")?.detail == "")
    }

    @Test func itSaysThatNobodyOfTheListIsThere() {
        var office = Office(nodes: ["a"], resolver: ResolverSettings(kind: .nodes, nodes: ["x"]))
        office.come("a", offers: [Office.task("t")])
        office.wait(.seconds(5))
        #expect(office.shown("t", to: "a")?.detail == ResolverNote.nobodyOfListIsHere.text)
    }

    /// What it failed of says more than that all who could have it have failed.
    @Test func aFailureIsTheReasonWhereAllHaveFailed() {
        var office = Office.serving(["t"], nodes: ["a"])
        office.hear(
            .report(TaskReport(name: "t", token: office.given("t")?.token ?? 0, .failed, detail: "no disk")),
            from: "a")
        office.wait(.milliseconds(100))
        #expect(office.shown("t", to: "a")?.state == .offered)
        #expect(office.shown("t", to: "a")?.detail == "no disk")
    }

    /// It has said where a task goes; until that has stopped there is nothing new to say.
    @Test func theHostIsNotAskedAgainWhileATaskMoves() {
        var office = Office(nodes: ["a", "b"], resolver: ResolverSettings(kind: .host))
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t")]) }
        var answered: UInt64 = 0
        /// For so long the host says the same, whenever it is asked. How often it was.
        func answer(_ place: Int, for tenths: Int) -> UInt64 {
            let before = answered
            for _ in 0..<tenths {
                office.wait(.milliseconds(100))
                guard case .askHost(let number, _, _)? = office.asked.last, number > answered else {
                    continue
                }
                answered = number
                office.take(office.coordinator.hostResolved(number, [place], now: office.now))
            }
            return answered - before
        }
        #expect(answer(0, for: 10) >= 1)
        office.obey("t")
        #expect(answer(1, for: 30) >= 1 && office.stops("t").count == 1)
        #expect(answer(1, for: 20) <= 2, "it stops still")
        office.obey("t")
        _ = answer(1, for: 10)
        #expect(office.given("t")?.node == "b")
    }

    @Test func theHostThatChoosesNobodyIsTheReason() {
        var office = Office(nodes: ["a"], resolver: ResolverSettings(kind: .host))
        office.come("a", offers: [Office.task("t")])
        office.wait(.milliseconds(100))
        guard case .askHost(let number, _, _)? = office.asked.last else {
            Issue.record("\(office.asked)")
            return
        }
        office.take(office.coordinator.hostResolved(number, [nil], now: office.now))
        office.wait(.milliseconds(100))
        #expect(office.shown("t", to: "a")?.detail.contains("host") == true)
    }

    /// What is paused does not wait.
    @Test func whoRestsWaitsForNothing() {
        var office = Office(
            nodes: ["a"], resolver: ResolverSettings(kind: .roundRobin, serverCount: 2))
        office.come("a", offers: [Office.task("t")])
        office.wait(.seconds(1))
        #expect(office.order(.pause, "t", from: "a") == .done)
        office.wait(.seconds(1))
        #expect(office.shown("t", to: "a")?.state == .paused && office.shown("t", to: "a")?.detail == "")
        #expect(office.order(.resume, "t", from: "a") == .done)
        office.wait(.seconds(1))
        #expect(office.shown("t", to: "a")?.detail == "1 of 2 task servers are there")
        #expect(waiting(office, "t").count == 2)
    }

    /// Ten thousand tasks that wait for one reason must not fill a log.
    @Test func onlySoManyAreNamedAtOnce() {
        var office = Office(
            nodes: ["a"], resolver: ResolverSettings(kind: .roundRobin, serverCount: 2))
        office.come("a", offers: (0..<500).map { Office.task("t\($0)") })
        office.wait(.seconds(60))
        #expect(office.news.count <= Resolution.mostNotes + 1)
        #expect(office.shown("t499", to: "a")?.detail == "1 of 2 task servers are there")
    }
}
