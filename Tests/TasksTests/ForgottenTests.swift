import Basics
import Testing

@testable import Tasks

/// A task that was forgotten, and nodes that were away meanwhile and remember it.
@Suite struct ForgottenTests {
    /// Paused, withdrawn, forgotten while "c" is away, and offered again; the row that "c" still has.
    private func forgotten() throws -> (Office, TaskRow) {
        var office = Office.serving(["t"])
        office.obey("t")
        _ = office.order(.pause, "t")
        office.obey("t")
        let old = try #require(office.coordinator.rows["t"])
        office.die("c")
        for id in ["a", "b"] { office.hear(.withdraw("t"), from: id) }
        office.wait(.milliseconds(50))
        #expect(office.order(.forget, "t") == .done)
        return (office, old)
    }

    private func comeBack(_ office: inout Office, _ id: String, with row: TaskRow) {
        office.find(id)
        office.hear(.hello(weight: 1, labels: [], rowsDigest: row.digest), from: id)
        office.hear(.rows([row], isLast: true), from: id)
        office.hear(.ready, from: id)
        office.wait(.milliseconds(100))
    }

    @Test func whatANodeThatWasAwayRemembersIsNotRemembered() throws {
        var (office, old) = try forgotten()
        office.hear(.offers([Office.task("t")]), from: "b")
        office.wait(.milliseconds(100))
        office.obey("t")
        let stops = office.stops("t").count
        comeBack(&office, "c", with: old)
        #expect(office.stops("t").count == stops && office.shown("t")?.state == .running)
        // And it is told so.
        let told = office.sent.last { letter in
            if letter.to == "c", case .keep(_, let rows, _) = letter.mail {
                rows.contains { $0.isForgotten }
            } else {
                false
            }
        }
        #expect(told != nil)
    }

    @Test func whoeverHasNotHeardOfItIsTold() throws {
        let (office, old) = try forgotten()
        let blank = try #require(office.coordinator.rows["t"])
        var other = Office(nodes: ["a", "b"], rows: [old])
        other.come("a", offers: [Office.task("t")], digest: old.digest)
        other.hear(.hello(weight: 1, labels: [], rowsDigest: 9), from: "b")
        other.hear(.rows([blank], isLast: true), from: "b")
        other.hear(.ready, from: "b")
        other.wait(.milliseconds(100))
        #expect(other.given("t") != nil, "it rests no more")
    }

    @Test func itIsNoTaskOfWhichAnythingIsShown() throws {
        let (office, _) = try forgotten()
        #expect(office.shown("t") == nil && office.coordinator.tasks["t"] == nil)
    }

    @Test func inTheEndEvenThatIsForgotten() throws {
        var (office, _) = try forgotten()
        #expect(office.coordinator.rows["t"]?.isForgotten == true)
        office.wait(office.coordinator.settings.tombstoneTime + .seconds(1))
        #expect(office.coordinator.rows.isEmpty)
        #expect(office.sent.contains { if case .keep(_, _, ["t"]) = $0.mail { true } else { false } })
    }

    /// A node that kept for long that it was forgotten has not heard of what came after.
    @Test func whatWasOfferedSinceIsNotForgotten() throws {
        var (office, _) = try forgotten()
        let blank = try #require(office.coordinator.rows["t"])
        office.wait(office.coordinator.settings.tombstoneTime + .seconds(1))
        var again = Office.task("t")
        again.offeredAt += 1_000_000
        office.hear(.offers([again]), from: "b")
        office.wait(.milliseconds(100))
        office.obey("t")
        #expect(office.order(.pause, "t") == .done)
        office.obey("t")
        let row = try #require(office.coordinator.rows["t"])
        #expect(row.stamp.version < blank.stamp.version, "or it proves nothing")
        comeBack(&office, "c", with: blank)
        #expect(office.coordinator.rows["t"] == row && office.shown("t")?.state == .paused)

        var worker = Worker(
            settings: WorkerSettings(id: "c", isLeased: false, trust: .seconds(1), renewEvery: .seconds(1)))
        worker.remember([blank])
        _ = worker.connected(now: office.now)
        _ = worker.received(.welcome(epoch: 9, wantsRows: false), now: office.now)
        _ = worker.received(.keep(number: 0, rows: [row], removed: []), now: office.now)
        #expect(worker.rows["t"] == row)
        _ = worker.received(.keep(number: 0, rows: [blank], removed: []), now: office.now)
        #expect(worker.rows["t"] == row)
    }

    @Test func itMayBePausedAgain() throws {
        var (office, _) = try forgotten()
        let blank = try #require(office.coordinator.rows["t"])
        office.hear(.offers([Office.task("t")]), from: "b")
        office.wait(.milliseconds(100))
        office.obey("t")
        #expect(office.order(.pause, "t") == .done)
        let row = try #require(office.coordinator.rows["t"])
        #expect(row.isPaused && !row.isForgotten && row.stamp.version == blank.stamp.version + 1)
        #expect(row.handled == 999, "nothing before its offer is due")
    }

    @Test func aJobBeginsAsIfItHadNeverBeen() throws {
        var row = TaskRow(
            stamp: RowStamp(version: 8, nonce: Nonce(high: 1, low: 1)),
            definition: TaskDefinition(name: "j", kind: .job))
        row.isForgotten = true
        var play = try JobPlay(JobPlay.definition("every 1s from=2027-01-15T08:00:01Z"), row: row)
        play.wait(1000)
        #expect(play.begun.map(\.moment) == [JobPlay.start + 1000] && play.news.isEmpty)
        #expect(play.row?.isForgotten == false && play.row?.stamp.version ?? 0 > 8)
        // Had it not begun, nothing older would be due either.
        play.refuse()
        play.wait(200)
        #expect(play.begun.map(\.moment) == [JobPlay.start + 1000, JobPlay.start + 1000])
    }
}
