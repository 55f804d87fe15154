// MARK: - Messages
//
// What hosts tell each other: a topic, which is a name of at most 64 bytes of UTF-8 (NFC) without
// control characters, and bytes that mean nothing to the library. Messages never wait in the way of
// the news of members, and have bounds of their own: 64 sends of a node at a time, 32 broadcasts of
// its own and as many of others on their way, 4 MiB of messages that wait for a host and 1 MiB of
// broadcasts, where each counts 512 bytes besides its data.

import CTypes
import Node

/// Tells the hosts of all other members something: `length` bytes, at most 512. `topic` may be NULL
/// for "", and `data` where `length` is 0; both are copied. It travels with the packets that members
/// send anyway: best effort, each host gets it at most once, in no particular order, and whoever joins
/// meanwhile may get it or not. This node does not get its own. Returns at once. CLUSTER_E_FULL while
/// too many wait to be told: nothing that was accepted is dropped here to make room.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TOOBIG, CLUSTER_E_FULL, CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_broadcast")
public func clusterBroadcast(
    _ cluster: cluster_t?, _ topic: UnsafePointer<CChar>?, _ data: UnsafeRawPointer?, _ length: UInt
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let topic = try optionalText(topic, "topic", limit: MessageLimit.topicBytes) ?? ""
        try node.broadcast(
            topic: topic, data: try bytes(data, length, limit: MessageLimit.broadcastBytes))
    }
}

/// Tells the host of one member something: `length` bytes, at most 1 MiB, over TCP. `topic` may be
/// NULL for "", and `data` where `length` is 0; both are copied. Returns when the message waits for
/// that host's callback; whether the callback runs is not known then. Messages to one member are
/// delivered in the order of the calls, each at most once. To this node's own id it is delivered
/// without the network.
///
/// `timeout_ms`: milliseconds, at least 1, or -1 for no limit: then it ends when the member is gone.
/// CLUSTER_E_TIMEOUT, and CLUSTER_E_CLOSED where this node ends meanwhile, mean that nobody knows: the
/// message may have arrived or not, and sending it again may deliver it twice. After every other
/// failure it was not delivered.
///
/// May be called from inside a callback of the same node, which then holds up the next one. Waiting
/// callbacks: see "Calls that wait" under Events.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_TOOBIG, CLUSTER_E_NO_MEMBER,
/// CLUSTER_E_UNWANTED, CLUSTER_E_FULL, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("cluster_send")
public func clusterSend(
    _ cluster: cluster_t?, _ memberId: UnsafePointer<CChar>?, _ topic: UnsafePointer<CChar>?,
    _ data: UnsafeRawPointer?, _ length: UInt, _ timeoutMs: Int32
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let member = try text(memberId, "member_id", limit: TextLimit.memberId)
        let topic = try optionalText(topic, "topic", limit: MessageLimit.topicBytes) ?? ""
        let data = try bytes(data, length, limit: MessageLimit.sentBytes)
        guard timeoutMs != 0 else { throw Failure(.invalid, "timeout_ms is 0; sending takes time") }
        try node.send(data, topic: topic, to: member, timeoutMs: try timeout(timeoutMs))
    }
}

/// Registers the callback for messages; NULL unregisters it. Until there is one, broadcasts pass
/// this host by and whoever sends to it is answered CLUSTER_E_UNWANTED; what still waits when it is
/// unregistered is dropped. `user` is handed to the callback as it is. The sender is who it says to be
/// as far as the members of a cluster trust each other: all have the same key.
///
/// Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("cluster_on_message")
public func clusterOnMessage(
    _ cluster: cluster_t?, _ fn: cluster_message_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        guard let fn else { return try node.onMessage(nil) }
        let user = User(pointer: user)
        let handle = UInt(bitPattern: cluster)
        try node.onMessage { message in
            lend(message) { fn(OpaquePointer(bitPattern: handle), $0, user.pointer) }
        }
    }
}

/// The message as C sees it, for as long as the body runs.
private func lend(_ message: NodeMessage, _ body: (UnsafePointer<cluster_message_t>) -> Void) {
    var record = cluster_message_t()
    record.struct_size = UInt32(MemoryLayout<cluster_message_t>.size)
    record.is_broadcast = message.isBroadcast ? 1 : 0
    record.length = UInt64(message.data.count)
    // One byte more, so that there is an address also where there is no data.
    (message.data + [0]).withUnsafeBytes { data in
        message.sender.withCString { sender in
            message.topic.withCString { topic in
                record.data = data.baseAddress
                record.sender = sender
                record.topic = topic
                body(&record)
            }
        }
    }
}
