import Basics
import Testing

@testable import Tasks

/// What the coordinator keeps for all, and when it says that it does.
@Suite struct RowKeepingTests {
    private func row(_ version: UInt64, _ nonce: UInt64 = 1) -> TaskRow {
        TaskRow(
            stamp: RowStamp(version: version, nonce: Nonce(high: 0, low: nonce)), definition: Office.task("t")
        )
    }

    /// As the coordinator has it that let it be written.
    private func written(_ version: UInt64, _ nonce: UInt64 = 1) -> TaskRow {
        var row = row(version, nonce)
        row.epoch = 7
        return row
    }

    private func outcome(_ office: Office, _ id: UInt64) -> TaskWrite? {
        for case .written(id, let outcome) in office.sent.map(\.mail) { return outcome }
        return nil
    }

    /// The number of the last letter that asks a node to keep rows.
    private func asked(_ office: Office, _ node: String) -> UInt64? {
        for letter in office.sent.reversed() where letter.to == node {
            if case .keep(let number, _, _) = letter.mail { return number }
        }
        return nil
    }

    @Test func aReadWaitsUntilAllHaveSaidWhatTheyKnow() {
        var office = Office()
        office.come("a")
        office.hear(.read(id: 5, name: "t"), from: "a")
        #expect(!office.sent.contains { if case .found = $0.mail { true } else { false } })
        office.hear(.hello(weight: 1, labels: [], rowsDigest: 9), from: "b")
        #expect(office.said(to: "b", .welcome(epoch: 7, wantsRows: true)))
        office.hear(.rows([row(4)], isLast: true), from: "b")
        office.hear(.ready, from: "b")
        office.come("c")
        #expect(office.said(to: "a", .found(id: 5, row: row(4))))
    }

    @Test func whoeverHasTheSameRowsIsNotAskedForThem() {
        var office = Office(rows: [row(4)])
        let digest = row(4).digest
        office.come("b", digest: digest)
        office.come("c", digest: digest ^ 1)
        #expect(office.said(to: "b", .welcome(epoch: 7, wantsRows: false)))
        #expect(office.said(to: "c", .welcome(epoch: 7, wantsRows: true)))
        #expect(office.said(to: "c", .keep(number: 0, rows: [row(4)], removed: [])))
    }

    @Test func ofTwoRowsTheLaterIsKept() {
        for (first, second) in [
            (row(4), row(5)), (row(5), row(4)), (row(5, 1), row(5, 2)), (row(5, 2), row(5, 1)),
        ] {
            var office = Office()
            office.hear(.rows([first], isLast: true), from: "b")
            office.hear(.rows([second], isLast: true), from: "c")
            let later = first.isLater(than: second) ? first : second
            #expect(office.coordinator.rows["t"] == later)
        }
    }

