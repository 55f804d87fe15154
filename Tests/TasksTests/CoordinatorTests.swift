import Basics
import Testing

@testable import Tasks

/// Who is given what, and when.
@Suite struct CoordinatorTests {
    // MARK: collecting

    @Test func nothingIsGivenOutBeforeAllHaveSaidWhatTheyHave() {
        var office = Office()
        office.come("a", offers: [Office.task("t")])
        office.come("b", offers: [Office.task("t")])
        office.wait(.milliseconds(900))
        #expect(office.given("t") == nil && !office.coordinator.isServing)
        office.come("c")
        office.wait(.milliseconds(50))
        #expect(office.gifts("t").count == 1)
    }

    @Test func whoSaysNothingIsWaitedForOnlySoLong() {
        var office = Office()
        office.come("a", offers: [Office.task("t")])
        office.wait(Office.lostAfter - .milliseconds(1))
        #expect(office.given("t") == nil)
        office.wait(.milliseconds(20))
        #expect(office.given("t")?.node == "a")
    }

    @Test func underALeaseAFormerWordMayStillHold() {
        var office = Office(isLeased: true)
        for id in ["a", "b", "c"] { office.come(id, offers: [Office.task("t")]) }
        // Somebody nobody sees may trust himself for 3/4 of that, on a clock that is slower, and then stops.
        office.wait(Office.trust / 3 * 4 / 100 * 102)
        #expect(office.given("t") == nil)
        office.wait(.milliseconds(200))
        #expect(office.given("t") != nil)
    }

    // MARK: a new coordinator

    @Test func whatNodesHaveStaysWithThem() {
        var office = Office()
        let offers = ["t", "u", "v"].map(Office.task)
        office.come("a", offers: offers)
        office.come("b", offers: offers, holdings: offers.map { TaskHolding(name: $0.name, token: 3) })
        office.come("c", offers: offers)
        office.wait(.seconds(30))
        for name in ["t", "u", "v"] {
            #expect(office.given(name) == nil && office.stops(name).isEmpty)
            #expect(office.shown(name)?.owner == "b" && office.shown(name)?.token == 3)
        }
    }

