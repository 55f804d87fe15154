// MARK: - Handles and callbacks
//
// Handles are numbers that look like pointers: do not look inside. A handle that was freed, is of
// another kind or was never given out is answered with CLUSTER_E_HANDLE, not with a crash.

// swift-format-ignore-file: AlwaysUseLowerCamelCase, TypeNamesShouldBeCapitalized
// The names in this file are the C names.

public import CTypes

/// options for a node that is to join
public typealias cluster_options_t = OpaquePointer
/// the same where it is only read
public typealias const_cluster_options_t = cluster_options_t
/// one node in one cluster
public typealias cluster_t = OpaquePointer
/// a snapshot of the members
public typealias cluster_members_t = OpaquePointer
/// this node's seat in one role
public typealias failover_t = OpaquePointer
/// a task, job or daemon that this node offers
public typealias cluster_task_t = OpaquePointer

/// Takes one event. The event and its text are valid until the callback returns.
public typealias cluster_event_fn =
    @convention(c) (
        _ event: UnsafePointer<cluster_event_t>?, _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Takes one message. The message, its text and data are valid until the callback returns.
public typealias cluster_message_fn =
    @convention(c) (
        _ cluster: cluster_t?, _ message: UnsafePointer<cluster_message_t>?,
        _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Takes one line of the log, UTF-8 without line end, valid until the callback returns.
public typealias cluster_log_fn =
    @convention(c) (
        _ level: cluster_log_level, _ message: UnsafePointer<CChar>?, _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Told that this node's seat is primary now. The token fences writes: it is larger than that of
/// every primary that this one has heard of.
public typealias failover_promote_fn =
    @convention(c) (
        _ seat: failover_t?, _ token: UInt64, _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Told that half of the trust in being primary has run out and was not renewed: the process, its
/// machine or its network does not keep up. `remaining_ms` is what is left when the callback is called,
/// 0 when nothing is.
public typealias failover_warning_fn =
    @convention(c) (
        _ seat: failover_t?, _ remaining_ms: Int32, _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Told that this node's seat is primary no longer, with the token that it had. On a planned change
/// the next primary waits until the callback returns, up to the option failover.demote_timeout.
public typealias failover_demote_fn =
    @convention(c) (
        _ seat: failover_t?, _ token: UInt64, _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Begins a task or a daemon on this node; told once for each time that the node is given it. Returns 0
/// when it has begun; anything else fails it, and another node tries. The token is larger than that of
/// whoever had the task before. `name` is valid until the callback returns.
public typealias cluster_task_start_fn =
    @convention(c) (
        _ task: cluster_task_t?, _ name: UnsafePointer<CChar>?, _ token: UInt64,
        _ user: UnsafeMutableRawPointer?
    ) -> CInt

/// Stops a task or a daemon on this node, with the token under which it began. Another node begins only
/// when this has returned, or the task's stop_timeout has passed. `name` is valid until the callback
/// returns.
public typealias cluster_task_stop_fn =
    @convention(c) (
        _ task: cluster_task_t?, _ name: UnsafePointer<CChar>?, _ token: UInt64,
        _ user: UnsafeMutableRawPointer?
    ) -> Void

/// Runs a job once. Returns 0 when it is done; anything else fails the attempt, and another node makes
/// the next one. The run and its text are valid until the callback returns.
public typealias cluster_job_fn =
    @convention(c) (
        _ task: cluster_task_t?, _ run: UnsafePointer<cluster_run_t>?, _ user: UnsafeMutableRawPointer?
    ) -> CInt

/// Says which node has which task. `json` is an object: "tasks", an array of objects with "name",
/// "owner" (the place of the node that has it, or null), "capable" (the places of the nodes that can have
/// it), "weight", "requires", "prefers", "apart" and "together"; "nodes", an array of objects with "id",
/// "weight" and "labels". `owners` has `count` elements, one for each task in their order, all -1: write
/// the place of a node, from 0, or leave -1 for nobody. Returns 0 when it has decided; anything else
/// leaves all as it is. A node that cannot have the task is not taken. The text is valid until the
/// callback returns.
public typealias cluster_resolver_fn =
    @convention(c) (
        _ cluster: cluster_t?, _ json: UnsafePointer<CChar>?, _ owners: UnsafeMutablePointer<Int32>?,
        _ count: UInt32, _ user: UnsafeMutableRawPointer?
    ) -> CInt