    /// Of five nodes two others keep it, of three one, of two the other.
    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (9, 2)])
    func aWriteIsAnsweredWhenOthersKeepIt(_ count: Int, _ copies: Int) {
        let nodes = (0..<count).map { String(UnicodeScalar(UInt8(97 + $0))) }
        var office = Office.serving([], nodes: nodes)
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        for node in nodes.dropFirst().prefix(copies) {
            #expect(outcome(office, 5) == nil)
            office.hear(.kept(asked(office, node) ?? 0), from: node)
            // Nobody keeps it twice.
            office.hear(.kept(asked(office, node) ?? 0), from: node)
        }
        #expect(outcome(office, 5) == .applied)
        #expect(office.sent.filter { if case .written = $0.mail { true } else { false } }.count == 1)
    }

    @Test func whoeverIsGoneIsNotWaitedFor() {
        for isDead in [true, false] {
            var office = Office.serving([], nodes: ["a", "b", "c"])
            office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
            if isDead { office.die("b") } else { office.disconnect("b") }
            #expect(outcome(office, 5) == nil, "c may have it yet")
            office.disconnect("c")
            #expect(outcome(office, 5) == .applied)
        }
    }

    /// Under a lease it may be this node that is cut off, and another that coordinates before long.
    @Test func whatFewerHaveIsAnsweredWhenTheAuthorityHasConfirmedThisNodeSince() {
        for isDead in [true, false] {
            var office = Office.serving([], nodes: ["a", "b", "c"], isLeased: true)
            office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
            let sent = office.now
            office.wait(.milliseconds(10))
            for id in ["b", "c"] { if isDead { office.die(id) } else { office.disconnect(id) } }
            // Nor is what is written then.
            office.hear(.write(id: 6, expected: row(1).stamp, row: row(2)), from: "a")
            office.confirm(since: sent)
            #expect(outcome(office, 5) == nil && outcome(office, 6) == nil, "it was asked before")
            office.wait(.milliseconds(10))
            office.confirm(since: office.now)
            #expect(outcome(office, 5) == .applied && outcome(office, 6) == .applied)
            // Who is dead needs no copy any more; who is only not connected does.
            office.hear(.write(id: 7, expected: row(2).stamp, row: row(3)), from: "a")
            #expect(outcome(office, 7) == (isDead ? .applied : nil))
            office.wait(.milliseconds(10))
            office.confirm(since: office.now)
            #expect(outcome(office, 7) == .applied)
        }
    }

    /// Nor when it is seen to be gone after that.
    @Test(arguments: [true, false])
    func whoIsNotConnectedAndGoesRaisesADoubt(_ isDead: Bool) {
        var office = Office.serving([], nodes: ["a", "b", "c"], isLeased: true)
        for id in ["b", "c"] { office.disconnect(id) }
        office.wait(.milliseconds(10))
        office.confirm(since: office.now)
        office.wait(.milliseconds(10))
        for id in ["b", "c"] { if isDead { office.die(id) } else { office.lose(id) } }
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        #expect(outcome(office, 5) == nil)
        office.wait(.milliseconds(10))
        office.confirm(since: office.now)
        #expect(outcome(office, 5) == .applied)
    }

    /// Whose line ends reads back what it has written: that is an answer, too.
    @Test func whatOthersDoNotHaveYetIsNotRead() {
        var office = Office.serving([], nodes: ["a", "b", "c"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        office.come("a", digest: office.coordinator.rowsDigest)
        office.hear(.read(id: 6, name: "t"), from: "a")
        #expect(!office.said(to: "a", .found(id: 6, row: written(1))))
        office.hear(.kept(asked(office, "b") ?? 0), from: "b")
        #expect(office.said(to: "a", .found(id: 6, row: written(1))) && outcome(office, 5) == nil)
        office.hear(.read(id: 7, name: "t"), from: "a")
        #expect(office.said(to: "a", .found(id: 7, row: written(1))))
    }

    @Test func whoAsksTwiceToForgetHearsWhenOthersHaveForgotten() {
        var office = Office.serving(["t"])
        _ = office.order(.pause, "t")
        office.obey("t")
        for id in ["a", "b", "c"] { office.hear(.withdraw("t"), from: id) }
        office.wait(.milliseconds(50))
        for number: UInt64 in [5, 6] {
            office.hear(.order(TaskOrder(id: number, .forget, name: "t")), from: "b")
        }
        let answers = { (office: Office) in
            office.sent.compactMap { letter -> TaskAnswer? in
                if case .answer(let id, let answer, _) = letter.mail, id < 10 { answer } else { nil }
            }
        }
        #expect(answers(office).isEmpty)
        office.hear(.kept(asked(office, "c") ?? 0), from: "c")
        #expect(answers(office) == [.done, .done])
    }

    /// Whoever asks twice hears no sooner: the first time nobody else had it yet.
    @Test(arguments: [TaskOrder.Verb.pause, .resume])
    func anOrderThatChangesNothingIsWrittenAsWell(_ verb: TaskOrder.Verb) {
        var office = Office.serving(["t"])
        if verb == .pause { _ = office.order(.pause, "t") }
        let before = office.coordinator.rows["t"]
        office.hear(.order(TaskOrder(id: 5, verb, name: "t")), from: "b")
        let after = office.coordinator.rows["t"]
        #expect(after?.isPaused == (verb == .pause) && after?.stamp != before?.stamp)
        let isAnswered = { (office: Office) in
            office.sent.contains { if case .answer(5, .done, _) = $0.mail { true } else { false } }
        }
        #expect(!isAnswered(office))
        office.hear(.kept(asked(office, "c") ?? 0), from: "c")
        #expect(isAnswered(office))
    }

    /// Its next start may have asked something else under the same number.
    @Test func whoIsGoneIsAnsweredNothing() {
        var office = Office.serving([], nodes: ["a", "b", "c"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "b")
        office.restart("b")
        office.come("b")
        office.hear(.kept(asked(office, "c") ?? 0), from: "c")
        #expect(outcome(office, 5) == nil)
    }

    @Test func whatAsManyHaveAsBeforeIsAnsweredAtOnce() {
        var office = Office.serving([], nodes: ["a", "b", "c", "d", "e"], isLeased: true)
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        office.die("e")
        for id in ["b", "c"] { office.hear(.kept(asked(office, id) ?? 0), from: id) }
        #expect(outcome(office, 5) == .applied)
        office.hear(.write(id: 6, expected: row(1).stamp, row: row(2)), from: "a")
        for id in ["b", "c"] { office.hear(.kept(asked(office, id) ?? 0), from: id) }
        #expect(outcome(office, 6) == .applied)
    }

    /// Its new line is there before the end of the former one is heard of: what was on that is lost.
    @Test func whoComesAgainIsNotWaitedForOnTheFormerLine() {
        var office = Office.serving([], nodes: ["a", "b"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        #expect(outcome(office, 5) == nil)
        office.come("b")
        #expect(outcome(office, 5) == .applied)
        #expect(office.said(to: "b", .keep(number: 0, rows: [written(1)], removed: [])))
    }

    /// Its death is never seen: the next start of it is there before.
    @Test func whoBeganAnewIsNotWaitedFor() {
        var office = Office.serving([], nodes: ["a", "b"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        #expect(outcome(office, 5) == nil)
        office.restart("b")
        #expect(outcome(office, 5) == .applied)
    }

    /// Their kernels keep the streams open: nothing but the silence tells.
    @Test func whoStandsStillIsNotWaitedFor() {
        var office = Office.serving([], nodes: ["a", "b", "c", "d", "e"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        let asked = office.sent.compactMap { letter -> String? in
            if case .keep(let number, _, _) = letter.mail, number > 0 { letter.to } else { nil }
        }
        #expect(asked == ["b", "c", "d", "e"])
        for frozen in ["b", "c"] { office.lose(frozen) }
        #expect(outcome(office, 5) == nil, "two can keep it, and have not said so")
        office.lose("d")
        #expect(outcome(office, 5) == nil, "e can keep it still")
        office.hear(.kept(self.asked(office, "e") ?? 0), from: "e")
        #expect(outcome(office, 5) == .applied)

        var lonely = Office.serving([], nodes: ["a", "b", "c"])
        lonely.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        for frozen in ["b", "c"] { lonely.lose(frozen) }
        #expect(outcome(lonely, 5) == .applied, "nobody else is there")
        // The next is not even given to them.
        let count = lonely.sent.count
        lonely.hear(.write(id: 6, expected: row(1).stamp, row: row(2)), from: "a")
        #expect(outcome(lonely, 6) == .applied)
        #expect(lonely.sent[count...].allSatisfy { $0.to == "a" })
    }

    @Test func aWriteIsComparedWithWhatStandsThere() {
        let cases: [(RowStamp?, TaskRow, TaskWrite)] = [
            (nil, row(6), .conflict), (row(4).stamp, row(5), .conflict), (row(5, 2).stamp, row(6), .conflict),
            (row(5).stamp, row(5, 9), .conflict), (row(5).stamp, row(6), .applied),
        ]
        for (expected, wanted, answer) in cases {
            var office = Office(nodes: ["a"], rows: [row(5)])
            office.come("a", digest: row(5).digest)
            office.hear(.write(id: 8, expected: expected, row: wanted), from: "a")
            #expect(outcome(office, 8) == answer)
            #expect(office.coordinator.rows["t"] == (answer == .applied ? written(6) : row(5)))
        }
    }

    @Test func whoMayNotBeTheCoordinatorAnyMoreWritesNothing() {
        var office = Office.serving([], nodes: ["a"])
        office.hear(.write(id: 5, expected: nil, row: row(1)), from: "a", isTrusted: false)
        #expect(outcome(office, 5) == .failed && office.coordinator.rows.isEmpty)
        var early = Office()
        early.hear(.write(id: 5, expected: nil, row: row(1)), from: "a")
        #expect(outcome(early, 5) == .failed && early.coordinator.rows.isEmpty)
    }

    // MARK: kept by a store

    @Test func nothingIsGivenOutBeforeTheStoreHasTold() {
        var office = Office(nodes: ["a"], keepsRows: false)
        #expect(office.asked == [.list] || office.asked.isEmpty)
        office.come("a", offers: [Office.task("t"), Office.task("u")])
        office.wait(.seconds(20))
        #expect(office.given("t") == nil && office.given("u") == nil)
        var done = row(4)
        done.isCompleted = true
        office.take(office.coordinator.listed([done], now: office.now))
        office.wait(.milliseconds(50))
        #expect(office.given("t") == nil && office.given("u") != nil)
    }

    @Test(arguments: [TaskWrite.conflict, .unknown, .failed])
    func anOrderIsAnsweredWhenTheStoreHasIt(_ trouble: TaskWrite) {
        var office = Office(nodes: ["a"], keepsRows: false)
        office.take(office.coordinator.listed([row(4)], now: office.now))
        office.come("a", offers: [Office.task("t")])
        #expect(office.order(.pause, "t", from: "a") == nil)
        #expect(office.asked.last == .read("t"))
        office.take(office.coordinator.found("t", row(4), now: office.now))
        guard case .write(row(4).stamp, let wanted)? = office.asked.last else {
            Issue.record("\(office.asked)")
            return
        }
        #expect(wanted.isPaused && wanted.stamp.version == 5)
        office.take(office.coordinator.wrote("t", wanted, trouble, now: office.now))
        #expect(office.asked.last == .read("t"))
        // Somebody else has written meanwhile.
        office.take(office.coordinator.found("t", row(7), now: office.now))
        guard case .write(row(7).stamp, let again)? = office.asked.last else {
            Issue.record("\(office.asked)")
            return
        }
        #expect(again.isPaused && again.stamp.version == 8)
        #expect(!office.sent.contains { if case .answer = $0.mail { true } else { false } })
        office.take(office.coordinator.wrote("t", again, .applied, now: office.now))
        #expect(office.sent.contains { if case .answer(_, .done, _) = $0.mail { true } else { false } })
    }

    /// A write of the coordinator before, which came to the store after this one had read all.
    @Test func whatOnlyTheStoreKnowsIsUndoneByAnOrder() {
        var office = Office(nodes: ["a"], keepsRows: false)
        office.take(office.coordinator.listed([row(4)], now: office.now))
        office.come("a", offers: [Office.task("t")])
        #expect(office.order(.resume, "t", from: "a") == nil)
        var paused = row(5)
        paused.isPaused = true
        office.take(office.coordinator.found("t", paused, now: office.now))
        guard case .write(paused.stamp, let wanted)? = office.asked.last else {
            Issue.record("\(office.asked)")
            return
        }
        #expect(!wanted.isPaused)
    }

    /// Jobs write to the store themselves: the coordinator has not seen what stands there.
    @Test func whatOnlyTheStoreKnowsOfIsForgotten() {
        var office = Office(nodes: ["a"], keepsRows: false)
        office.take(office.coordinator.listed([], now: office.now))
        office.come("a", offers: [Office.task("t")])
        office.wait(.milliseconds(50))
        office.obey("t")
        office.hear(.withdraw("t"), from: "a")
        office.hear(.report(TaskReport(name: "t", token: office.given("t")?.token ?? 0, .stopped)), from: "a")
        office.wait(.milliseconds(50))
        #expect(office.order(.forget, "t", from: "a") == nil)
        #expect(office.asked.last == .read("t"))
        office.take(office.coordinator.found("t", row(4), now: office.now))
        #expect(office.asked.last == .remove(name: "t", expected: row(4).stamp))
        office.take(office.coordinator.wrote("t", nil, .applied, now: office.now))
        #expect(office.sent.contains { if case .answer(_, .done, _) = $0.mail { true } else { false } })
        office.wait(.milliseconds(50))
        #expect(office.shown("t", to: "a") == nil)
    }

    @Test func whatTheStoreDoesNotKnowEitherIsUnknown() {
        var office = Office(nodes: ["a"], keepsRows: false)
        office.take(office.coordinator.listed([], now: office.now))
        office.come("a")
        #expect(office.order(.forget, "t", from: "a") == nil)
        office.take(office.coordinator.found("t", nil, now: office.now))
        #expect(
            office.sent.contains { if case .answer(_, .unknownTask, _) = $0.mail { true } else { false } })
    }

    @Test func whatIsOfferedMeanwhileIsNotForgotten() {
        var office = Office(nodes: ["a"], keepsRows: false)
        office.take(office.coordinator.listed([], now: office.now))
        office.come("a")
        _ = office.order(.forget, "t", from: "a")
        office.hear(.offers([Office.task("t")]), from: "a")
        office.take(office.coordinator.found("t", row(4), now: office.now))
        #expect(office.sent.contains { if case .answer(_, .offered, _) = $0.mail { true } else { false } })
        #expect(!office.asked.contains { if case .remove = $0 { true } else { false } })
    }
}
