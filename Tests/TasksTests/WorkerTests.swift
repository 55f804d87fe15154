import Basics
import Testing

@testable import Tasks

/// A node's own side: whom it listens to, and when it lets go.
@Suite struct WorkerTests {
    private var now = Office.beginning
    private let task = TaskDefinition(name: "t", kind: .task, stopTimeout: .seconds(20))

    private func made(isLeased: Bool = false) -> Worker {
        Worker(
            settings: WorkerSettings(
                id: "a", isLeased: isLeased, trust: .seconds(4), renewEvery: .milliseconds(500)))
    }

    /// Offers the task, and is led by a coordinator; under a lease, trusted from `now` on.
    private func led(isLeased: Bool = false, epoch: UInt64 = 7) -> Worker {
        var worker = made(isLeased: isLeased)
        _ = worker.offer(task, isSingleton: true, now: now)
        _ = worker.connected(now: now)
        _ = worker.received(.welcome(epoch: epoch, wantsRows: false), now: now)
        if isLeased { _ = worker.received(.renewed(1), now: now) }
        return worker
    }

    private func running(isLeased: Bool = false) -> Worker {
        var worker = led(isLeased: isLeased)
        _ = worker.received(.assign(task, token: 5), now: now)
        _ = worker.hostStarted("t", 5, failure: nil, now: now)
        return worker
    }

    private func reports(_ actions: [WorkerAction]) -> [TaskReport.News] {
        actions.compactMap { if case .send(.report(let report)) = $0 { report.news } else { nil } }
    }

    private func isStart(_ action: WorkerAction) -> Bool {
        if case .start = action { true } else { false }
    }

    private let stop = WorkerAction.stop(name: "t", token: 5)

    // MARK: who is over before it has begun

    /// Its start callback is on its thread still: nobody is told before that it has ended here.
    @Test(arguments: [true, false])
    func whatEndsWhileItBeginsEndsWhenThatReturns(_ isCompleted: Bool) {
        var worker = led()
        _ = worker.received(.assign(task, token: 5), now: now)
        let said =
            isCompleted ? worker.hostCompleted("t", 5, now: now) : worker.hostFailed("t", 5, "no", now: now)
        #expect(said.isEmpty && !worker.isIdle)
        #expect(worker.withdraw("t", now: now) == [.send(.withdraw("t"))], "it is not told to stop")
        #expect(worker.offers["t"] != nil, "whoever withdraws it waits")
        let ended = worker.hostStarted("t", 5, failure: nil, now: now)
        #expect(reports(ended) == [isCompleted ? .completed : .failed])
        #expect(ended.contains(.withdrawn("t")) && worker.offers["t"] == nil)
    }

    @Test func whatEndsWhileItBeginsAndHangsIsStuckUntilItReturns() {
        var worker = led()
        _ = worker.received(.assign(task, token: 5), now: now)
        _ = worker.hostCompleted("t", 5, now: now)
        #expect(worker.received(.stop(name: "t", token: 5), now: now).isEmpty)
        _ = worker.tick(now: now + .seconds(20))
        #expect(worker.offers["t"]?.phase == .stuck)
        _ = worker.hostStarted("t", 5, failure: nil, now: now)
        #expect(worker.offers["t"]?.phase == .idle)
    }

    // MARK: the way in

