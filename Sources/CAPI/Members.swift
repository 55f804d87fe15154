// MARK: - Members

public import CTypes
import Glibc
import Node

/// A snapshot in one block of C memory, immutable until it is freed.
final class MemberList: Handled, @unchecked Sendable {
    static var kind: HandleKind { .members }
    static var handleName: String { "cluster_members_t" }

    let records: UnsafePointer<cluster_member_t>
    let count: Int

    init(_ members: [MemberInfo]) throws(Failure) {
        var tags: [String] = []
        var bytes = 0
        for member in members {
            let json = member.tagsJson
            bytes += textBytes(member.id, member.name, member.host, json)
            tags.append(json)
        }
        var block = try Block<cluster_member_t>(count: members.count, textBytes: bytes)
        for (index, (member, json)) in zip(members, tags).enumerated() {
            var record = cluster_member_t()
            record.struct_size = UInt32(MemoryLayout<cluster_member_t>.size)
            record.state = member.state.rawValue
            record.generation = member.generation
            record.incarnation = member.incarnation
            record.id = UnsafePointer(block.append(member.id))
            record.name = UnsafePointer(block.append(member.name))
            record.address = UnsafePointer(block.append(member.host))
            record.port = member.port
            record.is_self = member.isSelf ? 1 : 0
            record.since_ms = member.sinceMs
            record.tags_json = UnsafePointer(block.append(json))
            block.records[index] = record
        }
        records = UnsafePointer(block.records)
        count = members.count
    }

    deinit {
        free(UnsafeMutableRawPointer(mutating: records))
    }
}

/// Takes a snapshot of the members that are alive, suspect or unresponsive, sorted by id. The list is
/// the caller's and freed by cluster_members_free(); it stays as it is when the node is closed.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_members")
public func clusterMembers(
    _ cluster: cluster_t?, _ list: UnsafeMutablePointer<cluster_members_t?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(list, "list")
        result.pointee = try handles.insert(try MemberList(try node.members()))
    }
}

/// How many members the list has.
///
/// Errors: 0 for anything that is no list, and in a forked child.
@_cdecl("cluster_members_count")
public func clusterMembersCount(_ list: cluster_members_t?) -> UInt {
    entry(otherwise: 0) {
        UInt(try handles.find(list, MemberList.self).count)
    }
}

/// One member of the list; `index` counts from 0. The member and its text are borrowed from the list
/// and valid until cluster_members_free().
///
/// Errors: NULL for an index that is too large, for anything that is no list, and in a forked child.
@_cdecl("cluster_members_at")
public func clusterMembersAt(
    _ list: cluster_members_t?, _ index: UInt
) -> UnsafePointer<cluster_member_t>? {
    entry(otherwise: nil) {
        let members = try handles.find(list, MemberList.self)
        guard index < UInt(members.count) else {
            throw Failure(.invalid, "index is \(index); the list has \(members.count) members")
        }
        return members.records + Int(index)
    }
}

/// Frees a list, and with it all members borrowed from it. NULL is allowed.
///
/// Errors: none.
@_cdecl("cluster_members_free")
public func clusterMembersFree(_ list: cluster_members_t?) {
    ending(list) { handle in
        _ = try handles.find(handle, MemberList.self)
        handles.remove(handle)
    }
}

/// The members as a JSON array sorted by id: UTF-8, the caller's, freed by cluster_free(). It has more
/// than the list: seats, tags and evidence. Numbers that may exceed 2^53 are strings.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_members_json")
public func clusterMembersJson(
    _ cluster: cluster_t?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try node.membersJson())
    }
}

/// What the node has counted since it was started, as a JSON object: UTF-8, the caller's, freed by
/// cluster_free(). Datagrams by kind, input that was dropped by reason, probes, suspicions, deaths.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_stats_json")
public func clusterStatsJson(
    _ cluster: cluster_t?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try node.statisticsJson())
    }
}
