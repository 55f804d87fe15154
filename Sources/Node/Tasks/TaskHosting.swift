import Basics
import Tasks
import Transport

// What the host does: begins, runs, stops.
extension TaskDesk {
    func start(_ definition: TaskDefinition, _ token: UInt64) {
        let name = definition.name
        guard let state = states[name] else {
            return work { $0.hostStarted(name, token, failure: "it is not offered any more", now: $1) }
        }
        if definition.kind == .job, state.kind == .job { return startJob(state, definition, token) }
        guard definition.kind != .job, state.kind != .job else {
            return work {
                $0.hostStarted(name, token, failure: "it is a job on one node and none on another", now: $1)
            }
        }
        host(state) { [weak self] in
            // It may have waited for a thread, and much have happened since.
            let live = state.heldToken == max(1, token) ? state.live : nil
            let failure = live.map { $0.start?(token) } ?? "it was taken away before it had begun"
            self?.onLoop { $0.work { $0.hostStarted(name, token, failure: failure, now: $1) } }
        }
    }

    func stop(_ name: String, _ token: UInt64) {
        if let job = jobs[name] { return job.drive { run, _ in run.stop() } }
        guard let state = states[name], state.kind != .job else {
            // A job that has not begun.
            return work { $0.hostStopped(name, token, now: $1) }
        }
        host(state) { [weak self] in
            let done: @Sendable () -> Void = { [weak self] in
                self?.onLoop { $0.work { $0.hostStopped(name, token, now: $1) } }
            }
            guard let stop = state.live?.stop else { return done() }
            stop(token, done)
        }
    }

    /// From any thread.
    func onLoop(_ body: @escaping @Sendable (TaskDesk) -> Void) {
        SharedLoop.loop.execute {
            guard !self.isClosed else { return }
            self.perform { body(self) }
        }
    }

    /// Runs what the host does for a task, behind what it does for it already.
    func host(_ state: TaskState, isRun: Bool = false, _ body: @escaping @Sendable () -> Void) {
        if runtime.settings.dispatch == .manual {
            runtime.queue.deliver(.work(body))
        } else if !runtime.pool.run(state.name, isRun: isRun, body) {
            runtime.log.write(.error, "no thread can be started to run task \(state.name)")
            // Tried again, rather than forgotten.
            SharedLoop.loop.scheduleTask(in: .seconds(1)) { [weak self] in
                guard let self, !self.isClosed else { return }
                self.host(state, isRun: isRun, body)
            }
        }
        poolWatch.consider()
    }

    /// What a host does not return from keeps its other tasks waiting; it is told which.
    func tellOf(_ jam: TaskPool.Jam) {
        guard !isClosed else { return }
        let id = runtime.engine.membership.me.id
        let what = jam.isRun ? "\(TaskPool.mostRuns) runs" : "\(TaskPool.mostThreads) callbacks"
        tell(
            TaskNews(
                .waiting, jam.task, member: id,
                "\(what) have not come to an end on \(id) for \(PoolWatch.patienceSeconds) s, and it waits for one of them to"
            ))
    }
}
