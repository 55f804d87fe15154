import CGuest
import Glibc

/// Why the state cannot be had or kept, as it completes "option 'state_dir': ...".
package struct StateTrouble: Error, Sendable {
    package let reason: String
    /// The `errno` that says so.
    package let code: Int32

    init(_ what: String, code: Int32) {
        reason = what + ": " + (strerror(code).map { String(cString: $0) } ?? "error \(code)")
        self.code = code
    }

    /// Whether another process holds what is wanted.
    package var isInUse: Bool { code == EWOULDBLOCK }
    /// Whether there is just no room at present.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// The directory of the state files, held open: where it is does not change when the host changes its working
/// directory. Several nodes, of several clusters, may share one.
final class StateDirectory: Sendable {
    let path: String
    let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        // In a forked child it was closed, and its number may be the host's by now.
        if guest_is_forked_child() == 0 { guest_close_file(descriptor) }
    }

    /// Opens the directory, which is made for this user alone where only it is missing.
    static func open(_ path: String) throws(StateTrouble) -> StateDirectory {
        if mkdir(path, 0o700) != 0 {
            let code = errno
            if code != EEXIST { throw StateTrouble("'\(path)' cannot be made", code: code) }
        }
        let descriptor = untilDone { guest_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0) }
        let code = errno
        guard descriptor >= 0 else { throw StateTrouble("'\(path)' cannot be opened", code: code) }
        return StateDirectory(path: path, descriptor: descriptor)
    }

    /// The names in it that end so, sorted.
    func names(endingIn suffix: String) throws(StateTrouble) -> [String] {
        // Another descriptor than the directory's own: closing the list closes it.
        let copy = untilDone { guest_openat(descriptor, ".", O_RDONLY | O_DIRECTORY, 0) }
        guard copy >= 0, let list = fdopendir(copy) else {
            let code = errno
            if copy >= 0 { guest_close_file(copy) }
            throw StateTrouble("'\(path)' cannot be read", code: code)
        }
        // The list closes the descriptor by itself, in the C library where nobody takes note.
        defer {
            guest_descriptor_closing(copy)
            closedir(list)
        }
        var names: [String] = []
        while let entry = readdir(list) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    func place(_ name: String) -> String { "\(path)/\(name)" }
}

/// Repeats a call that a signal interrupted: the first of them are made on a thread of the host.
func untilDone<Answer: SignedInteger>(_ call: () -> Answer) -> Answer {
    while true {
        let answer = call()
        if answer >= 0 || errno != EINTR { return answer }
    }
}
