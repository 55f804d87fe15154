// MARK: - Sharing tasks out by the host
//
// With the option tasks.resolver=host the host itself says which node has which task: the host of that
// node which coordinates the tasks. Every node that may come to it registers the same callback.

import Node

/// Registers the callback that says which node has which task; NULL unregisters it, and nothing is given
/// to anybody then. Waits until a running one has returned, except from inside a callback of the node. It is called on the node that coordinates, on a
/// thread of the library (in cluster_dispatch() with dispatch=manual), when tasks or nodes come or go. An
/// answer that takes longer than 5 seconds is not waited for. `user` is handed to it as it is.
///
/// Errors: CLUSTER_E_UNSUPPORTED: the option tasks.resolver is not "host"; CLUSTER_E_SYSTEM,
/// CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_task_set_resolver")
public func clusterTaskSetResolver(
    _ cluster: cluster_t?, _ fn: cluster_resolver_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        guard let fn else { return try node.setTaskResolver(nil) }
        let user = User(pointer: user)
        let handle = UInt(bitPattern: cluster)
        try node.setTaskResolver { question, count in
            var owners = [Int32](repeating: -1, count: count)
            let status = question.withCString { text in
                owners.withUnsafeMutableBufferPointer {
                    fn(
                        OpaquePointer(bitPattern: handle), text, $0.baseAddress, UInt32(clamping: count),
                        user.pointer)
                }
            }
            return status == 0 ? owners.map { $0 < 0 ? nil : Int($0) } : nil
        }
    }
}
