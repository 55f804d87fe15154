import CGuest
import Glibc

/// A thread of the library: named, with every signal blocked, so that the host's handlers never run on it.
package struct WorkerThread: Sendable {
    private let thread: pthread_t

    private final class Work {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts the thread; nil where the system has none to give. `name` is cut to 15 bytes.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> WorkerThread? {
        var mask = sigset_t()
        guest_block_all_signals(&mask)
        defer { guest_restore_signals(&mask) }
        let work = Unmanaged.passRetained(Work(name, body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                guest_name_thread(work.name)
                work.body()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            return nil
        }
        return WorkerThread(thread: thread)
    }

    /// Waits for the thread's end.
    package func join() { pthread_join(thread, nil) }

    /// Lets the thread end on its own.
    package func detach() { pthread_detach(thread) }

    package var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }
}
