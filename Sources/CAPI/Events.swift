// MARK: - Events
//
// With the option dispatch=thread, which is the default, registered callbacks run on a thread of
// the library, one at a time; those of tasks on others. With dispatch=manual no thread of the library runs
// any: poll cluster_event_fd() and call cluster_dispatch(), or take events one by one with
// cluster_next_event().
//
// Calls that wait, with dispatch=manual: the thread that waits for a hand-over may be the one that would
// have run the demote callback. cluster_leave(), cluster_send(), cluster_http_handle(), failover_close(),
// failover_step_down(), failover_promote(), cluster_task_close(), offers that take the place of another, and
// orders such as cluster_task_pause() therefore run waiting callbacks on the calling thread meanwhile. They
// do not where another thread is inside cluster_dispatch(), or was within the last second: that one runs
// them. So where one thread dispatches all the time no callback runs on any other, and a thread that waits
// may hold a lock that callbacks want, unless what it waits for is one of them.
//
// Callbacks are never run under a lock of the library. Inside of one these answer CLUSTER_E_BUSY on the same
// node: cluster_dispatch(), cluster_leave(), failover_step_down(), failover_promote(), orders, a POST by
// cluster_http_handle(), an offer that takes the place of another; and these do nothing: cluster_close(),
// failover_close(), cluster_task_close(). Any other function may be called. No C++ exception may leave a
// callback: on a thread of the library it ends the process. The queue is bounded (option event_queue); what
// does not fit becomes one CLUSTER_EVENT_LOST.
//
// A registration takes the place of the one before. Where that one's callback runs just now the call waits
// until it has returned, except from inside of it; callbacks of other kinds and seats are not waited for.

import CGuest
public import CTypes
import Glibc
import Node

/// A descriptor that is readable while events wait; level-triggered. Poll it; never read, write or
/// close it. It is the node's and ends with it.
///
/// With dispatch=thread no events wait while a callback of cluster_on_event() takes them, unless
/// cluster_next_event() has been called. With dispatch=manual it is readable while callbacks wait; where
/// any is registered, events for cluster_next_event() show from its first call on.
///
/// Errors: -1, with the reason in cluster_last_error().
@_cdecl("cluster_event_fd")
public func clusterEventFd(_ cluster: cluster_t?) -> CInt {
    entry(otherwise: -1) {
        try handles.find(cluster, Node.self).eventDescriptor
    }
}

/// Runs the callbacks that wait on the calling thread, waiting for the first one. `timeout_ms`: how long
/// it waits for that, in milliseconds, -1 no limit, 0 not at all. It runs at most as many as waited when it
/// began the first, and none further after cluster_wakeup(), so that it returns however many come
/// meanwhile. CLUSTER_EMPTY when the time was up or cluster_wakeup() was called before there was anything
/// to run.
///
/// On a node that has left or was refused it runs what still waits, and only then says so.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_CLOSED, CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@discardableResult
@_cdecl("cluster_dispatch")
public func clusterDispatch(_ cluster: cluster_t?, _ timeoutMs: Int32) -> cluster_result {
    answering {
        let node = try handles.find(cluster, Node.self)
        let count = try node.dispatch(timeoutMs: try timeout(timeoutMs))
        return count > 0 ? .CLUSTER_OK : .CLUSTER_EMPTY
    }
}

/// Takes the next event without a callback. The event is the caller's and freed by
/// cluster_event_free(). `timeout_ms`: milliseconds, -1 no limit, 0 do not wait. CLUSTER_EMPTY when
/// the time was up or cluster_wakeup() was called first. On a node that has left or was refused it
/// hands out what still waits, and only then says so.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_next_event")
public func clusterNextEvent(
    _ cluster: cluster_t?, _ timeoutMs: Int32,
    _ event: UnsafeMutablePointer<UnsafeMutablePointer<cluster_event_t>?>?
) -> cluster_result {
    answering {
        let node = try handles.find(cluster, Node.self)
        let result = try place(event, "event")
        guard let next = try node.nextEvent(timeoutMs: try timeout(timeoutMs)) else {
            return .CLUSTER_EMPTY
        }
        result.pointee = try ownedEvent(next)
        return .CLUSTER_OK
    }
}

/// Frees an event taken with cluster_next_event(); never one that a callback was given. NULL is
/// allowed.
///
/// Errors: none.
@_cdecl("cluster_event_free")
public func clusterEventFree(_ event: UnsafeMutablePointer<cluster_event_t>?) {
    free(event)
}

/// Wakes a thread that waits in cluster_dispatch() or cluster_next_event(), or makes the next such
/// call return soon: cluster_dispatch() runs one callback at most, and cluster_next_event() hands out what
/// waits first. No other call takes the wake-up. The one function that a signal handler may call.
///
/// Errors: none; anything that is no node is ignored.
@_cdecl("cluster_wakeup")
public func clusterWakeup(_ cluster: cluster_t?) {
    // Only this: what a signal handler may do is written in C, in guest_wakeup().
    guest_wakeup(UInt64(UInt(bitPattern: cluster)))
}

/// Registers the callback for events; NULL unregisters it. `user` is handed to the callback as it is, and
/// not used any more when a later registration or cluster_close() has returned. Take events by a callback
/// or by cluster_next_event(), not by both.
///
/// Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_on_event")
public func clusterOnEvent(
    _ cluster: cluster_t?, _ fn: cluster_event_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        guard let fn else { return try node.onEvent(nil) }
        let user = User(pointer: user)
        try node.onEvent { event in
            // Without memory there is nothing to hand over; the next list shows what happened.
            guard let owned = try? ownedEvent(event) else { return }
            fn(owned, user.pointer)
            free(owned)
        }
    }
}

/// Registers the callback for lines of the log up to the level `most`; NULL unregisters it. Nothing is ever
/// written to standard output, and to standard error only the last words of a process that the option
/// failover.on_lost=exit ends.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_on_log")
public func clusterOnLog(
    _ cluster: cluster_t?, _ most: cluster_log_level.RawValue, _ fn: cluster_log_fn?,
    _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        guard let most = LogLevel(rawValue: most) else {
            throw Failure(.invalid, "most is \(most); allowed are 1 (errors) to 5 (trace)")
        }
        guard let fn else { return try node.onLog(upTo: most, nil) }
        let user = User(pointer: user)
        try node.onLog(upTo: most) { level, message in
            guard let level = cluster_log_level(rawValue: level.rawValue) else { return }
            message.withCString { fn(level, $0, user.pointer) }
        }
    }
}

/// The event in one block of memory, for C to free.
private func ownedEvent(_ event: NodeEvent) throws(Failure) -> UnsafeMutablePointer<cluster_event_t> {
    var block = try Block<cluster_event_t>(
        count: 1, textBytes: textBytes(event.member, event.role, event.detail))
    var record = cluster_event_t()
    record.struct_size = UInt32(MemoryLayout<cluster_event_t>.size)
    record.kind = event.kind.rawValue
    record.number = event.number
    record.member = UnsafePointer(block.append(event.member))
    record.role = UnsafePointer(block.append(event.role))
    record.value = event.value
    record.detail = UnsafePointer(block.append(event.detail))
    block.records.pointee = record
    return block.records
}
