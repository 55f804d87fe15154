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
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_TOOBIG, CLUSTER_E_CLOSED,
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

/// Registers the callback for the promotion of this seat, in place of the one before; NULL unregisters
/// it and waits until a running one has returned (except from inside that one). When the seat is
/// primary already, the callback runs soon. `user` is handed to the callback as it is.
///
/// Errors: CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
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

/// Registers the callback for the demotion of this seat, in place of the one before; NULL unregisters
/// it and waits until a running one has returned (except from inside that one). On a planned change
/// the next primary waits for it. `user` is handed to the callback as it is.
///
/// Errors: CLUSTER_E_CLOSED, CLUSTER_E_DUPLICATE, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
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
/// when another seat is primary. `timeout_ms`: milliseconds, -1 no limit, 0 do not wait.
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
