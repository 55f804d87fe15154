// MARK: - Failover
//
// A role is a name; a seat is this node's candidacy for it. One seat of a role is the primary, the
// others are standbys in a line. Each promotion hands out a fencing token, larger than that of every
// primary that the new one has heard of: give it to whatever the primary writes to, and refuse
// writes with a smaller one there.

import Node

/// Takes a seat in a role: 1 to 64 bytes of UTF-8 (NFC) without control characters; NULL stands for
/// "primary". A node has one seat in a role and at most 16 seats. The seat is the caller's and ended by
/// failover_close(). It may outlive its node, and then answers CLUSTER_E_CLOSED.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_SYSTEM, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_UNSUPPORTED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_open")
public func failoverOpen(
    _ cluster: cluster_t?, _ role: UnsafePointer<CChar>?, _ seat: UnsafeMutablePointer<failover_t?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let result = try place(seat, "seat")
        let role = try optionalText(role, "role", limit: TextLimit.role) ?? "primary"
        guard !role.isEmpty else { throw Failure(.invalid, "role is empty") }
        let opened = try node.openSeat(role: role)
        do throws(Failure) {
            result.pointee = try handles.insert(opened)
        } catch {
            try? opened.close()
            throw error
        }
    }
}

/// Gives the seat up and invalidates its handle; a primary is replaced as if it had left. Returns only
/// when the callbacks of this seat have ended. NULL is allowed. From inside a callback of the same
/// node it does nothing.
///
/// Errors: none are returned; cluster_last_error() says why nothing was done.
@_cdecl("failover_close")
public func failoverClose(_ seat: failover_t?) {
    ending(seat) { handle in
        let opened = try handles.find(handle, Seat.self)
        do throws(Failure) {
            try opened.close()
        } catch  where error.code == .busy {
            throw error
        } catch {
            // The node is gone already; the handle goes all the same.
        }
        handles.remove(handle)
    }
}

/// Registers the callback for the promotion of this seat; NULL unregisters it. When the seat is primary
/// already, the callback runs soon. `user` is handed to the callback as it is.
///
/// Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_on_promote")
public func failoverOnPromote(
    _ seat: failover_t?, _ fn: failover_promote_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        guard let fn else { return try opened.onPromote(nil) }
        let user = User(pointer: user)
        let handle = UInt(bitPattern: seat)
        try opened.onPromote { token in
            fn(OpaquePointer(bitPattern: handle), token, user.pointer)
        }
    }
}

/// Registers the callback for the demotion of this seat; NULL unregisters it. On a planned change the next
/// primary waits for it. `user` is handed to the callback as it is.
///
/// Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_on_demote")
public func failoverOnDemote(
    _ seat: failover_t?, _ fn: failover_demote_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        guard let fn else { return try opened.onDemote(nil) }
        let user = User(pointer: user)
        let handle = UInt(bitPattern: seat)
        try opened.onDemote { token in
            fn(OpaquePointer(bitPattern: handle), token, user.pointer)
        }
    }
}

/// Whether this seat is the primary now: 1 or 0. The answer is compared with the clock at the time of
/// the call, so that it is never a stale yes after the process was stopped. Fast enough to be asked
/// before every write.
///
/// Errors: 0 for anything that is no seat, for a closed node, and in a forked child.
@_cdecl("failover_is_primary")
public func failoverIsPrimary(_ seat: failover_t?) -> CInt {
    entry(otherwise: 0) {
        try handles.find(seat, Seat.self).isPrimary() ? 1 : 0
    }
}

/// The fencing token of the primary that this seat is.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOT_PRIMARY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_token")
public func failoverToken(_ seat: failover_t?, _ token: UnsafeMutablePointer<UInt64>?) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        let result = try place(token, "token")
        result.pointee = try opened.token()
    }
}

/// The rank of this seat in the line: 0 the primary, 1 the next, and so on. CLUSTER_EMPTY while it is
/// not in the line yet.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("failover_position")
public func failoverPosition(
    _ seat: failover_t?, _ position: UnsafeMutablePointer<UInt32>?
) -> cluster_result {
    answering {
        let opened = try handles.find(seat, Seat.self)
        let result = try place(position, "position")
        guard let rank = try opened.position() else { return .CLUSTER_EMPTY }
        result.pointee = rank
        return .CLUSTER_OK
    }
}

/// The member that is primary of this role as a JSON object, "null" when nobody is: UTF-8, the
/// caller's, freed by cluster_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_primary_json")
public func failoverPrimaryJson(
    _ seat: failover_t?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try opened.primaryJson())
    }
}

/// Hands the seat over to the next in the line and goes to the end of it; a manual failover. Returns
/// when another seat is primary. `timeout_ms`: milliseconds, -1 no limit, 0 do not wait:
/// CLUSTER_E_TIMEOUT then says that it is begun. It goes on after CLUSTER_E_TIMEOUT in any case.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT, CLUSTER_E_NO_CANDIDATE, CLUSTER_E_NOT_PRIMARY,
/// CLUSTER_E_CLOSED, CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_step_down")
public func failoverStepDown(_ seat: failover_t?, _ timeoutMs: Int32) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        try opened.stepDown(timeoutMs: try timeout(timeoutMs))
    }
}

