import CGuest
package import Glibc

/// The socket file of the control socket: made for this user alone, replaced where a dead process left it
/// behind, and removed only while it is still the one that was made.
struct ControlSocket {
    let path: String
    let descriptor: Int32
    private let device: dev_t
    private let inode: ino_t

    /// Binds the path and listens on it.
    static func listen(at path: String) throws(Failure) -> ControlSocket {
        guard var address = SocketPath(path) else {
            throw Failure(.invalid, "control socket '\(path)': the path is empty or too long")
        }
        // Two nodes that start at the same moment must not both find the file stale. Where the lock is not
        // to be had (anybody may hold it in a directory of everybody), they go on without it.
        let lock = DirectoryLock(of: path)
        defer { lock.release() }
        try clearAway(&address, path)
        let descriptor = open()
        guard descriptor >= 0 else { throw refusal(path, errno) }
        // The mode of a socket before it is bound is the mode of its file, less the umask.
        fchmod(descriptor, 0o600)
        guard address.use({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 16) == 0 else {
            let code = errno
            guest_close(descriptor)
            throw code == EADDRINUSE ? inUse(path) : refusal(path, code)
        }
        var facts = stat()
        lstat(path, &facts)
        return ControlSocket(path: path, descriptor: descriptor, device: facts.st_dev, inode: facts.st_ino)
    }

    /// Removes the file, unless another node has put its own there.
    func removeFile() {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_dev == device, facts.st_ino == inode else { return }
        unlink(path)
    }

    /// Removes what a dead process has left behind; throws where the path is somebody's.
    private static func clearAway(_ address: inout SocketPath, _ path: String) throws(Failure) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT == S_IFSOCK else {
            throw Failure(.system, "control socket '\(path)': the path exists and is no socket")
        }
        let probe = open()
        guard probe >= 0 else { throw refusal(path, errno) }
        defer { guest_close(probe) }
        guard address.use({ connect(probe, $0, $1) }) != 0, errno != EAGAIN else { throw inUse(path) }
        guard errno == ECONNREFUSED else { throw refusal(path, errno) }
        guard unlink(path) == 0 || errno == ENOENT else { throw refusal(path, errno) }
    }

    private static func open() -> Int32 {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(bitPattern: type), 0)
        guest_descriptor_opened(descriptor)
        return descriptor
    }

    private static func inUse(_ path: String) -> Failure {
        Failure(.busy, "control socket '\(path)' is in use by a running node")
    }

    private static func refusal(_ path: String, _ code: Int32) -> Failure {
        Failure(
            .system,
            "control socket '\(path)': \(strerror(code).map { String(cString: $0) } ?? "error \(code)")")
    }
}

/// A path as the address of a socket.
package struct SocketPath {
    private var address = sockaddr_un()

    /// Nil where it is empty, holds a zero, or does not fit with the zero behind it.
    package init?(_ path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
    }

    package mutating func use(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// A lock on the directory of a path, waited for only briefly.
private struct DirectoryLock {
    private let descriptor: Int32

    init(of path: String) {
        let end = path.lastIndex(of: "/")
        let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        // Noted: a child forked meanwhile would hold the lock with it.
        descriptor = guest_openat(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { return }
        for _ in 0..<50 where flock(descriptor, LOCK_EX | LOCK_NB) != 0 { usleep(10_000) }
    }

    func release() {
        if descriptor >= 0 { guest_close_file(descriptor) }
    }
}
