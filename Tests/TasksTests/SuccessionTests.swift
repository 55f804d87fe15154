import Basics
import Testing

@testable import Tasks

/// What a new coordinator leaves with nodes that have not spoken to it yet.
@Suite struct SuccessionTests {
    /// What its node was told before of a task that `owner` has.
    private func told(_ name: String, _ owner: String, _ state: TaskStatus.State = .running) -> TaskStatus {
        TaskStatus(name: name, kind: .task, state: state, owner: owner, token: 3, offers: 2)
    }

    /// On node "a", whose node was told that "c" has task "t"; "c" is there and says nothing.
    private func silent(_ state: TaskStatus.State = .running) -> Office {
        var office = Office(epoch: 1 << 40, told: [told("t", "c", state)])
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t"), Office.task("u")]) }
        office.wait(.seconds(60))
        return office
    }

    @Test(arguments: [TaskStatus.State.assigned, .running, .stopping])
    func aPresentNodeThatIsSilentKeepsItsTasksUntilItSpeaks(_ state: TaskStatus.State) {
        var office = silent(state)
        #expect(office.given("t") == nil)
        #expect(office.given("u") != nil, "what nobody has is given out")
        office.come("c", offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: 3)])
        office.wait(.seconds(60))
        #expect(office.given("t") == nil && office.stops("t").isEmpty && office.news.isEmpty)
        #expect(office.shown("t")?.owner == "c" && office.shown("t")?.state == .running)
    }

    @Test func whatItDoesNotHaveAnyMoreIsGivenOutWhenItHasSpoken() {
        var office = silent()
        office.come("c", offers: [Office.task("t")])
        office.wait(.milliseconds(50))
        #expect(office.gifts("t").count == 1)
        #expect((office.given("t")?.token ?? 0) > 3)
    }

    @Test(arguments: ["dies", "is lost", "starts anew", "goes and comes"])
    func whatItHadIsGivenOutWhenItIsGone(_ how: String) {
        var office = silent()
        switch how {
        case "dies": office.die("c")
        case "is lost": office.lose("c")
        case "starts anew":
            let peers = ["a", "b", "c"].map {
                TaskPeer(id: $0, instance: $0 == "c" ? 12345 : UInt64($0.utf8.first ?? 0))
            }
            office.take(office.coordinator.see(peers, now: office.now))
        default:
            office.die("c")
            office.find("c")
        }
        office.wait(.milliseconds(50))
        #expect(office.gifts("t").count == 1)
    }

    @Test func whoIsNotThereAtAllKeepsNothing() {
        var office = Office(nodes: ["a", "b"], told: [told("t", "c")])
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t")]) }
        office.wait(.milliseconds(50))
        #expect(office.gifts("t").count == 1)
    }

    /// The next coordinator is to know it as well.
    @Test func itIsToldOnAsItWasTold() {
        let office = silent()
        #expect(office.shown("t")?.owner == "c" && office.shown("t")?.token == 3)
        #expect(office.shown("t")?.state == .running)
        // Also what nobody who has spoken offers.
        var other = Office(epoch: 1 << 40, told: [told("v", "c")])
        for id in ["a", "b"] { other.come(id, offers: [Office.task("t")]) }
        other.wait(.seconds(10))
        #expect(other.shown("v")?.owner == "c")
        #expect(other.order(.forget, "v") == .tryAgain)
        other.die("c")
        other.wait(.milliseconds(50))
        #expect(other.shown("v") == nil)
        #expect(other.order(.forget, "v") == .unknownTask)
    }

    /// It was given it later.
    @Test func whoeverHasItMeanwhileHasIt() {
        var office = Office(epoch: 1 << 40, told: [told("t", "c")])
        office.come("a", offers: [Office.task("t")])
        office.come("b", offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: 4)])
        office.wait(.seconds(10))
        #expect(office.shown("t")?.owner == "b" && office.news.isEmpty)
        office.hear(.report(TaskReport(name: "t", token: 4, .stopped)), from: "b")
        office.wait(.milliseconds(50))
        #expect(office.gifts("t").count == 1, "the silent one had lost it before")
    }

    @Test func underALeaseTrustDecides() {
        var office = Office(isLeased: true, told: [told("t", "c")])
        for id in ["a", "b"] { office.come(id, offers: [Office.task("t")]) }
        office.wait(Office.trust * 2)
        #expect(office.gifts("t").count == 1)
    }

    // MARK: what is being withdrawn

    @Test(arguments: [false, true])
    func whatANodeIsStillStoppingWaitsForItThoughItOffersItNoMore(_ isLeased: Bool) {
        var office = Office(isLeased: isLeased)
        office.come("a", holdings: [TaskHolding(name: "t", token: 3, isStopping: true)])
        office.come("b", offers: [Office.task("t")])
        office.come("c")
        office.wait(Office.trust * 3)
        #expect(office.given("t") == nil && office.shown("t")?.state == .stopping)
        #expect(office.shown("t")?.owner == "a" && office.news.isEmpty)
        office.hear(.report(TaskReport(name: "t", token: 3, .stopped)), from: "a")
        office.wait(.milliseconds(50))
        #expect(office.given("t")?.node == "b")
    }

    @Test func whatNobodyOffersAndNobodyHasIsForgotten() {
        for end in [TaskReport.News.stopped, .completed] {
            var office = Office()
            office.come("a", holdings: [TaskHolding(name: "t", token: 3, isStopping: true)])
            for id in ["b", "c"] { office.come(id) }
            office.wait(.milliseconds(50))
            #expect(office.shown("t")?.state == .stopping)
            #expect(office.order(.pause, "t") == .unknownTask)
            office.hear(.report(TaskReport(name: "t", token: 3, end)), from: "a")
            office.wait(.milliseconds(50))
            #expect(office.shown("t") == nil && office.coordinator.rows.isEmpty)
        }
    }

    // MARK: offers that differ

    private var older: TaskDefinition { Office.task("t") }
    private var newer: TaskDefinition {
        var newer = older
        newer.offeredAt += 1
        newer.placement.weight = 9
        return newer
    }

    /// It was begun under the newer offer before: nothing has changed.
    @Test(arguments: [["a", "b", "c"], ["b", "a", "c"]])
    func whatRunsUnderTheOfferThatCountsGoesOnWhoeverComesFirst(_ order: [String]) {
        var office = Office()
        for id in order {
            switch id {
            case "a":
                office.come(
                    "a", offers: [older], holdings: [TaskHolding(name: "t", token: 3, definition: newer)])
            case "b": office.come("b", offers: [newer])
            default: office.come("c")
            }
        }
        office.wait(.seconds(60))
        #expect(office.stops("t").isEmpty && office.given("t") == nil)
        #expect(office.shown("t")?.owner == "a" && office.shown("t")?.token == 3)
    }

    /// What somebody offered once more in between was offered last, whoever comes first.
    @Test(arguments: [["a", "b", "c"], ["b", "a", "c"], ["c", "b", "a"], ["a", "c", "b"]])
    func theLastOfferCountsWhoeverComesFirst(_ order: [String]) {
        var last = older
        last.offeredAt += 2
        let offers = ["a": older, "b": newer, "c": last]
        var office = Office()
        for id in order { office.come(id, offers: offers[id].map { [$0] } ?? []) }
        office.wait(.seconds(1))
        let assigned = office.sent.compactMap {
            if case .assign(let definition, _) = $0.mail { definition } else { nil }
        }
        #expect(assigned.allSatisfy { $0.isSame(as: older) } && !assigned.isEmpty)
    }

    /// It was offered otherwise while nobody coordinated.
    @Test func whatRunsUnderAnOlderOfferBeginsAnew() {
        var office = Office()
        office.come("a", offers: [newer], holdings: [TaskHolding(name: "t", token: 3, definition: older)])
        for id in ["b", "c"] { office.come(id) }
        office.wait(.seconds(1))
        #expect(office.stops("t").map(\.token) == [3])
        office.hear(.report(TaskReport(name: "t", token: 3, .stopped)), from: "a")
        office.wait(.milliseconds(50))
        #expect(office.said(to: "a", .assign(newer, token: office.given("t")?.token ?? 0)))
    }
}
