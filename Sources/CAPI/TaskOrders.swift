// MARK: - The tasks of the cluster
//
// What may be asked and ordered about any task of the cluster, from any node: also from one that does
// not offer it. The node that coordinates the tasks answers; while there is none, a call waits for it.
// `timeout_ms`: milliseconds, -1 no limit, 0 ask once. CLUSTER_E_TIMEOUT means that nobody knows whether it
// was done; every order may be given again. Orders run waiting callbacks, see "Calls that wait" under
// Events; cluster_tasks_json() does not.

import CTypes
import Node
import Tasks

/// All tasks of the cluster as a JSON array sorted by name, with the keys of docs/json.md: what kind each
/// is, its state, which node has it and under which token. As this node was told last; waits until it
/// was told at all. UTF-8, the caller's, freed by cluster_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_tasks_json")
public func clusterTasksJson(
    _ cluster: cluster_t?, _ timeoutMs: Int32, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try node.tasksJson(timeoutMs: try timeout(timeoutMs)))
    }
}

/// Pauses a task: the node that has it stops it, and none is given it until cluster_task_resume(). With
/// a store, or as long as one node lives, that is remembered. Returns when it is written down. One that
/// is paused already stays so.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task;
/// CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_pause")
public func clusterTaskPause(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    order(.pause, cluster, name, timeoutMs)
}

/// Ends what cluster_task_pause() began. One that is not paused stays as it is.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task;
/// CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_resume")
public func clusterTaskResume(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    order(.resume, cluster, name, timeoutMs)
}

/// Moves a task to a member that offers it; NULL as `member_id` for any other. The one that has it stops
/// it first. Returns when that has begun; cluster_tasks_json() tells when it is done.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nobody offers such a task, or that
/// member is not there; CLUSTER_E_NO_CANDIDATE: it does not offer the task, or no other member does;
/// CLUSTER_E_BUSY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_move")
public func clusterTaskMove(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ memberId: UnsafePointer<CChar>?,
    _ timeoutMs: Int32
) -> cluster_result {
    order(.move, cluster, name, timeoutMs, target: memberId)
}

/// Has a job run once now, outside of its schedule, on the node that has it, behind a run that is under
/// way there. Returns when that node was told; where it cannot begin any more an event there says so,
/// CLUSTER_TASK_VETOED.
///
/// Errors: CLUSTER_E_INVALID; CLUSTER_E_UNSUPPORTED: it is no job; CLUSTER_E_TIMEOUT;
/// CLUSTER_E_NO_MEMBER: nobody offers such a task; CLUSTER_E_BUSY, CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_run")
public func clusterTaskRun(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    order(.run, cluster, name, timeoutMs)
}

/// Forgets what is remembered of a task that nobody offers any more: that it is completed or paused, and
/// which moments of a job have run.
///
/// Errors: CLUSTER_E_INVALID; CLUSTER_E_BUSY: somebody offers it, or this is a callback of the node;
/// CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: nothing is remembered of it; CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_forget")
public func clusterTaskForget(
    _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    order(.forget, cluster, name, timeoutMs)
}

private func order(
    _ verb: TaskOrder.Verb, _ cluster: cluster_t?, _ name: UnsafePointer<CChar>?, _ timeoutMs: Int32,
    target: UnsafePointer<CChar>? = nil
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let name = try text(name, "name", limit: TextLimit.task)
        let target = try optionalText(target, "member_id", limit: TextLimit.memberId) ?? ""
        try node.orderTask(verb, name, target: target, timeoutMs: try timeout(timeoutMs))
    }
}
