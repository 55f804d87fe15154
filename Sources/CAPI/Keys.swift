// MARK: - Keys
//
// A cluster with a key can change it while it runs. Each member has a ring of up to 8 keys: the first
// seals, all of them open. To replace a key without losing a packet: cluster_key_add() the new one,
// cluster_key_use() it, cluster_key_remove() the former one, each when the one before has succeeded on
// all members. Nothing is written to a disk: change options and key files along with it, or a node
// that restarts has its former ring.
//
// Keys are never shown. Where one is to be named it is called by its fingerprint, 16 hexadecimal
// digits, which tells nothing about it.
//
// Each of these calls asks every member that is alive, suspect or unresponsive, 2 s long at most, and
// waits for the answers. `timeout_ms`: milliseconds for all of them together, -1 no limit, 0 do not
// wait for anybody; who has not answered when the time is up counts as unreachable. What a member has
// done already it need not do again, so that each call may be repeated.

import Node

/// Gives a key to all present members; from then on it opens what is sealed with it. A key is 32
/// bytes as 64 hexadecimal digits or 44 characters of base64, as "muster keygen" prints it.
///
/// CLUSTER_E_PARTIAL names the members that could not be reached or refused; the others have the key.
/// CLUSTER_E_TOOBIG when the ring of this node is full. CLUSTER_E_UNSUPPORTED without a key in the
/// options: it would be sent in the clear.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_key_add")
public func clusterKeyAdd(
    _ cluster: cluster_t?, _ key: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let key = try text(key, "key", limit: TextLimit.key)
        try node.addKey(key, timeoutMs: try timeout(timeoutMs))
    }
}

/// Makes all present members seal with a key, named by its fingerprint or itself. The one that has
/// sealed so far goes on opening.
///
/// Nothing changes unless every present member is reached and has the key. CLUSTER_E_PARTIAL names
/// those that stood in the way, or that were lost after the others had begun.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_key_use")
public func clusterKeyUse(
    _ cluster: cluster_t?, _ key: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let name = try text(key, "key", limit: TextLimit.key)
        try node.useKey(name, timeoutMs: try timeout(timeoutMs))
    }
}

/// Makes all present members forget a key, named by its fingerprint or itself: it opens nothing any
/// more. A key that nobody has is no error.
///
/// Nothing changes unless every present member is reached and none seals with it. CLUSTER_E_PARTIAL
/// names those that stood in the way, or that were lost after the others had begun;
/// CLUSTER_E_INVALID when it is this node that seals with it.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_PARTIAL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_key_remove")
public func clusterKeyRemove(
    _ cluster: cluster_t?, _ key: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let name = try text(key, "key", limit: TextLimit.key)
        try node.removeKey(name, timeoutMs: try timeout(timeoutMs))
    }
}

/// The keys of all present members as a JSON object: fingerprints, and for each which members seal
/// with it, hold it and lack it; and who could not be reached. UTF-8, the caller's, freed by
/// cluster_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_keys_json")
public func clusterKeysJson(
    _ cluster: cluster_t?, _ timeoutMs: Int32, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try node.keysJson(timeoutMs: try timeout(timeoutMs)))
    }
}
