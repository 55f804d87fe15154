import Basics
import Testing

@testable import Tasks

/// A coordinator that was cut off comes back: what it wrote for itself meanwhile, against what its successor has written.
@Suite struct RowOrderTests {
    private let start = JobPlay.start
    private let definition = JobPlay.definition("every 1s")

    private func row(
        _ version: UInt64, _ nonce: UInt64, epoch: UInt64, moment: Int64? = nil, attempt: UInt32 = 1,
        by node: String = "c", _ status: TaskRun.Status = .begun
    ) -> TaskRow {
        var row = TaskRow(
            stamp: RowStamp(version: version, nonce: Nonce(high: 0, low: nonce)), definition: definition,
            started: definition.schedule)
        row.epoch = epoch
        guard let moment else { return row }
        row.handled = start + moment
        row.run = TaskRun(
            moment: start + moment, schedule: 77, attempt: attempt, status: status, node: node, instance: 1,
            token: epoch << 20)
        return row
    }

    private func merged(_ rows: [TaskRow], _ others: [TaskRow]) -> (row: TaskRow?, office: Office) {
        var office = Office(epoch: 12, rows: rows)
        for id in ["a", "b"] { office.come(id, digest: office.coordinator.rowsDigest) }
        office.hear(.hello(weight: 1, labels: [], rowsDigest: 9), from: "c")
        office.hear(.rows(others, isLast: true), from: "c")
        office.hear(.ready, from: "c")
        return (office.coordinator.rows["j"], office)
    }

    @Test func whatTheSuccessorHasWrittenCountsHoweverOftenTheFormerOneWrote() {
        let theirs = row(6, 1, epoch: 12, moment: 2000, by: "d")
        // One claim that nobody confirmed, with the greater nonce; and many.
        for former in [row(6, 9, epoch: 11, moment: 2000), row(40, 9, epoch: 11, moment: 2000)] {
            #expect(merged([theirs], [former]).row == theirs)
            #expect(merged([former], [theirs]).row == theirs)
        }
    }

    /// Under one coordinator one writing follows the other: a claim that was taken back is none.
    @Test func whatWasTakenBackDoesNotComeBack() {
        let claimed = row(6, 9, epoch: 12, moment: 3000)
        let takenBack = row(7, 1, epoch: 12, moment: 2000, .succeeded)
        #expect(merged([takenBack], [claimed]).row == takenBack)
        #expect(merged([claimed], [takenBack]).row == takenBack)
    }

