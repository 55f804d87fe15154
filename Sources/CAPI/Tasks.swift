// MARK: - Tasks, jobs and daemons
//
// Work that is shared out over the cluster by name. Of all nodes that offer a task one has it: it begins
// there, is stopped there, and begins elsewhere when that node goes. A job runs at the moments of a
// schedule, once for each. A daemon is a task that is there to run for good. docs/tasks.md has the
// options, the states, and what is promised under which authority.
//
// With dispatch=thread the callbacks of tasks run on threads of the library, one after the other for one
// task, beside all other callbacks: at most 16 runs of jobs at a time, and as many starts and stops. With
// dispatch=manual they run in cluster_dispatch() with all others, one at a time; one that takes long says cluster_task_defer().
// They may begin before the call that offers the task returns. Inside of them cluster_close(),
// cluster_leave() and cluster_task_close() on the same node answer CLUSTER_E_BUSY or do nothing, and so do
// orders such as cluster_task_pause().

import CTypes
import Node
import Tasks

/// Offers a task: of all nodes that offer this name one has it at any time. `name`: 1 to 64 bytes of
/// UTF-8 (NFC) without control characters. `options`: words such as "weight=2 requires=gpu", at most
/// 2048 bytes; NULL for none. `start` and `stop` may be NULL for nothing to do. All text is copied.
/// `user` is handed to the callbacks as it is, for as long as the task is offered.
///
/// Where this node offers the name already, that offer ends first, as by cluster_task_close(), and its
/// handle answers CLUSTER_E_CLOSED. The task is the caller's and ended by cluster_task_close(). It may
/// outlive its node, and then answers CLUSTER_E_CLOSED. `task` is written before a callback runs.
///
/// Errors: CLUSTER_E_INVALID: the detail names the word; CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM,
/// CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_offer")
public func clusterTaskOffer(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ start: cluster_task_start_fn?, _ stop: cluster_task_stop_fn?, _ user: UnsafeMutableRawPointer?,
    _ task: UnsafeMutablePointer<cluster_task_t?>?
) -> cluster_result {
    entry { try offer(.task, cluster, name, options, start, stop, user, task) }
}

/// Offers a daemon: as cluster_task_offer() does, for what is there to run for good. It begins anew,
/// here or elsewhere, after a pause that grows, when its start callback fails or cluster_task_fail()
/// is called.
///
/// Errors: CLUSTER_E_INVALID: the detail names the word; CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM,
/// CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_daemon")
public func clusterDaemon(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ options: UnsafePointer<CChar>?,
    _ start: cluster_task_start_fn?, _ stop: cluster_task_stop_fn?, _ user: UnsafeMutableRawPointer?,
    _ task: UnsafeMutablePointer<cluster_task_t?>?
) -> cluster_result {
    entry { try offer(.daemon, cluster, name, options, start, stop, user, task) }
}

/// Schedules a job: of all nodes that schedule this name one runs it, once for each moment of the
/// schedule; where that fails or its node dies another makes the next attempt. `schedule`: cron of 5, 6
/// or 7 columns, "every 5s", "at 2027-01-01T08:00:00Z" or "in 10s", with what docs/schedules.md has
/// besides; at most 512 bytes. `name`, `options`, `user` and `task` are as in cluster_task_offer(). `run` may not
/// be NULL. The handle answers cluster_task_is_mine() while this node is the one that runs it.
///
/// Errors: CLUSTER_E_INVALID: the detail names the word or the column; CLUSTER_E_NOMEM,
/// CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG, CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_job_schedule")
public func clusterJobSchedule(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ schedule: UnsafePointer<CChar>?,
    _ options: UnsafePointer<CChar>?, _ run: cluster_job_fn?, _ user: UnsafeMutableRawPointer?,
    _ task: UnsafeMutablePointer<cluster_task_t?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(task, "task")
        let name = try text(name, "name", limit: TextLimit.task)
        let schedule = try text(schedule, "schedule", limit: TextLimit.value)
        let options = try optionalText(options, "options", limit: TextLimit.value) ?? ""
        guard let run else { throw Failure(.invalid, "run is NULL") }
        let user = User(pointer: user)
        try give(result) { (offered, handle) throws(Failure) in
            try node.scheduleJob(name, schedule: schedule, options: options) { info, done in
                offered.run(done) {
                    lend(info) { run(OpaquePointer(bitPattern: handle), $0, user.pointer) }
                }
            }
        }
    }
}

/// Offers it no more and invalidates the handle. Where this node has it, it is stopped first: returns
/// when no callback of it runs any more, or its stop_timeout has passed. NULL is allowed. From inside a
/// callback of the same node it does nothing.
///
/// Errors: none are returned; cluster_last_error() says why nothing was done.
@_cdecl("cluster_task_close")
public func clusterTaskClose(_ task: cluster_task_t?) {
    ending(task) { handle in
        let offered = try handles.find(handle, OfferedTask.self)
        do throws(Failure) {
            try offered.task.close()
        } catch  where error.code == .busy {
            throw error
        } catch {
            // The node is gone already; the handle goes all the same.
        }
        handles.remove(handle)
    }
}

