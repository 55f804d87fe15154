import CGuest
import Glibc
import Synchronization

/// A lock of the whole process on `NAME.lock`. It ends with the process, however that ends; a child made by `fork`
/// loses its copy of the descriptor, one made by `exec` never had it.
final class StateLock: Sendable {
    private let descriptor: Int32
    private let isHeld = Atomic<Bool>(true)

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { release() }

    /// Waits for so long while another process has it.
    static func take(
        in directory: StateDirectory, _ name: String, patienceMs: Int
    ) throws(StateTrouble) -> StateLock {
        let name = name + ".lock"
        let descriptor = untilDone {
            guest_openat(directory.descriptor, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
        }
        guard descriptor >= 0 else { throw trouble(directory, name, "cannot be opened", errno) }
        var left = patienceMs
        while untilDone({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
            let code = errno
            guard code == EWOULDBLOCK, left > 0 else {
                guest_close_file(descriptor)
                let what = code == EWOULDBLOCK ? "is held by a running node of this id" : "cannot be locked"
                throw trouble(directory, name, what, code)
            }
            usleep(10_000)
            left -= 10
        }
        return StateLock(descriptor)
    }

    func release() {
        // In a forked child the descriptor was closed, and its number may be the host's by now.
        guard isHeld.exchange(false, ordering: .relaxed), guest_is_forked_child() == 0 else { return }
        // Said, since a child that was forked just now may have a copy for a moment.
        flock(descriptor, LOCK_UN)
        guest_close_file(descriptor)
    }

    private static func trouble(
        _ directory: StateDirectory, _ name: String, _ what: String, _ code: Int32
    ) -> StateTrouble {
        StateTrouble("'\(directory.place(name))' \(what)", code: code)
    }
}
