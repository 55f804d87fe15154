import Basics
import Testing

@testable import Tasks

/// What the coordinator makes of the runs that nodes tell it of.
@Suite struct RunReportTests {
    private func office(_ nodes: [String] = ["a"], _ delivery: TaskDefinition.Delivery = .atLeastOnce)
        -> Office
    {
        var office = Office(nodes: nodes)
        let job = TaskDefinition(
            name: "j", kind: .job, schedule: "every 1s", delivery: delivery, offeredAt: 1000)
        for id in nodes { office.come(id, offers: [job]) }
        office.wait(.milliseconds(50))
        office.obey("j")
        return office
    }

    private func began(
        _ office: inout Office, _ moment: Int64, _ attempt: UInt32 = 1,
        by other: (node: String, token: UInt64)? = nil
    ) {
        let owner = office.given("j").map { ($0.node, $0.token) }
        guard let (node, token) = other ?? owner else { return }
        office.hear(
            .report(TaskReport(name: "j", token: token, .began, moment: moment, attempt: attempt)),
            from: node)
    }

    /// How long the job is without a node after its failure.
    private func fail(_ office: inout Office) -> Interval {
        guard let owner = office.given("j") else { return .zero }
        let failed = office.now
        office.hear(.report(TaskReport(name: "j", token: owner.token, .failed)), from: owner.node)
        let count = office.gifts("j").count
        for _ in 0..<700 where office.gifts("j").count == count { office.wait(.milliseconds(100)) }
        office.obey("j")
        return office.now - failed
    }

    // MARK: jobs that fail now and then

    /// One node, every fifth run fails once.
    @Test func aFailedRunIsTriedAgainSoonHoweverManyFailedBeforeTheLastThatWentWell() {
        var office = self.office()
        for moment in 1...60 as ClosedRange<Int64> {
            began(&office, moment)
            guard moment % 5 == 0 else { continue }
            #expect(fail(&office) < .seconds(2))
            began(&office, moment, 2)
        }
    }

    /// One run that fails again and again is given more time each time.
    @Test func theAttemptsOfOneRunAreFurtherAndFurtherApart() {
        var office = self.office()
        began(&office, 1)
        for (attempt, seconds) in zip(2..., [1, 2, 4, 8] as [Int64]) {
            #expect(fail(&office) >= .seconds(seconds) / 10 * 9)
            began(&office, 1, UInt32(attempt))
        }
    }

    /// A job that cannot even begin has had no run.
    @Test func aJobThatFailsWithoutARunWaitsLonger() {
        var office = self.office()
        for seconds in [1, 2, 4] as [Int64] { #expect(fail(&office) >= .seconds(seconds) / 10 * 9) }
    }

    // MARK: two that run the same

    private func overlaps(_ office: Office) -> Int { office.news.filter { $0.kind == .overlap }.count }

    /// It was taken from the first when it was gone; that one is there again and runs what it had.
    private func moved(_ delivery: TaskDefinition.Delivery = .atLeastOnce) -> (
        Office, first: (node: String, token: UInt64)
    ) {
        var office = self.office(["a", "b"], delivery)
        if office.given("j")?.node == "a" {
            _ = office.order(.move, "j", target: "b")
            office.wait(.milliseconds(50))
            office.obey("j")
            office.obey("j")
        }
        let first = office.given("j").map { ($0.node, $0.token) } ?? ("", 0)
        office.die("b")
        office.wait(.milliseconds(50))
        office.obey("j")
        office.find("b")
        return (office, first)
    }

    @Test func whoHasTheJobNoMoreIsHeardWhenItRuns() {
        var (office, first) = moved()
        began(&office, 5)
        #expect(overlaps(office) == 0)
        began(&office, 5, by: first)
        #expect(overlaps(office) == 1)
        // Heard twice, told once.
        began(&office, 5, by: first)
        #expect(overlaps(office) == 1)
    }

    @Test func aRunOfAnEarlierOwnerCountsWhoeverBeganFirst() {
        var (office, first) = moved()
        began(&office, 5, by: first)
        #expect(overlaps(office) == 0)
        began(&office, 5)
        #expect(overlaps(office) == 1)
    }

    /// A job does not overlap with itself: who had it before runs nothing once another has begun.
    @Test func anotherMomentUnderAnOlderTokenIsToldOf() {
        var (office, first) = moved()
        began(&office, 5)
        began(&office, 6, by: first)
        #expect(overlaps(office) == 1)
        #expect(office.news.last?.detail.contains("6") == true && office.news.last?.name == "j")
    }

    @Test func whatFollowsOneAfterTheOtherIsNothingToTellOf() {
        var (office, first) = moved()
        began(&office, 4, by: first)
        began(&office, 5, by: first)
        began(&office, 5, 2)
        began(&office, 6)
        #expect(overlaps(office) == 0)
    }

    @Test func whatRunsAtMostOnceHasOneAttempt() {
        for (delivery, count) in [(TaskDefinition.Delivery.atMostOnce, 1), (.atLeastOnce, 0)] {
            var (office, first) = moved(delivery)
            began(&office, 5, by: first)
            began(&office, 5, 2)
            #expect(overlaps(office) == count)
        }
    }
}