/// Whether this node has the task now: 1 or 0. The answer is compared with the clock at the time of the
/// call, so that it is never a stale yes after the process was stopped. Fast enough to be asked before
/// every write. Always 1 for one with singleton=false that has begun.
///
/// Errors: 0 for anything that is no task, for a closed node, and in a forked child.
@_cdecl("cluster_task_is_mine")
public func clusterTaskIsMine(_ task: cluster_task_t?) -> CInt {
    entry(otherwise: 0) {
        try handles.find(task, OfferedTask.self).task.isMine() ? 1 : 0
    }
}

/// The fencing token under which this node has the task: give it to whatever the task writes to, and
/// refuse writes with a smaller one there.
///
/// Errors: CLUSTER_E_INVALID; CLUSTER_E_NOT_PRIMARY: this node does not have it; CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_token")
public func clusterTaskToken(
    _ task: cluster_task_t?, _ token: UnsafeMutablePointer<UInt64>?
) -> cluster_result {
    entry {
        let offered = try handles.find(task, OfferedTask.self)
        let result = try place(token, "token")
        result.pointee = try offered.task.token()
    }
}

/// Says that nothing is left to do for a task or a daemon that this node has: no node is given it again,
/// and with a store, or as long as one node lives, that is remembered, soon after the call: should the
/// coordinator die in that moment the task may begin once more. The stop callback is not called.
/// cluster_task_forget() undoes it when nobody offers it any more. From any thread, callbacks too.
///
/// Errors: CLUSTER_E_NOT_PRIMARY: this node does not have it; CLUSTER_E_UNSUPPORTED: it is a job;
/// CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_complete")
public func clusterTaskComplete(_ task: cluster_task_t?) -> cluster_result {
    entry { try handles.find(task, OfferedTask.self).complete() }
}

/// Says that a task or a daemon cannot go on on this node: another is given it, or this one after a
/// while. The stop callback is not called. Inside a start or a run callback, of a job too, it makes that
/// one fail whatever it returns. `reason`: for people, UTF-8, at most 4096 bytes of which 128 are told;
/// NULL for none. From any thread.
///
/// Errors: CLUSTER_E_INVALID; CLUSTER_E_NOT_PRIMARY: this node does not have it; CLUSTER_E_UNSUPPORTED:
/// a job, outside of its callback; CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("cluster_task_fail")
public func clusterTaskFail(
    _ task: cluster_task_t?, _ reason: UnsafePointer<CChar>?
) -> cluster_result {
    entry {
        let offered = try handles.find(task, OfferedTask.self)
        let reason = try optionalText(reason, "reason", limit: TextLimit.reason)
        try offered.fail(reason ?? "it failed without a reason")
    }
}

/// Called inside a stop or a run callback: what it does is not over when it returns, but when
/// cluster_task_finish() is called, from any thread. For hosts with dispatch=manual, whose other
/// callbacks would wait meanwhile. What the callback returns means nothing then.
///
/// Errors: CLUSTER_E_INVALID: not inside such a callback of this task; CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("cluster_task_defer")
public func clusterTaskDefer(_ task: cluster_task_t?) -> cluster_result {
    entry { try handles.find(task, OfferedTask.self).endLater() }
}

/// Says that what cluster_task_defer() has put off is over. `reason`: NULL where it went well, else why a
/// run has failed, as in cluster_task_fail(); of a stop it means nothing.
///
/// Errors: CLUSTER_E_INVALID: nothing was put off; CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_finish")
public func clusterTaskFinish(
    _ task: cluster_task_t?, _ reason: UnsafePointer<CChar>?
) -> cluster_result {
    entry {
        let offered = try handles.find(task, OfferedTask.self)
        try offered.endNow(try optionalText(reason, "reason", limit: TextLimit.reason))
    }
}

private func offer(
    _ kind: TaskDefinition.Kind, _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?,
    _ options: UnsafePointer<CChar>?, _ start: cluster_task_start_fn?, _ stop: cluster_task_stop_fn?,
    _ user: UnsafeMutableRawPointer?, _ task: UnsafeMutablePointer<cluster_task_t?>?
) throws(Failure) {
    let node = try handles.find(cluster, Node.self)
    let result = try place(task, "task")
    let name = try text(name, "name", limit: TextLimit.task)
    let options = try optionalText(options, "options", limit: TextLimit.value) ?? ""
    let user = User(pointer: user)
    try give(result) { (offered, handle) throws(Failure) in
        try node.offerTask(name, kind: kind, options: options) { token in
            offered.start {
                name.withCString { start?(OpaquePointer(bitPattern: handle), $0, token, user.pointer) ?? 0 }
            }
        } stop: { token, done in
            offered.stop(done) {
                name.withCString { stop?(OpaquePointer(bitPattern: handle), $0, token, user.pointer) }
            }
        }
    }
}

/// Offers a task under a handle of its own.
private func give(
    _ result: UnsafeMutablePointer<cluster_task_t?>,
    _ offering: (OfferedTask, UInt) throws(Failure) -> TaskHandle
) throws(Failure) {
    let offered = OfferedTask()
    let handle = try handles.insert(offered)
    do throws(Failure) {
        let task = try offering(offered, UInt(bitPattern: handle))
        result.pointee = handle
        offered.set(task)
    } catch {
        handles.remove(handle)
        throw error
    }
}
