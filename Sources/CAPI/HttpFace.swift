// MARK: - The console
//
// What the option `http` serves (docs/console.md), for a host that has a web server of its own and wants
// it there: JSON, health checks, metrics, the live page. Who may ask is the host's affair.

import Console
import Glibc
import Node

/// Answers one request. `method` has at most 16 bytes. `path` is that of the request line with the query
/// behind it, below where the host put the console, "/v1/members", at most 2048 bytes. `body` is that of a POST, `length` bytes, at most 65536, NULL where
/// there is none. `status` is that of HTTP; `headers` is lines of "Name: value\r\n"; both texts are the
/// caller's, freed by cluster_free(). An answer that says that something is wrong is an answer: the call
/// returns CLUSTER_OK with a status of 400 and more. Orders wait until they are obeyed or their time is
/// up. The first call begins to remember events: "/v1/events" answers with those, and clients ask again.
///
/// Errors: CLUSTER_E_INVALID, CLUSTER_E_NOMEM, CLUSTER_E_TOOBIG; CLUSTER_E_BUSY: a POST from inside a
/// callback of this node; CLUSTER_E_CLOSED, CLUSTER_E_HANDLE, CLUSTER_E_FORKED.
@_cdecl("cluster_http_handle")
public func clusterHttpHandle(
    _ cluster: cluster_t?, _ method: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?,
    _ body: UnsafeRawPointer?, _ length: UInt, _ status: UnsafeMutablePointer<UInt32>?,
    _ headers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ content: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> cluster_result {
    entry {
        let node = try handles.find(cluster, Node.self)
        let request = ConsoleRequest(
            method: try text(method, "method", limit: 16), target: try text(path, "path", limit: 2048),
            body: try bytes(body, length, limit: 65536))
        let (statusPlace, headersPlace) = (try place(status, "status"), try place(headers, "headers"))
        let contentPlace = try place(content, "content")
        let answer = try node.answer(request)
        let lines = try ownedText(answer.headerLines)
        do throws(Failure) {
            contentPlace.pointee = try ownedText(answer.content)
        } catch {
            free(lines)
            throw error
        }
        headersPlace.pointee = lines
        statusPlace.pointee = UInt32(answer.status)
    }
}
