// MARK: - Library

import CGuest
import Glibc
import Node

/// The version of the library in use as 0xMMmmpp, to be compared with CLUSTER_VERSION, the version
/// of this header.
///
/// Errors: none.
@_cdecl("cluster_version")
public func clusterVersion() -> UInt32 {
    ReleaseVersion.major << 16 | ReleaseVersion.minor << 8 | ReleaseVersion.patch
}

/// The same for people, such as "0.1.0". Static text.
///
/// Errors: none.
@_cdecl("cluster_version_text")
public func clusterVersionText() -> UnsafePointer<CChar>? {
    cText(ReleaseVersion.text)
}

/// A few words about a result, for people. Static text, never NULL.
///
/// Errors: none; an unknown code has a text too.
@_cdecl("cluster_strerror")
public func clusterStrerror(_ code: cluster_result.RawValue) -> UnsafePointer<CChar>? {
    cText(words(for: code))
}

/// The detail of the last failure of the calling thread, for people: UTF-8, at most 511 bytes, ""
/// when nothing has failed yet. It is not touched by success. The text is the library's and valid
/// until the thread's next failure; the pointer until the thread ends.
///
/// Errors: none.
@_cdecl("cluster_last_error")
public func clusterLastError() -> UnsafePointer<CChar>? {
    guest_last_error()
}

/// Frees memory that a function of this library has handed over as the caller's, such as the text
/// of cluster_members_json(). NULL is allowed.
///
/// Errors: none.
@_cdecl("cluster_free")
public func clusterFree(_ memory: UnsafeMutableRawPointer?) {
    free(memory)
}

/// The compiler ends a literal with a NUL, so its bytes are C text as they are.
private func cText(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

private func words(for code: Int32) -> StaticString {
    switch cluster_result(rawValue: code) {
    case .CLUSTER_OK: "ok"
    case .CLUSTER_EMPTY: "nothing to return now"
    case .CLUSTER_E_INVALID: "an argument or option is wrong"
    case .CLUSTER_E_NOMEM: "out of memory"
    case .CLUSTER_E_SYSTEM: "a call to the operating system failed"
    case .CLUSTER_E_TIMEOUT: "the time was up first"
    case .CLUSTER_E_CLOSED: "the node is closed or has left"
    case .CLUSTER_E_BUSY: "in use, or not allowed from inside a callback of the same node"
    case .CLUSTER_E_TOOBIG: "larger than a limit"
    case .CLUSTER_E_DUPLICATE: "the id of this node is in use by a live member"
    case .CLUSTER_E_NO_CANDIDATE: "nobody could take the seat or the task"
    case .CLUSTER_E_NOT_PRIMARY: "this node is not the primary"
    case .CLUSTER_E_UNSUPPORTED: "not in this release or not with these options"
    case .CLUSTER_E_FORKED: "this process was forked after the library was in use"
    case .CLUSTER_E_HANDLE: "not a valid handle"
    case .CLUSTER_E_NO_MEMBER: "no such member is present"
    case .CLUSTER_E_UNWANTED: "the host of that member takes no messages"
    case .CLUSTER_E_FULL: "too much is waiting; try again"
    case .CLUSTER_E_PARTIAL: "not all present members have done it"
    case nil: "unknown result"
    }
}
