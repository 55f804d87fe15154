import Basics
import Schedule
import Tasks
import Threads
import Transport
import Zones

/// A job while this node has it: joins its state machine with the rows and the host. Used on the event loop only.
final class JobDesk: @unchecked Sendable {
    private unowned let desk: TaskDesk
    private let state: TaskState
    private let token: UInt64
    /// Of a job that every node runs for itself: what it would claim with the others.
    private let isOwn: Bool
    private var job: JobRun

    init(_ desk: TaskDesk, _ state: TaskState, _ job: JobRun, token: UInt64, isOwn: Bool) {
        self.desk = desk
        self.state = state
        self.job = job
        self.token = token
        self.isOwn = isOwn
    }

    var nextDeadline: Instant { job.nextDeadline }

    func drive(_ body: (inout JobRun, JobTime) -> [JobAction]) {
        let time = JobTime(now: Clock.now, wall: Int64(clamping: Clock.wallMicroseconds / 1000))
        for action in body(&job, time) {
            desk.perform { [self] in
                guard desk.jobs[state.name] === self else { return }
                perform(action)
            }
        }
        desk.wake(at: job.nextDeadline)
    }

    private func perform(_ action: JobAction) {
        switch action {
        case .read: read()
        case .write(let expected, let row): write(expected, row)
        case .run(let run): begin(run)
        case .ended: break
        case .news(let news): desk.tell(news)
        case .stopped:
            desk.jobs[state.name] = nil
            desk.work { $0.hostStopped(state.name, token, now: $1) }
        case .failed(let reason):
            desk.jobs[state.name] = nil
            desk.work { $0.hostFailed(state.name, token, reason, now: $1) }
            // It may have been told to stop meanwhile.
            desk.work { $0.hostStopped(state.name, token, now: $1) }
        case .completed:
            desk.jobs[state.name] = nil
            desk.work { $0.hostCompleted(state.name, token, now: $1) }
            // The row that says so may have been read by the coordinator, who then told this node to stop.
            desk.work { $0.hostStopped(state.name, token, now: $1) }
        }
    }

    // MARK: the row

    private func read() {
        let name = state.name
        if isOwn { return drive { $0.found(desk.ownRows[name], isKnown: true, $1) } }
        let done: @Sendable (TaskRow?, Bool) -> Void = { [weak self] row, isKnown in
            guard let self, self.desk.jobs[name] === self else { return }
            self.desk.perform { self.drive { $0.found(row, isKnown: isKnown, $1) } }
        }
        if let rows = desk.rows {
            return rows.read(name) { [weak self] result in
                switch result {
                case .success(let row):
                    self?.desk.heardOfStore(nil)
                    done(row, true)
                case .failure(let error):
                    self?.desk.heardOfStore(error)
                    done(nil, false)
                }
            }
        }
        let number = desk.nextNumber()
        desk.reading[number] = { result in
            switch result {
            case .success(let row): done(row, true)
            case .failure: done(nil, false)
            }
        }
        var isSent = false
        desk.work { worker, _ in
            let asked = worker.ask(.read(id: number, name: name))
            isSent = asked.isSent
            return asked.actions
        }
        if !isSent { desk.reading.removeValue(forKey: number)?(.failure(TaskDesk.RowTrouble())) }
    }

    private func write(_ expected: RowStamp?, _ row: TaskRow) {
        let name = state.name
        if isOwn {
            desk.ownRows[name] = row
            return drive { $0.written(.applied, $1) }
        }
        let done: @Sendable (TaskWrite) -> Void = { [weak self] outcome in
            guard let self, self.desk.jobs[name] === self else { return }
            self.desk.perform { self.drive { $0.written(outcome, $1) } }
        }
        if let rows = desk.rows {
            return rows.write(expected: expected, row) { [weak self] outcome, error in
                self?.desk.heardOfStore(error)
                done(outcome)
            }
        }
        let number = desk.nextNumber()
        desk.writing[number] = { done($0) }
        var isSent = false
        desk.work { worker, _ in
            let asked = worker.ask(.write(id: number, expected: expected, row: row))
            isSent = asked.isSent
            return asked.actions
        }
        // Nobody has heard of it.
        if !isSent { desk.writing.removeValue(forKey: number)?(.failed) }
    }

    // MARK: the host

    private func begin(_ run: TaskRun) {
        desk.runs += 1
        if !isOwn {
            desk.work { worker, _ in
                worker.runBegan(self.state.name, moment: run.moment, attempt: run.attempt)
            }
        }
        let info = TaskRunInfo(
            name: state.name, occurrence: Occurrence(moment: run.moment, schedule: run.schedule).id,
            moment: run.moment, attempt: run.attempt, token: run.token)
        let (state, token) = (state, token)
        desk.host(state, isRun: true) { [weak self] in
            // Between the claim and this moment the node may have stopped trusting itself.
            guard state.heldToken == max(1, token), let run = state.live?.run else {
                self?.notBegun()
                return
            }
            run(info) { [weak self] failure in self?.finished(failure) }
        }
    }

    /// From any thread.
    private func notBegun() {
        desk.onLoop { [self] desk in
            guard desk.jobs[state.name] === self else { return }
            drive { job, _ in job.notBegun() }
        }
    }

    /// From any thread.
    private func finished(_ failure: String?) {
        desk.onLoop { [self] desk in
            guard desk.jobs[state.name] === self else { return }
            drive { $0.finished(failure: failure, $1) }
        }
    }
}

extension TaskDesk {
    /// Begins a job that this node was given.
    func startJob(_ state: TaskState, _ definition: TaskDefinition, _ token: UInt64) {
        let name = definition.name
        let spec: ScheduleSpec
        do throws(ScheduleError) { spec = try ScheduleSpec(definition.schedule) } catch {
            return work { $0.hostStarted(name, token, failure: error.description, now: $1) }
        }
        guard case .named(let zone) = spec.zone, zones[zone] == nil else {
            return startJob(state, definition, token, spec)
        }
        // Another node's definition, with a zone that this one has not read yet.
        let zoneName = spec.zone
        let reader = WorkerThread.start("muster-zone") { [weak self] in
            let found = Result { () throws(ScheduleError) in try ZoneFiles().zone(zoneName) }
            self?.onLoop { desk in
                switch found {
                case .success(let loaded):
                    desk.zones[zone] = loaded
                    desk.startJob(state, definition, token, spec)
                case .failure(let error):
                    desk.work { $0.hostStarted(name, token, failure: error.description, now: $1) }
                }
            }
        }
        reader?.detach()
        if reader == nil {
            work { $0.hostStarted(name, token, failure: "no thread can be started", now: $1) }
        }
    }

    private func startJob(
        _ state: TaskState, _ definition: TaskDefinition, _ token: UInt64, _ spec: ScheduleSpec
    ) {
        let name = definition.name
        guard worker.offers[name]?.token == token, worker.offers[name]?.phase == .starting else {
            // Told to stop before it had begun.
            return work { $0.hostStopped(name, token, now: $1) }
        }
        var zone: Zone?
        if case .named(let named) = spec.zone { zone = zones[named] }
        let me = runtime.engine.membership.me
        let run = JobRun(
            definition, spec, zone: zone, token: token, node: me.id, instance: me.nonce, seed: nextSeed())
        let job = JobDesk(self, state, run, token: token, isOwn: worker.offers[name]?.isSingleton == false)
        jobs[name] = job
        work { $0.hostStarted(name, token, failure: nil, now: $1) }
        job.drive { run, _ in run.begin() }
    }
}
