import Basics
import CGuest
import Schedule
package import Tasks
import Threads
import Transport
import Zones

/// A task that this node offers, in the hands of its host. Survives its node, and answers `closed` then.
package final class TaskHandle: Sendable {
    package var name: String { state.name }
    let state: TaskState
    let node: Node

    init(state: TaskState, node: Node) {
        self.state = state
        self.node = node
    }

    /// Whether this node may act for the task at this very moment. Never waits, takes no lock.
    package func isMine() -> Bool { guest_is_forked_child() == 0 && state.heldToken != nil }

    /// Whether what is under way here may come to its end: false when this node does not trust itself any more, so that
    /// others do not wait for it.
    package func mayFinish() -> Bool {
        let answer = try? node.onLoop { runtime in
            runtime.tasks.map { !$0.isClosed && $0.worker.isTrusted(now: Clock.now) } ?? false
        }
        return answer ?? false
    }

    /// The fencing token under which this node has it.
    package func token() throws(Failure) -> UInt64 {
        try check()
        guard let token = state.heldToken else {
            throw Failure(.notPrimary, "this node does not have task '\(name)'")
        }
        return token
    }

    /// Nothing is left to do, ever: no node is given the task again. The stop callback is not called.
    package func complete() throws(Failure) { try end { $0.hostCompleted($1, $2, now: $3) } }

    /// It cannot go on here; another node is given it, or this one after a while. The stop callback is not called.
    package func fail(_ reason: String) throws(Failure) {
        let reason = String(reason.prefix(128))
        try end { $0.hostFailed($1, $2, reason, now: $3) }
    }

    private func end(
        _ body: @escaping @Sendable (inout Worker, String, UInt64, Instant) -> [WorkerAction]
    ) throws(Failure) {
        try check()
        guard state.kind != .job else {
            throw Failure(
                .unsupported, "'\(name)' is a job: its schedule and its callback say what becomes of it")
        }
        let name = name
        let isHeld = try node.onLoop { runtime in
            guard let desk = runtime.tasks, let offer = desk.worker.offers[name],
                offer.phase == .starting || offer.phase == .running, offer.ending == nil
            else { return false }
            desk.perform {
                desk.work { body(&$0, name, offer.token, $1) }
                // Inside its start callback nothing else says so yet.
                desk.publish(name)
            }
            return true
        }
        guard isHeld else { throw Failure(.notPrimary, "this node does not have task '\(name)'") }
    }

    /// Offers it no more. Where this node has it, it is stopped first; returns when no callback of it runs.
    package func close() throws(Failure) {
        guard guest_is_forked_child() == 0 else { return }
        try node.checkNotInside()
        let (name, state) = (name, state)
        do throws(Failure) {
            try node.onLoop { runtime in
                // What was offered under the name since is another's.
                guard let desk = runtime.tasks, desk.states[name] === state else { return }
                desk.perform { desk.work { $0.withdraw(name, now: $1) } }
            }
        } catch { return }
        _ = try node.waitRunningCallbacks(state.host, until: nil) {
            $0.isGone || $0.ending != nil ? true : nil
        }
    }

    func check() throws(Failure) {
        try node.check()
        if let ending = state.host.with({ $0.ending }) { throw ending }
        guard !state.host.with({ $0.isGone }) else {
            throw Failure(.closed, "the task is not offered any more")
        }
    }
}

extension Node {
    /// Offers a task or a daemon: of all nodes that offer it, one has it. `options` are words like `weight=2`.
    package func offerTask(
        _ name: String, kind: TaskDefinition.Kind, options: String,
        start: @escaping @Sendable (UInt64) -> String?,
        stop: @escaping @Sendable (UInt64, _ done: @escaping @Sendable () -> Void) -> Void
    ) throws(Failure) -> TaskHandle {
        try offer(
            name, kind, schedule: "", options, TaskState.Callbacks(start: start, stop: stop))
    }

    /// Schedules a job: of all nodes that offer it, one runs it at each moment of the schedule.
    package func scheduleJob(
        _ name: String, schedule: String, options: String,
        run: @escaping @Sendable (TaskRunInfo, _ done: @escaping @Sendable (String?) -> Void) -> Void
    ) throws(Failure) -> TaskHandle {
        try offer(name, .job, schedule: schedule, options, TaskState.Callbacks(run: run))
    }

