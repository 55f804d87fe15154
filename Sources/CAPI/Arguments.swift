import Glibc
import Node

// Checks of what C hands in. The header says what is allowed; the detail of the failure names the
// argument.

/// The longest texts that are read from C, in bytes.
enum TextLimit {
    static let key = 256
    static let value = 65536
    static let path = 4096
    static let role = 64
    static let memberId = 64
    static let task = 64
    static let reason = 4096
}

/// The text behind a pointer from C: not NULL, UTF-8, and at most `limit` bytes before its NUL.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String, limit: Int) throws(Failure) -> String {
    guard let pointer else { throw Failure(.invalid, "\(name) is NULL") }
    let length = strnlen(pointer, limit + 1)
    guard length <= limit else { throw Failure(.invalid, "\(name) is longer than \(limit) bytes") }
    let bytes = UnsafeBufferPointer(start: pointer, count: length)
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Failure(.invalid, "\(name) is not UTF-8")
    }
    return text
}

/// The same where NULL is allowed.
func optionalText(_ pointer: UnsafePointer<CChar>?, _ name: String, limit: Int) throws(Failure) -> String? {
    pointer == nil ? nil : try text(pointer, name, limit: limit)
}

/// A copy of the bytes behind a pointer from C, which may be NULL where there are none. Nothing is read of more than
/// `limit`.
func bytes(_ pointer: UnsafeRawPointer?, _ length: UInt, limit: Int) throws(Failure) -> [UInt8] {
    guard length <= UInt(limit) else {
        throw Failure(.tooBig, "length is \(length); at most \(limit) bytes are allowed")
    }
    guard length > 0 else { return [] }
    guard let pointer else { throw Failure(.invalid, "data is NULL and length is \(length)") }
    return Array(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
}

/// Where a result is to be written: not NULL.
func place<Value>(
    _ pointer: UnsafeMutablePointer<Value>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<Value> {
    guard let pointer else { throw Failure(.invalid, "\(name) is NULL") }
    return pointer
}

/// A duration from C.
func timeout(_ milliseconds: Int32) throws(Failure) -> Int32 {
    guard milliseconds >= -1 else {
        throw Failure(.invalid, "timeout_ms is \(milliseconds); allowed are -1 (no limit), 0 and more")
    }
    return milliseconds
}

/// The user pointer of a callback. The library only carries it; what it points to, and on which
/// thread that may be touched, is the host's affair.
struct User: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
}
