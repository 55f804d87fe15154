// MARK: - Node
//
// A node is one member of one cluster. A process may have several, of the same or of different
// clusters.

import CGuest
import Console
import Node
import Options

/// Joins a cluster: checks the options, binds the sockets, starts the node and returns. It does not
/// wait for other members: cluster_wait() does. The options are copied and may be freed at once; NULL
/// stands for the defaults. The node is the caller's and ended by cluster_close().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG; CLUSTER_E_BUSY: the
/// control socket or the file of this id in state_dir is in use; CLUSTER_E_UNSUPPORTED,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_join")
public func clusterJoin(
    _ options: const_cluster_options_t?, _ cluster: UnsafeMutablePointer<cluster_t?>?
) -> cluster_result {
    entry {
        let result = try place(cluster, "cluster")
        let chosen = try options.map { try handles.find($0, OptionsBox.self).copy }
        let node = try Node.join(chosen ?? Options(), attend: ConsoleServer.open)
        do throws(Failure) {
            result.pointee = try giveHandle(to: node)
        } catch {
            try? node.close()
            throw error
        }
    }
}

/// Waits until at least so many members, this node included, are alive. `timeout_ms`: milliseconds,
/// -1 no limit, 0 only look.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_wait")
public func clusterWait(_ cluster: cluster_t?, _ members: UInt32, _ timeoutMs: Int32) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        try node.wait(members: members, timeoutMs: try timeout(timeoutMs))
    }
}

/// Leaves gracefully: hands over its seats, stops its tasks so that others begin them, says goodbye and
/// waits until another member has acknowledged it. Afterwards other calls answer CLUSTER_E_CLOSED; the node
/// is still to be closed. `timeout_ms`: milliseconds, -1 no limit, 0 do not wait; when the time is up the
/// node has left without acknowledgement, or while a task of its was running yet; CLUSTER_E_TIMEOUT and
/// cluster_last_error() say so. CLUSTER_E_CLOSED or CLUSTER_E_DUPLICATE where it was closed or
/// refused meanwhile. Waiting callbacks: see "Calls that wait" under Events.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_CLOSED, CLUSTER_E_BUSY,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@discardableResult
@_cdecl("cluster_leave")
public func clusterLeave(_ cluster: cluster_t?, _ timeoutMs: Int32) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        try node.leave(timeoutMs: try timeout(timeoutMs))
    }
}

/// Ends a node and invalidates its handle. The others are told, without waiting for an answer;
/// cluster_leave() waits, and hands over seats and tasks first. Returns only when the
/// callbacks of this node have ended; other threads inside calls on it are woken and answer
/// CLUSTER_E_CLOSED. Seats and tasks of the node are still to be closed. NULL is allowed. From inside a
/// callback of the same node it does nothing.
///
/// Errors: none are returned; cluster_last_error() says why nothing was done.
@_cdecl("cluster_close")
public func clusterClose(_ cluster: cluster_t?) {
    ending(cluster) { handle in
        let node = try handles.find(handle, Node.self)
        try node.checkNotInside()
        // First of all: its descriptor is about to be closed, and a signal may arrive at any time.
        guest_wakeup_remove(UInt64(UInt(bitPattern: handle)))
        try node.close()
        handles.remove(handle)
    }
}

/// This node as a JSON object with the keys of docs/json.md, its cluster's name and where its console is
/// among them: UTF-8, the caller's, freed by cluster_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_self_json")
public func clusterSelfJson(
    _ cluster: cluster_t?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try node.selfJson())
    }
}

/// Sets a tag of this node, which spreads to all members; NULL as value removes it. The key is 1 to
/// 64 bytes, the value at most 512, both UTF-8; CLUSTER_E_TOOBIG when there would be more than 32
/// tags, or all tags of the node together are more than the cluster can spread.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_set_tag")
public func clusterSetTag(
    _ cluster: cluster_t?, _ key: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let key = try text(key, "key", limit: TextLimit.key)
        guard !key.isEmpty else { throw Failure(.invalid, "key is empty") }
        try node.setTag(key, try optionalText(value, "value", limit: TextLimit.value))
    }
}

/// A handle under which cluster_wakeup() finds the node too.
private func giveHandle(to node: Node) throws(Failure) -> cluster_t {
    let handle = try handles.insert(node)
    guard guest_wakeup_add(UInt64(UInt(bitPattern: handle)), node.wakeupDescriptor) == 1 else {
        handles.remove(handle)
        throw Failure(.tooBig, "this process has 4096 nodes open")
    }
    return handle
}