    private func offer(
        _ name: String, _ kind: TaskDefinition.Kind, schedule: String, _ options: String,
        _ callbacks: TaskState.Callbacks
    ) throws(Failure) -> TaskHandle {
        try check()
        let spec: TaskSpec
        var zone: (name: String, zone: Zone)?
        do throws(ScheduleError) {
            spec = try TaskSpec(
                name: name, kind: kind, schedule: schedule, options: options,
                offeredAt: Int64(clamping: Clock.wallMicroseconds / 1000))
            // On the host's own thread: reading it may block.
            if let place = spec.schedule?.zone, case .named(let text) = place {
                zone = (text, try ZoneFiles().zone(place))
            }
        } catch {
            throw Failure(.invalid, "task '\(name)': \(error.description)")
        }
        if settings.dispatch == .manual { try dispatcher.begin() }
        let state = TaskState(name: name, kind: kind, callbacks: callbacks, trust: runtime.taskTrust)
        // Under the same name another follows when the former has stopped.
        if let former = try onLoop({ $0.tasks?.states[name] }) {
            try TaskHandle(state: former, node: self).close()
        }
        let (taken, loaded) = (spec, zone)
        let isOffered = try attempt { (runtime) throws(Failure) in
            let desk = try runtime.takePartInTasks()
            guard desk.states[name] == nil else { return false }
            if let loaded { desk.zones[loaded.name] = loaded.zone }
            desk.states[name] = state
            desk.perform { desk.work { $0.offer(taken.definition, isSingleton: taken.isSingleton, now: $1) } }
            return true
        }
        guard isOffered else { throw Failure(.busy, "task '\(name)' is being offered by another thread") }
        return TaskHandle(state: state, node: self)
    }

    /// All tasks of the cluster, as JSON text. Waits until the coordinator has told of them.
    package func tasksJson(timeoutMs: Int32) throws(Failure) -> String {
        try check()
        let known = try attempt { (runtime) throws(Failure) in try runtime.takePartInTasks().known }
        return try known.all(until: Clock.deadline(afterMs: timeoutMs)).jsonText(mine: id)
    }

    /// Has the coordinator do something with a task, and waits until it is done. `target` is for moves.
    package func orderTask(
        _ verb: TaskOrder.Verb, _ name: String, target: String = "", timeoutMs: Int32
    ) throws(Failure) {
        try check()
        try checkNotInside()
        let deadline = Clock.deadline(afterMs: timeoutMs)
        let outcome = Monitor<Result<Bool, Failure>?>(nil)
        try attempt { (runtime) throws(Failure) in
            try runtime.takePartInTasks().obey(verb, name, target, until: deadline) { result in
                outcome.change { $0 = result }
            }
        }
        // The order itself ends in time.
        _ = try waitRunningCallbacks(outcome, until: nil) { $0 }?.get()
    }

    /// Stops all that this node has, and offers nothing any more. The name of one that had not ended in time; nil when all
    /// have.
    func giveTasksBack(until deadline: Instant?) throws(Failure) -> String? {
        let states: [(String, TaskState)] = try onLoop { runtime in
            guard let desk = runtime.tasks else { return [] }
            desk.perform {
                for name in desk.states.keys.sorted() { desk.work { $0.withdraw(name, now: $1) } }
            }
            return desk.states.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
        var unfinished: String?
        for (name, state) in states {
            let end = try waitRunningCallbacks(state.host, until: deadline) {
                $0.isGone || $0.ending != nil ? true : nil
            }
            if end == nil { unfinished = unfinished ?? name }
        }
        return unfinished
    }

    /// Throws on a thread that is inside one of this node's callbacks, or a task's.
    package func checkNotInside() throws(Failure) {
        try dispatcher.checkNotInside()
        guard !runtime.pool.isInside else {
            throw Failure(.busy, "called from inside a callback of this node")
        }
    }
}

extension TaskDesk {
    func order(
        _ verb: TaskOrder.Verb, _ name: String, _ target: String,
        _ done: @escaping @Sendable (TaskAnswer, String) -> Void
    ) {
        let number = nextNumber()
        asked[number] = done
        perform { [self] in
            var isSent = false
            work { worker, _ in
                let sent = worker.ask(.order(TaskOrder(id: number, verb, name: name, target: target)))
                isSent = sent.isSent
                return sent.actions
            }
            if !isSent {
                asked.removeValue(forKey: number)?(
                    .tryAgain, "no coordinator of the tasks has been heard yet")
            }
        }
    }
}

extension Runtime {
    /// The tasks of this node; from the first call on it takes part in them.
    func takePartInTasks() throws(Failure) -> TaskDesk {
        guard !isShut else { throw Failure.closed }
        if let tasks { return tasks }
        // Whoever shares the tasks out holds a lease like any primary.
        try guarding?.begin()
        let desk = try TaskDesk(self, seed: taskSeed)
        tasks = desk
        desk.begin()
        desk.follow()
        return desk
    }
}
