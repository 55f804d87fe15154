import CTypes
import Glibc
import NIOConcurrencyHelpers
import Node

/// A task in the hands of C. Its callbacks are handed its handle, which is therefore made before the task is offered; they
/// wait until the call that offers it knows the task.
final class OfferedTask: Handled {
    static var kind: HandleKind { .task }
    static var handleName: String { "cluster_task_t" }

    typealias End = @Sendable (String?) -> Void

    private struct State {
        var task: TaskHandle?
        /// Whether the host has anything to stop.
        var isBegun = false
        /// The callback that runs.
        var call: Call?
        /// What ends the callback that has returned and is not over.
        var pending: End?
    }

    /// A callback of the host while it runs.
    private struct Call {
        let thread = pthread_self()
        /// Nil in a start callback, which is over when it returns.
        var end: End?
        var canFail = true
        var reason: String?
        var isDeferred = false
    }

    private let state = NIOLockedValueBox(State())
    private let isKnown = ConditionLock(value: 0)

    /// The task is offered: its callbacks go on.
    func set(_ task: TaskHandle) {
        state.withLockedValue { $0.task = task }
        isKnown.lock()
        isKnown.unlock(withValue: 1)
    }

    var task: TaskHandle {
        get throws(Failure) {
            guard let task = state.withLockedValue({ $0.task }) else {
                throw Failure(.handle, "this task is not offered yet")
            }
            return task
        }
    }

    // MARK: callbacks

    /// Runs a start callback; the reason for which it has failed.
    func start(_ body: () -> CInt) -> String? {
        guard begin(Call()) else { return "what it did last on this node has not ended" }
        state.withLockedValue { $0.isBegun = true }
        let code = body()
        let failure = failure(code, end().reason)
        if failure != nil { state.withLockedValue { $0.isBegun = false } }
        return failure
    }

    func stop(_ done: @escaping @Sendable () -> Void, _ body: () -> Void) {
        let isBegun = state.withLockedValue { state in
            defer { state.isBegun = false }
            return state.isBegun
        }
        // It was to stop while its start callback ran, which has failed; or it had ended by itself.
        guard isBegun else { return done() }
        _ = begin(Call(end: { _ in done() }, canFail: false))
        body()
        if !end().isDeferred { done() }
    }

    func run(_ done: @escaping End, _ body: () -> CInt) {
        guard begin(Call(end: done)) else { return done("the run before has not ended on this node") }
        let code = body()
        let call = end()
        if !call.isDeferred { done(failure(code, call.reason)) }
    }

    private func begin(_ call: Call) -> Bool {
        isKnown.lock(whenValue: 1)
        isKnown.unlock()
        return state.withLockedValue { state in
            guard state.pending == nil else { return false }
            state.call = call
            return true
        }
    }

    private func end() -> Call {
        state.withLockedValue { state in
            defer { state.call = nil }
            return state.call ?? Call()
        }
    }

    private func failure(_ code: CInt, _ reason: String?) -> String? {
        reason ?? (code == 0 ? nil : "its callback returned \(code)")
    }

    // MARK: what callbacks may say

    /// Inside a start or a run callback it is that callback which fails.
    func fail(_ reason: String) throws(Failure) {
        let isSaid = state.withLockedValue { state in
            guard let call = state.call, call.canFail, isHere(call) else { return false }
            state.call?.reason = reason
            return true
        }
        guard !isSaid else { return }
        try task.fail(reason)
        state.withLockedValue { $0.isBegun = false }
    }

    func complete() throws(Failure) {
        try task.complete()
        state.withLockedValue { $0.isBegun = false }
    }

    /// The callback that runs is not over when it returns.
    func endLater() throws(Failure) {
        let isTaken = state.withLockedValue { state in
            guard let call = state.call, let end = call.end, isHere(call), !call.isDeferred else {
                return false
            }
            state.call?.isDeferred = true
            state.pending = end
            return true
        }
        guard isTaken else {
            throw Failure(.invalid, "called outside of a stop or run callback of this task, or twice in it")
        }
    }

    /// What was not over is.
    func endNow(_ reason: String?) throws(Failure) {
        let pending = state.withLockedValue { state in
            defer { state.pending = nil }
            return state.pending
        }
        guard let pending else {
            throw Failure(.invalid, "no callback of this task has said that it ends later")
        }
        pending(reason)
    }

    private func isHere(_ call: Call) -> Bool { pthread_equal(call.thread, pthread_self()) != 0 }
}

/// The run as C sees it, for as long as the body runs.
func lend(_ run: TaskRunInfo, _ body: (UnsafePointer<cluster_run_t>) -> CInt) -> CInt {
    var record = cluster_run_t()
    record.struct_size = UInt32(MemoryLayout<cluster_run_t>.size)
    record.attempt = run.attempt
    record.moment_ms = run.moment
    record.token = run.token
    return run.name.withCString { name in
        run.occurrence.withCString { occurrence in
            record.name = name
            record.occurrence = occurrence
            return body(&record)
        }
    }
}