/// Has a member of the line promoted: this node itself, or another that has a seat in the role. May be
/// called on any seat of the role, wherever the primary is. The primary's demote callback returns first
/// (or option failover.demote_timeout passes), then the member is promoted with a higher token. Works
/// while the role is paused. `member_id`: UTF-8, only read. `timeout_ms`: milliseconds, -1 no limit,
/// 0 do not wait: CLUSTER_E_TIMEOUT then says that it is begun. Returns when the member is primary, at
/// once if it is. One promotion is asked for at a
/// time: a second call on the same seat takes the place of the first. After CLUSTER_E_TIMEOUT it may
/// still come about, where the primary has begun to stop.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_TIMEOUT; CLUSTER_E_NO_MEMBER: no such member is present;
/// CLUSTER_E_NO_CANDIDATE: it has no seat in the role, is not ready or unresponsive, too few members
/// are present for the option failover.quorum, or another was promoted meanwhile; CLUSTER_E_CLOSED,
/// CLUSTER_E_BUSY, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_promote")
public func failoverPromote(
    _ seat: failover_t?, _ memberId: UnsafePointer<CChar>?, _ timeoutMs: Int32
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        let target = try text(memberId, "member_id", limit: TextLimit.memberId)
        try opened.promote(target, timeoutMs: try timeout(timeoutMs))
    }
}

/// Says whether this host is fit to lead: `ready` 0 is not, anything else is. A seat that is not ready
/// keeps its place and is passed over. A primary that becomes unready hands over to the first in the
/// line that is ready; where there is none, or the role is paused, it stays primary until there is. The
/// option failover.ready says how a seat begins. Takes effect before the call returns; a hand-over
/// follows by itself. May be called from any thread and from inside callbacks.
///
/// Errors: CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_set_ready")
public func failoverSetReady(_ seat: failover_t?, _ ready: CInt) -> cluster_result {
    entry { try handles.find(seat, Seat.self).setReady(ready != 0) }
}

/// Pauses the role in the whole cluster, for maintenance: nobody is promoted by itself any more, and the
/// primary keeps the role even where it is unresponsive; where the authority is a store or voters, one that
/// cannot renew its lease is demoted all the same, and nobody leads until the role is resumed. What is done by hand still works
/// (failover_promote(), failover_step_down(), failover_close()), and a side that sees too few
/// members for the option failover.quorum still has no primary. The news travels to all seats of the role, later ones too;
/// CLUSTER_EVENT_ROLE_PAUSED tells when it is here. A role that is paused already stays so. May be
/// called from any thread and from inside callbacks.
///
/// Errors: CLUSTER_E_TOOBIG: the role was paused as often as can be counted; CLUSTER_E_CLOSED,
/// CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_pause")
public func failoverPause(_ seat: failover_t?) -> cluster_result {
    entry { try handles.find(seat, Seat.self).setPaused(true) }
}

/// Ends what failover_pause() began, on any seat of the role. Where nobody is primary the first in the
/// line is promoted at once; where the authority is a store or voters, when the last lease has ended.
///
/// Errors: CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_resume")
public func failoverResume(_ seat: failover_t?) -> cluster_result {
    entry { try handles.find(seat, Seat.self).setPaused(false) }
}

/// Refuses the role that this seat was given: for a promote callback that finds that its host cannot
/// lead. The demote callback runs, then the role goes to the next in the line and this seat to the end
/// of it. For a while it is passed over as if it were not ready: 1 second, twice as long each further
/// time, at most a minute, so that a cluster in which nobody can lead does not spin; after a minute as
/// primary it begins with 1 second again. It is a call and no result of the callback, so that a host may
/// also decline later, from any thread: when what it started has failed. The option
/// failover.promote_timeout declines for a host whose promote callback does not return.
///
/// Errors: CLUSTER_E_NOT_PRIMARY, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE,
/// CLUSTER_E_FORKED.
@_cdecl("failover_decline")
public func failoverDecline(_ seat: failover_t?) -> cluster_result {
    entry { try handles.find(seat, Seat.self).decline() }
}

/// How many milliseconds failover_is_primary() would still answer 1 if nothing more were heard, rounded
/// down: at most the option failover.unresponsive_after, where the authority is a store or voters 7/10 of
/// failover.lease; 0 when this seat is not primary. Never waits; may be called from any thread, before work
/// that must be finished while the role is held.
///
/// Errors: 0 for anything that is no seat, for a closed node, and in a forked child.
@_cdecl("failover_remaining_ms")
public func failoverRemainingMs(_ seat: failover_t?) -> Int32 {
    entry(otherwise: 0) { try handles.find(seat, Seat.self).remainingMs() }
}

/// Registers the callback for trust that runs out; NULL unregisters it. It is called once when half of
/// the trust in being primary has run out and was not renewed, and again only after it was. A thread of
/// the library watches the clock for it. `user` is handed to the callback as it is.
///
/// Errors: CLUSTER_E_SYSTEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_on_warning")
public func failoverOnWarning(
    _ seat: failover_t?, _ fn: failover_warning_fn?, _ user: UnsafeMutableRawPointer?
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        guard let fn else { return try opened.onWarning(nil) }
        let user = User(pointer: user)
        let handle = UInt(bitPattern: seat)
        try opened.onWarning { remaining in
            fn(OpaquePointer(bitPattern: handle), remaining, user.pointer)
        }
    }
}

/// What is promised of this role under the options in force, and what is not, as a JSON object with the
/// keys of docs/json.md: UTF-8, the caller's, freed by cluster_free().
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE,
/// CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("failover_guarantee_json")
public func failoverGuaranteeJson(
    _ seat: failover_t?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let opened = try handles.find(seat, Seat.self)
        let result = try place(json, "json")
        result.pointee = try ownedText(try opened.guaranteeJson())
    }
}