    @Test func aTaskThatItsOwnHostDoesNotKnowIsLeftAlone() {
        var office = Office()
        office.come("a")
        office.come("b", offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: 3)])
        office.come("c")
        office.wait(.seconds(60))
        #expect(office.stops("t").isEmpty && office.shown("t")?.owner == "b")
    }

    @Test(arguments: [("b", "c"), ("c", "b")])
    func ofTwoThatHaveOneTheHigherTokenStays(_ higher: String, _ lower: String) {
        var office = Office()
        office.come("a")
        for id in ["b", "c"] {
            office.come(
                id, offers: [Office.task("t")],
                holdings: [TaskHolding(name: "t", token: id == higher ? 9 : 8)])
        }
        office.wait(.seconds(5))
        #expect(office.stops("t").map(\.node) == [lower] && office.stops("t").map(\.token) == [8])
        #expect(office.shown("t")?.owner == higher)
        #expect(office.news.map(\.kind) == [.overlap])
    }

    @Test func tokensGrowFromCoordinatorToCoordinator() {
        var last: UInt64 = 0
        let epochs: [UInt64] = [7, 8, 900, 1 << 40, (1 << 40) + (1 << 16), 1 << 52]
        for epoch in epochs {
            var tokens = TaskTokens(epoch: epoch)
            for _ in 0..<3 {
                let next = tokens.next() ?? 0
                #expect(next > last && next < 1 << 53)
                last = next
            }
        }
    }

    @Test func whenItsTokensAreUsedUpAnotherCoordinates() {
        var tokens = TaskTokens(epoch: 7)
        var last: UInt64 = 0
        while let next = tokens.next() { last = next }
        var following = TaskTokens(epoch: 8)
        #expect(following.next() ?? 0 > last)
    }

    @Test func anAssignmentThatWasNotHeardIsSaidAgain() {
        var office = Office.serving(["t"])
        guard let first = office.given("t") else {
            Issue.record("nobody has it")
            return
        }
        office.disconnect(first.node)
        office.come(first.node, offers: [Office.task("t")])
        #expect(office.gifts("t").map(\.token) == [first.token, first.token])
        #expect(office.gifts("t").map(\.node) == [first.node, first.node])
    }

    // MARK: by hand

    @Test func whatIsPausedIsGivenToNobodyUntilItIsResumed() {
        var office = Office.serving(["t"])
        office.obey("t")
        #expect(office.order(.pause, "t") == .done)
        #expect(office.stops("t").count == 1)
        office.obey("t")
        office.wait(.seconds(30))
        #expect(office.gifts("t").count == 1 && office.shown("t")?.state == .paused)
        #expect(office.order(.pause, "t") == .done)
        #expect(office.order(.resume, "t") == .done)
        office.wait(.seconds(1))
        #expect(office.gifts("t").count == 2)
        #expect((office.given("t")?.token ?? 0) > office.gifts("t")[0].token)
    }

    /// A job whose first moment is that of its offer.
    @Test func aPauseBeforeTheFirstRunLeavesTheFirstMomentOpen() {
        var office = Office.serving(["t"])
        office.obey("t")
        _ = office.order(.pause, "t")
        #expect(office.coordinator.rows["t"]?.handled == Office.task("t").offeredAt - 1)
    }

    @Test func aPauseIsKnownToTheNextCoordinator() {
        var office = Office.serving(["t"])
        office.obey("t")
        _ = office.order(.pause, "t")
        let rows = Array(office.coordinator.rows.values)
        #expect(rows.map(\.isPaused) == [true])
        var next = Office(epoch: 8)
        for id in ["a", "b", "c"] {
            next.hear(.hello(weight: 1, labels: [], rowsDigest: 9), from: id)
            #expect(next.said(to: id, .welcome(epoch: 8, wantsRows: true)))
            next.hear(.rows(rows, isLast: true), from: id)
            next.hear(.offers([Office.task("t")]), from: id)
            next.hear(.ready, from: id)
        }
        next.wait(.seconds(30))
        #expect(next.given("t") == nil && next.shown("t")?.state == .paused)
    }

    @Test func aMoveGoesWhereItIsTold() {
        var office = Office.serving(["t"])
        office.obey("t")
        let first = office.given("t")?.node ?? ""
        for target in ["a", "b", "c"] where target != first {
            #expect(office.order(.move, "t", target: target) == .done)
            office.obey("t")
            #expect(office.given("t")?.node == target)
            office.obey("t")
        }
    }

    @Test func aMoveWithoutATargetGoesToAnother() {
        var office = Office.serving(["t"])
        office.obey("t")
        let first = office.given("t")?.node
        #expect(office.order(.move, "t") == .done)
        #expect(office.gifts("t").count == 1, "not before it has stopped")
        office.obey("t")
        #expect(office.gifts("t").count == 2 && office.given("t")?.node != first)
    }

    @Test func aMoveThatTakesLongGoesToAnotherAllTheSame() {
        var office = Office.serving(["t"])
        office.obey("t")
        let first = office.given("t")?.node
        #expect(office.order(.move, "t") == .done)
        office.wait(.seconds(15))
        office.obey("t")
        #expect(office.gifts("t").count == 2 && office.given("t")?.node != first)
    }

    @Test func whatCannotBeDoneIsRefused() {
        var office = Office()
        #expect(office.order(.pause, "t") == .tryAgain, "it is still collecting")
        office.come("a")
        office.come("b", offers: [Office.task("t")])
        office.come("c", offers: [Office.task("u")])
        office.wait(.milliseconds(100))
        let cases: [(TaskOrder.Verb, String, String, TaskAnswer)] = [
            (.pause, "x", "", .unknownTask), (.move, "x", "", .unknownTask), (.forget, "x", "", .unknownTask),
            (.move, "t", "", .noCandidate), (.move, "t", "c", .noCandidate),
            (.move, "t", "nobody", .noCandidate),
            (.move, "t", "b", .done), (.run, "t", "", .noJob), (.forget, "t", "", .offered),
        ]
        for (verb, name, target, answer) in cases {
            #expect(office.order(verb, name, target: target) == answer, "\(verb) \(name) \(target)")
        }
        #expect(office.stops("t").isEmpty)
    }

    @Test func onlyWhatNobodyOffersIsForgotten() {
        var office = Office.serving(["t"], nodes: ["a", "b"])
        office.obey("t")
        _ = office.order(.pause, "t")
        office.obey("t")
        #expect(office.order(.forget, "t") == .offered)
        office.hear(.withdraw("t"), from: "a")
        #expect(office.order(.forget, "t") == .offered)
        office.hear(.withdraw("t"), from: "b")
        office.wait(.milliseconds(50))
        // Remembered, since it is paused.
        #expect(office.shown("t")?.state == .paused)
        #expect(office.order(.forget, "t") == .done)
        office.wait(.milliseconds(50))
        #expect(office.shown("t") == nil)
        let blank = office.coordinator.rows["t"]
        #expect(blank?.isForgotten == true && blank?.isPaused == false)
        #expect(office.said(to: "b", .keep(number: 2, rows: blank.map { [$0] } ?? [], removed: [])))
    }

    @Test func aRunByHandGoesToWhoeverHasTheJob() {
        var office = Office(nodes: ["a", "b"])
        let job = TaskDefinition(name: "j", kind: .job, schedule: "every 1h", offeredAt: 1)
        office.come("a", offers: [job])
        office.come("b")
        office.wait(.milliseconds(50))
        #expect(office.order(.run, "j") == .tryAgain, "it has not begun")
        office.obey("j")
        #expect(office.order(.run, "j") == .done)
        #expect(
            office.sent.contains { if case .order(let order) = $0.mail { order.verb == .run } else { false } }
        )
    }

    // MARK: the end of a task

    @Test func whatIsCompletedIsNeverGivenAgain() {
        var office = Office.serving(["t"])
        office.obey("t")
        let owner = office.given("t")
        office.hear(
            .report(TaskReport(name: "t", token: owner?.token ?? 0, .completed)), from: owner?.node ?? "")
        office.wait(.seconds(60))
        #expect(office.gifts("t").count == 1 && office.shown("t")?.state == .completed)
        // Nor by the next one, who hears of it only by its row.
        var next = Office(epoch: 8, rows: Array(office.coordinator.rows.values))
        for id in ["a", "b", "c"] { next.come(id, offers: [Office.task("t")]) }
        next.wait(.seconds(60))
        #expect(next.given("t") == nil)
        // Another task of the same name is another task.
        var other = Office.task("t")
        other.placement.weight = 2
        other.offeredAt += 1
        for id in ["a", "b", "c"] { next.hear(.offers([other]), from: id) }
        next.wait(.seconds(1))
        #expect(next.given("t") != nil)
    }

    /// The former coordinator died before it could write it down.
    @Test func aCompletionIsHeardByTheNextCoordinator() {
        var office = Office()
        office.come(
            "b", offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: 5, isStopping: true)])
        office.hear(.report(TaskReport(name: "t", token: 5, .completed)), from: "b")
        office.come("a", offers: [Office.task("t")])
        office.come("c")
        office.wait(.seconds(30))
        #expect(office.given("t") == nil && office.shown("t")?.state == .completed)
    }

    @Test func anOldTokenReportsNothing() {
        var office = Office.serving(["t"])
        office.obey("t")
        let owner = office.given("t")
        for news in [TaskReport.News.completed, .failed, .stopped] {
            office.hear(
                .report(TaskReport(name: "t", token: (owner?.token ?? 0) - 1, news)), from: owner?.node ?? "")
            let other = office.other(than: owner?.node)
            office.hear(.report(TaskReport(name: "t", token: owner?.token ?? 0, news)), from: other)
        }
        office.wait(.seconds(5))
        #expect(office.gifts("t").count == 1 && office.shown("t")?.state == .running)
    }

    @Test func whoFailsIsPassedOverAndTheNextGetsIt() {
        var office = Office.serving(["t"])
        var seen: [String] = []
        for _ in 0..<3 {
            let owner = office.given("t")
            seen.append(owner?.node ?? "")
            office.hear(
                .report(TaskReport(name: "t", token: owner?.token ?? 0, .failed, detail: "no disk")),
                from: owner?.node ?? "")
            office.wait(.milliseconds(50))
        }
        #expect(Set(seen) == ["a", "b", "c"])
        #expect(office.gifts("t").count == 3 && office.shown("t")?.detail == "no disk")
    }

    @Test func itsPausesGrowUpToAMinuteAndBeginAnewAfterOne() {
        var office = Office.serving(["t"], nodes: ["a", "b"])
        // One of them only.
        office.hear(.withdraw("t"), from: office.given("t")?.node == "a" ? "b" : "a")
        func pause() -> Interval {
            let owner = office.given("t")
            let began = office.now
            office.hear(
                .report(TaskReport(name: "t", token: owner?.token ?? 0, .failed)), from: owner?.node ?? "")
            office.wait(.seconds(70))
            return (office.given("t")?.at ?? began) - began
        }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            let found = pause()
            #expect(
                found >= .seconds(seconds) / 10 * 9
                    && found <= .seconds(seconds) / 10 * 11 + .milliseconds(50))
        }
        // What fails soon after it began has not gone well.
        office.obey("t")
        office.wait(.seconds(50))
        #expect(pause() > .seconds(50))
        office.obey("t")
        office.wait(.seconds(60))
        #expect(pause() < .seconds(2))
    }

    // MARK: nodes that go

    @Test func underALeaseASilentNodesTaskWaitsForItsTrust() {
        var office = Office.serving(["t"], isLeased: true)
        office.obey("t")
        let owner = office.given("t")?.node ?? ""
        for id in ["a", "b", "c"] { office.hear(.renew(4), from: id) }
        #expect(office.said(to: owner, .renewed(4)))
        office.disconnect(owner)
        office.die(owner)
        office.wait(Office.trust / 3 * 4 / 100 * 102)
        #expect(office.gifts("t").count == 1)
        office.wait(.milliseconds(200))
        #expect(office.gifts("t").count == 2 && office.given("t")?.node != owner)
    }

    @Test(arguments: [true, false])
    func whoWasGoneForAWhileComesAnewAndGivesUpWhatAnotherHas(_ isDeclaredDead: Bool) {
        var office = Office.serving(["t"])
        office.obey("t")
        guard let first = office.given("t"), first.node != "a" else { return movedFirst() }
        isDeclaredDead ? office.die(first.node) : office.lose(first.node)
        #expect(office.hungUp == [first.node], "its stream may well stand, and it know of nothing")
        office.wait(.milliseconds(50))
        office.obey("t")
        #expect(office.given("t")?.node != first.node)
        office.find(first.node)
        office.come(
            first.node, offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: first.token)])
        #expect(office.stops("t").last?.node == first.node && office.stops("t").last?.token == first.token)
    }

    private func movedFirst() {
        var office = Office.serving(["t"], nodes: ["a", "b"])
        office.obey("t")
        _ = office.order(.move, "t", target: "b")
        office.obey("t")
        office.die("b")
        #expect(office.hungUp == ["b"])
        office.find("b")
        office.come("b", offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: 1)])
        #expect(office.stops("t").contains { $0.node == "b" })
    }

    @Test func whatWasPausedMeanwhileIsStoppedWhereItStillRuns() {
        var office = Office.serving(["t"])
        office.obey("t")
        let owner = office.given("t")?.node ?? ""
        let token = office.given("t")?.token ?? 0
        office.die(owner)
        _ = office.order(.pause, "t", from: owner == "b" ? "c" : "b")
        office.wait(.milliseconds(100))
        office.obey("t")
        office.find(owner)
        office.come(owner, offers: [Office.task("t")], holdings: [TaskHolding(name: "t", token: token)])
        #expect(office.stops("t").contains { $0.node == owner && $0.token == token })
    }

    @Test func noTrustIsGivenByWhoHasNone() {
        var office = Office.serving(["t"], isLeased: true)
        office.hear(.renew(4), from: "b", isTrusted: false)
        #expect(!office.said(to: "b", .renewed(4)))
    }

    @Test func underALeaseANewStartOfTheNodeDoesNotShortenTheWait() {
        var office = Office.serving(["t"], isLeased: true)
        office.obey("t")
        let owner = office.given("t")?.node ?? ""
        office.hear(.renew(4), from: owner)
        let end = office.now + Office.trust / 3 * 4
        var peers = ["a", "b", "c"].map { TaskPeer(id: $0, instance: UInt64($0.utf8.first ?? 0)) }
        for place in peers.indices where peers[place].id == owner { peers[place].instance = 12345 }
        office.take(office.coordinator.see(peers, now: office.now))
        office.come(owner, offers: [Office.task("t")])
        office.wait(.seconds(10))
        #expect(office.gifts("t").count == 2 && (office.given("t")?.at ?? end) > end)
    }

    @Test(arguments: [true, false])
    func whereMembersDecideATaskIsGivenAwayWhenItsNodeIsGone(_ isDead: Bool) {
        var office = Office.serving(["t"])
        office.obey("t")
        let owner = office.given("t")?.node ?? ""
        office.disconnect(owner)
        office.wait(.seconds(20))
        #expect(office.gifts("t").count == 1, "a broken stream says nothing of its node")
        if isDead { office.die(owner) } else { office.lose(owner) }
        office.wait(.milliseconds(20))
        #expect(office.gifts("t").count == 2 && office.given("t")?.node != owner)
    }

    // MARK: definitions

    @Test func ofDefinitionsThatDifferTheNewerCountsAndItIsSaidOnce() {
        for (ours, theirs, winner) in [(1000, 2000, Int64(2000)), (2000, 1000, 2000)]
            as [(Int64, Int64, Int64)]
        {
            var office = Office(nodes: ["a", "b"])
            var first = Office.task("t")
            var second = Office.task("t")
            (first.offeredAt, second.offeredAt, second.placement.weight) = (ours, theirs, 9)
            office.come("a", offers: [first])
            office.come("b", offers: [second])
            office.wait(.milliseconds(100))
            #expect(office.news.map(\.kind) == [.differs])
            let assigned = office.sent.compactMap {
                if case .assign(let definition, _) = $0.mail { definition.offeredAt } else { nil }
            }
            #expect(assigned == [winner])
            office.wait(.seconds(60))
            #expect(office.news.count == 1)
        }
    }

    @Test func aNewDefinitionIsBegunAnewWhereTheFormerRan() {
        var office = Office.serving(["t"])
        office.obey("t")
        let owner = office.given("t")?.node ?? ""
        var other = Office.task("t")
        other.offeredAt += 1
        other.placement.weight = 3
        for id in ["a", "b", "c"] { office.hear(.offers([other]), from: id) }
        #expect(office.stops("t").map(\.node) == [owner])
        office.obey("t")
        #expect(office.gifts("t").map(\.node) == [owner, owner])
    }

    /// A failure of long ago does not drive it away from where it runs well.
    @Test func aFailureThatIsOverCountsNoMore() {
        var office = Office.serving(["t"])
        let first = office.given("t")
        office.hear(
            .report(TaskReport(name: "t", token: first?.token ?? 0, .failed)), from: first?.node ?? "")
        office.wait(.seconds(5))
        office.obey("t")
        #expect(office.order(.move, "t", target: first?.node ?? "") == .done)
        office.obey("t")
        office.obey("t")
        #expect(office.given("t")?.node == first?.node)
        var other = Office.task("t")
        other.offeredAt += 1
        other.placement.weight = 3
        let another = office.other(than: first?.node)
        office.hear(.offers([other]), from: another)
        office.obey("t")
        #expect(office.given("t")?.node == first?.node)
    }

    // MARK: runs

    @Test func twoThatBeginOneRunAreToldOf() {
        var office = Office.serving(["t"])
        office.obey("t")
        let first = office.given("t")
        func began(_ moment: Int64, _ attempt: UInt32) {
            let owner = office.given("t")
            office.hear(
                .report(
                    TaskReport(name: "t", token: owner?.token ?? 0, .began, moment: moment, attempt: attempt)),
                from: owner?.node ?? "")
        }
        began(5, 1)
        began(5, 1)
        #expect(office.news.isEmpty)
        office.die(first?.node ?? "")
        office.wait(.milliseconds(50))
        began(5, 2)
        #expect(office.news.isEmpty, "another attempt is another run")
        began(5, 1)
        #expect(office.news.map(\.kind) == [.overlap])
    }
}