    /// On its side of a partition it has run more than the others, who paused the job and gave it to another.
    @Test func whatHasBegunHasBegun() throws {
        var ours = row(6, 1, epoch: 12, moment: 2000, by: "d")
        ours.isPaused = true
        let theirs = row(40, 1, epoch: 11, moment: 9000, .succeeded)
        for (rows, others) in [([ours], [theirs]), ([theirs], [ours])] {
            let (found, office) = merged(rows, others)
            let joined = try #require(found)
            #expect(joined.handled == theirs.handled && joined.run == theirs.run && joined.isPaused)
            #expect(joined.epoch == 12 && joined.isLater(than: ours) && joined.isLater(than: theirs))
            // It is another row than both, and all are told.
            #expect(joined.stamp != ours.stamp && joined.stamp != theirs.stamp)
            #expect(
                office.sent.contains {
                    if case .keep(_, [joined], _) = $0.mail { $0.to == "c" } else { false }
                })
        }
        let again = row(40, 1, epoch: 11, moment: 2000, attempt: 2)
        #expect(merged([ours], [again]).row?.run == again.run)
    }

    @Test func whatHasComeToItsEndHas() {
        let ours = row(6, 1, epoch: 12)
        var theirs = row(5, 1, epoch: 11)
        theirs.isCompleted = true
        #expect(merged([ours], [theirs]).row?.isCompleted == true)
        // Not what is offered otherwise since, or was forgotten and is offered again.
        var other = ours
        other.definition.schedule = "every 2s"
        #expect(merged([other], [theirs]).row == other)
        var anew = ours
        anew.definition.offeredAt += 1
        #expect(merged([anew], [theirs]).row == anew)
    }

    @Test func theEndOfARunIsLearned() {
        let ours = row(6, 1, epoch: 12, moment: 2000)
        let ended = row(5, 1, epoch: 11, moment: 2000, .succeeded)
        var same = ended
        same.run?.token = ours.run?.token ?? 0
        #expect(merged([ours], [same]).row?.run?.status == .succeeded)
        #expect(merged([ours], [ended]).row == ours, "another's")
        // What says nothing of a run takes none away.
        var silent = row(5, 1, epoch: 11)
        silent.handled = start + 3000
        let joined = merged([ours], [silent]).row
        #expect(joined?.run == ours.run && joined?.handled == start + 3000)
    }

    /// Of three that come one after the other the latest counts, whatever the others teach each other.
    @Test func itIsLearnedWhenAllHaveSpoken() {
        var latest = row(6, 1, epoch: 11, moment: 2000, by: "d")
        latest.isPaused = true
        let rows = [latest, row(7, 1, epoch: 9, moment: 9000), row(8, 1, epoch: 10, moment: 3000)]
        for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2]] {
            var office = Office(nodes: ["a", "b", "c", "d"], epoch: 12)
            office.come("a")
            for (id, place) in zip(["b", "c", "d"], order) {
                office.hear(.hello(weight: 1, labels: [], rowsDigest: 9), from: id)
                office.hear(.rows([rows[place]], isLast: true), from: id)
                office.hear(.ready, from: id)
            }
            let joined = office.coordinator.rows["j"]
            #expect(joined?.isPaused == true && joined?.handled == start + 9000 && joined?.epoch == 12)
        }
    }

    /// What was taken back under one coordinator does not come back because the row has learned of another.
    @Test func ofItsOwnCoordinatorItLearnsNothing() {
        let takenBack = row(6, 1, epoch: 11, moment: 1000, .succeeded)
        let rows = [row(5, 1, epoch: 11, moment: 2000), row(3, 1, epoch: 9, moment: 1500, by: "d")]
        for order in [rows, rows.reversed()] {
            let joined = merged([takenBack], order).row
            #expect(joined?.run?.node == "d" && joined?.handled == start + 1500)
        }
    }

    @Test func whatIsForgottenLearnsNothing() {
        var blank = row(6, 1, epoch: 12)
        blank.isForgotten = true
        #expect(merged([blank], [row(40, 1, epoch: 11, moment: 9000)]).row == blank)
    }

    @Test func aNodeKeepsWhatTheHigherEpochHasWritten() {
        var worker = Worker(
            settings: WorkerSettings(
                id: "c", isLeased: true, trust: .seconds(4), renewEvery: .seconds(1)))
        let now = Office.beginning
        _ = worker.connected(now: now)
        _ = worker.received(.welcome(epoch: 12, wantsRows: false), now: now)
        let theirs = row(6, 1, epoch: 12, moment: 2000, by: "d")
        for kept in [row(40, 9, epoch: 11, moment: 2000), theirs, row(41, 9, epoch: 11, moment: 2000)] {
            _ = worker.received(.keep(number: 0, rows: [kept], removed: []), now: now)
        }
        #expect(worker.rows["j"] == theirs)
    }

    /// A whole cluster that began anew counts its epochs anew; rows outlive it in `state_dir`.
    @Test func anEpochNeverFalls() {
        var office = Office(epoch: 2, rows: [row(6, 1, epoch: 12)])
        for id in ["a", "b", "c"] { office.come(id, digest: row(6, 1, epoch: 12).digest) }
        var wanted = row(7, 2, epoch: 0)
        wanted.isPaused = true
        office.hear(.write(id: 5, expected: row(6, 1, epoch: 12).stamp, row: wanted), from: "b")
        #expect(office.coordinator.rows["j"]?.epoch == 12 && office.coordinator.rows["j"]?.isPaused == true)
    }
}