    @Test func itSaysAllThatItHasInThisOrder() {
        var worker = running()
        _ = worker.received(.keep(number: 0, rows: [MailSamples.smallRow], removed: []), now: now)
        _ = worker.disconnected()
        #expect(
            worker.connected(now: now)
                == [.send(.hello(weight: 1, labels: [], rowsDigest: MailSamples.smallRow.digest))])
        #expect(
            worker.received(.welcome(epoch: 8, wantsRows: true), now: now) == [
                .send(.rows([MailSamples.smallRow], isLast: true)), .send(.offers([task])),
                .send(.holdings([TaskHolding(name: "t", token: 5)])), .send(.ready),
            ])
    }

    /// Another node's offer counts, or its own has changed since.
    @Test(arguments: [true, false])
    func itSaysUnderWhichDefinitionItRunsWhereItOffersAnother(_ isGiven: Bool) {
        var other = task
        other.placement.weight = 9
        var worker = isGiven ? led() : running()
        if isGiven {
            _ = worker.received(.assign(other, token: 5), now: now)
            _ = worker.hostStarted("t", 5, failure: nil, now: now)
        }
        _ = worker.disconnected()
        if !isGiven { _ = worker.offer(other, isSingleton: true, now: now) }
        _ = worker.connected(now: now)
        let said = worker.received(.welcome(epoch: 8, wantsRows: false), now: now)
        let holding = TaskHolding(name: "t", token: 5, definition: isGiven ? other : task)
        #expect(said.contains(.send(.holdings([holding]))))
    }

    @Test func manyOffersAreSaidInSeveralMails() throws {
        var worker = made()
        for number in 0..<1000 {
            _ = worker.offer(
                TaskDefinition(name: "t\(number)", kind: .task), isSingleton: true, now: now)
        }
        _ = worker.connected(now: now)
        var said: Set<String> = []
        for action in worker.received(.welcome(epoch: 1, wantsRows: false), now: now) {
            guard case .send(let mail) = action else { continue }
            #expect(try TaskMail.decode(mail.encoded()[...]) == mail)
            if case .offers(let definitions) = mail { said.formUnion(definitions.map(\.name)) }
        }
        #expect(said.count == 1000)
    }

    @Test func anOlderCoordinatorIsHungUpOn() {
        var worker = led(epoch: 7)
        _ = worker.disconnected()
        _ = worker.connected(now: now)
        #expect(worker.received(.welcome(epoch: 6, wantsRows: false), now: now) == [.hangUp])
        #expect(worker.received(.assign(task, token: 5), now: now).isEmpty, "it was not introduced")
    }

    // MARK: tokens

    @Test func whatIsOlderIsNotListenedTo() {
        var worker = running()
        #expect(worker.received(.stop(name: "t", token: 4), now: now).isEmpty)
        #expect(worker.received(.assign(task, token: 4), now: now).isEmpty)
        #expect(worker.offers["t"]?.phase == .running && worker.offers["t"]?.token == 5)
        #expect(reports(worker.received(.assign(task, token: 5), now: now)) == [.running])
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        #expect(reports(worker.hostStopped("t", 4, now: now)).isEmpty)
        #expect(reports(worker.hostStopped("t", 5, now: now)) == [.stopped])
        #expect(!worker.received(.assign(task, token: 4), now: now).contains(where: isStart))
        #expect(worker.received(.assign(task, token: 6), now: now) == [.start(task, token: 6)])
    }

    @Test func whatItDoesNotOfferItDoesNotBegin() {
        var worker = led()
        let other = TaskDefinition(name: "u", kind: .task)
        #expect(
            worker.received(.assign(other, token: 9), now: now)
                == [.send(.report(TaskReport(name: "u", token: 9, .stopped)))])
    }

    // MARK: trust

    @Test func whoMayNotActStopsAll() {
        var worker = running()
        #expect(worker.set(mayAct: false, now: now) == [stop])
        #expect(!worker.isTrusted(now: now))
        #expect(!worker.received(.assign(task, token: 6), now: now).contains(where: isStart))
    }

    @Test func underALeaseItStopsWhenItsTrustEnds() {
        var worker = running(isLeased: true)
        let end = now + .seconds(4)
        #expect(worker.trustEnd == end)
        #expect(!worker.tick(now: end + .milliseconds(-1)).contains(stop))
        #expect(worker.isTrusted(now: end + .milliseconds(-1)) && !worker.isTrusted(now: end))
        #expect(worker.tick(now: end).contains(stop))
    }

    @Test func trustCountsFromTheQuestionNotFromTheAnswer() {
        var worker = running(isLeased: true)
        let asked = now + .milliseconds(500)
        #expect(worker.tick(now: asked) == [.send(.renew(2))])
        _ = worker.received(.renewed(2), now: asked + .seconds(3))
        #expect(worker.trustEnd == asked + .seconds(4))
        // Said twice, or to nobody's question.
        _ = worker.received(.renewed(2), now: asked + .seconds(3))
        _ = worker.received(.renewed(99), now: asked + .seconds(3))
        #expect(worker.trustEnd == asked + .seconds(4))
    }

    @Test func withoutAFirstWordOfTrustNothingBegins() {
        var worker = made(isLeased: true)
        _ = worker.offer(task, isSingleton: true, now: now)
        _ = worker.connected(now: now)
        _ = worker.received(.welcome(epoch: 7, wantsRows: false), now: now)
        #expect(reports(worker.received(.assign(task, token: 5), now: now)) == [.failed])
        _ = worker.received(.renewed(1), now: now)
        #expect(worker.received(.assign(task, token: 6), now: now) == [.start(task, token: 6)])
    }

    @Test func aLostStreamStopsNothingWhileTrustLasts() {
        var worker = running(isLeased: true)
        #expect(worker.disconnected().isEmpty)
        #expect(worker.tick(now: now + .seconds(3)).isEmpty)
        #expect(worker.tick(now: now + .seconds(4)).contains(stop))
    }

    /// What was assigned while it stopped does not begin where nobody trusts it any more.
    @Test func whatWaitsForAStopBeginsOnlyInTrust() {
        var worker = running()
        _ = worker.received(.assign(task, token: 6), now: now)
        _ = worker.set(mayAct: false, now: now)
        let actions = worker.hostStopped("t", 5, now: now)
        #expect(!actions.contains(where: isStart))
        #expect(reports(actions).last == .failed)
    }

    // MARK: stopping

    @Test func anAssignmentWhileItStopsWaits() {
        var worker = running()
        #expect(worker.received(.stop(name: "t", token: 5), now: now) == [stop])
        #expect(worker.received(.assign(task, token: 6), now: now).isEmpty)
        let actions = worker.hostStopped("t", 5, now: now)
        #expect(reports(actions) == [.stopped] && actions.contains(.start(task, token: 6)))
    }

    @Test func aNewerAssignmentStopsTheFormerFirst() {
        var worker = running()
        #expect(worker.received(.assign(task, token: 6), now: now) == [stop])
        #expect(worker.hostStopped("t", 5, now: now).contains(.start(task, token: 6)))
    }

    @Test func aStopThatIsLateIsStuckAndSaid() {
        var worker = running()
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        #expect(worker.nextDeadline == now + .seconds(20))
        #expect(worker.tick(now: now + .milliseconds(19_999)).isEmpty)
        let late = now + .seconds(20)
        let actions = worker.tick(now: late)
        #expect(reports(actions) == [.stopped] && worker.offers["t"]?.phase == .stuck)
        #expect(
            actions.contains { if case .news(let news) = $0 { news.kind == .stuck } else { false } })
        // Elsewhere it may begin; here only when the host has returned.
        #expect(reports(worker.received(.assign(task, token: 5), now: late)) == [.failed])
        #expect(reports(worker.received(.assign(task, token: 6), now: late)) == [.failed])
        _ = worker.hostStopped("t", 5, now: late)
        #expect(worker.received(.assign(task, token: 7), now: late) == [.start(task, token: 7)])
    }

    @Test func whatIsStuckDoesNotBeginHereThoughItWasToFollow() {
        var worker = running()
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        _ = worker.received(.assign(task, token: 6), now: now)
        let late = now + .seconds(20)
        let actions = worker.tick(now: late)
        #expect(!actions.contains { if case .start = $0 { true } else { false } })
        #expect(reports(actions) == [.stopped, .failed] && worker.offers["t"]?.phase == .stuck)
        _ = worker.hostStopped("t", 5, now: late)
        #expect(worker.received(.assign(task, token: 7), now: late) == [.start(task, token: 7)])
    }

    @Test func whatWasToFollowAStopMayBeStoppedToo() {
        var worker = running()
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        #expect(worker.received(.assign(task, token: 6), now: now).isEmpty, "when it has stopped")
        #expect(reports(worker.received(.stop(name: "t", token: 6), now: now)) == [.stopped])
        let actions = worker.hostStopped("t", 5, now: now)
        #expect(!actions.contains { if case .start = $0 { true } else { false } })
        #expect(worker.offers["t"]?.phase == .idle)
    }

    /// Else the coordinator would wait for it for ever.
    @Test func whatWasToFollowAndIsWithdrawnIsGivenBack() {
        var worker = running()
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        _ = worker.received(.assign(task, token: 6), now: now)
        let tokens = worker.withdraw("t", now: now).compactMap { action -> UInt64? in
            if case .send(.report(let report)) = action, report.news == .stopped { report.token } else { nil }
        }
        #expect(tokens == [6])
    }

    @Test func whoCompletesWhileItStopsHasCompleted() {
        var worker = running()
        _ = worker.received(.stop(name: "t", token: 5), now: now)
        #expect(reports(worker.hostCompleted("t", 5, now: now)).isEmpty, "its stop is still to return")
        #expect(reports(worker.hostStopped("t", 5, now: now)) == [.completed])
    }

    /// Nobody heard it: the stream was down.
    @Test func whatCompletesWhileNobodyHearsIsSaidLater() {
        var worker = running()
        _ = worker.disconnected()
        _ = worker.hostCompleted("t", 5, now: now)
        _ = worker.connected(now: now)
        let said = worker.received(.welcome(epoch: 8, wantsRows: false), now: now)
        #expect(said.contains(.send(.holdings([TaskHolding(name: "t", token: 5, isStopping: true)]))))
        #expect(reports(said) == [.completed])
        let again = worker.received(.assign(task, token: 9), now: now)
        #expect(reports(again) == [.completed] && !again.contains(where: isStart))
        // Until it was heard; and whoever offers it otherwise means another task.
        var other = task
        other.placement.weight = 2
        _ = worker.offer(other, isSingleton: true, now: now)
        #expect(worker.received(.assign(other, token: 10), now: now).contains(where: isStart))
    }

    @Test func whatTheCoordinatorShowsAsCompletedIsSaidNoMore() {
        var worker = running()
        _ = worker.hostCompleted("t", 5, now: now)
        let heard = TaskStatus(name: "t", kind: .task, state: .completed)
        _ = worker.received(.table([heard], removed: [], isWhole: true), now: now)
        _ = worker.disconnected()
        _ = worker.connected(now: now)
        #expect(reports(worker.received(.welcome(epoch: 8, wantsRows: false), now: now)).isEmpty)
    }

    @Test func aStartThatFailsIsSaid() {
        var worker = led()
        _ = worker.received(.assign(task, token: 5), now: now)
        let actions = worker.hostStarted("t", 5, failure: "no disk", now: now)
        #expect(actions.contains(.send(.report(TaskReport(name: "t", token: 5, .failed, detail: "no disk")))))
        #expect(worker.offers["t"]?.phase == .idle)
    }

    // MARK: everywhere, and withdrawn

    @Test func whatRunsEverywhereBeginsAtOnce() {
        var worker = made(isLeased: true)
        #expect(worker.offer(task, isSingleton: false, now: now) == [.start(task, token: 1)])
        _ = worker.hostStarted("t", 1, failure: nil, now: now)
        #expect(worker.set(mayAct: false, now: now).isEmpty, "nobody is asked")
        _ = worker.connected(now: now)
        let said = worker.received(.welcome(epoch: 7, wantsRows: false), now: now)
        #expect(!said.contains { if case .send(.offers) = $0 { true } else { false } })
        #expect(worker.received(.stop(name: "t", token: 9), now: now).isEmpty)
    }

    @Test func whatIsWithdrawnStopsAndIsGone() {
        var worker = running()
        #expect(worker.withdraw("t", now: now) == [.send(.withdraw("t")), stop])
        #expect(worker.withdraw("t", now: now).isEmpty)
        #expect(reports(worker.received(.assign(task, token: 6), now: now)) == [.stopped])
        let actions = worker.hostStopped("t", 5, now: now)
        #expect(reports(actions) == [.stopped] && actions.contains(.withdrawn("t")))
        #expect(worker.offers.isEmpty)
    }

    @Test func whatIsIdleIsWithdrawnAtOnce() {
        var worker = led()
        #expect(worker.withdraw("t", now: now) == [.send(.withdraw("t")), .withdrawn("t")])
    }

    @Test func rowsAreKeptTheLaterOnesAndConfirmed() {
        var worker = led()
        var later = MailSamples.smallRow
        later.stamp.version = 9
        #expect(worker.received(.keep(number: 4, rows: [later], removed: []), now: now) == [.send(.kept(4))])
        _ = worker.received(.keep(number: 5, rows: [MailSamples.smallRow], removed: []), now: now)
        #expect(worker.rows[later.name] == later)
        _ = worker.received(.keep(number: 6, rows: [], removed: [later.name]), now: now)
        #expect(worker.rows.isEmpty)
    }

    @Test func theTableIsWhatTheCoordinatorSaysLast() {
        var worker = led()
        let (first, second) = (TaskStatus(name: "x", kind: .task, state: .running), MailSamples.status)
        _ = worker.received(.table([first, second], removed: [], isWhole: true), now: now)
        _ = worker.received(.table([], removed: ["x"], isWhole: false), now: now)
        #expect(Array(worker.table.keys) == [second.name])
        _ = worker.received(.table([first], removed: [], isWhole: true), now: now)
        #expect(Array(worker.table.values) == [first])
    }

    // MARK: what is said

    private func told(_ actions: [WorkerAction]) -> [TaskNews] {
        actions.compactMap { if case .news(let news) = $0 { news } else { nil } }
    }

    @Test func anOrderToRunThatComesTooLateIsSaid() {
        let job = TaskDefinition(name: "j", kind: .job, schedule: "every 1s")
        var worker = led()
        _ = worker.offer(job, isSingleton: true, now: now)
        let order = TaskMail.order(TaskOrder(id: 1, .run, name: "j"))
        #expect(told(worker.received(order, now: now)).map(\.kind) == [.vetoed])
        _ = worker.received(.assign(job, token: 5), now: now)
        _ = worker.hostStarted("j", 5, failure: nil, now: now)
        #expect(worker.received(order, now: now) == [.runNow("j")])
        _ = worker.received(.stop(name: "j", token: 5), now: now)
        #expect(told(worker.received(order, now: now)).map(\.kind) == [.vetoed])
        let unknown = TaskMail.order(TaskOrder(id: 1, .run, name: "gone"))
        #expect(told(worker.received(unknown, now: now)).map(\.name) == ["gone"])
    }

    @Test func startsThatDoNotReturnAreSaidOnceForAll() {
        var worker = led()
        for name in ["u", "v", "w"] {
            let definition = TaskDefinition(name: name, kind: .task)
            _ = worker.offer(definition, isSingleton: true, now: now)
            _ = worker.received(.assign(definition, token: 5), now: now)
        }
        _ = worker.hostStarted("u", 5, failure: nil, now: now)
        #expect(worker.nextDeadline == now + .seconds(60))
        #expect(told(worker.tick(now: now + .seconds(59))).isEmpty)
        let news = told(worker.tick(now: now + .seconds(60)))
        #expect(news.map(\.kind) == [.waiting] && news.map(\.name) == ["v"])
        #expect(news.first?.detail.contains("1 more") == true)
        for later in 61...200 { #expect(told(worker.tick(now: now + .seconds(Int64(later)))).isEmpty) }
        #expect(worker.nextDeadline == .distantFuture)
    }
}
