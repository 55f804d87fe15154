import Basics
import Glibc
import Threads
import Transport

/// Which threads of the host dispatch.
final class DispatchCompany: Sendable {
    private struct State {
        /// Those inside of it now.
        var threads: [pthread_t] = []
        /// The one that was inside of it last, and until when.
        var last: (thread: pthread_t, end: Instant)?
    }

    /// A thread that dispatches in a loop, or whenever the descriptor is readable, is back by then. One that is not has
    /// ended, and what waits must not wait for ever.
    static let patience = Interval.seconds(1)

    private let state = Monitor(State())

    func enter() { state.with { $0.threads.append(pthread_self()) } }

    func leave() {
        let me = pthread_self()
        state.with { state in
            if let place = state.threads.firstIndex(where: { pthread_equal($0, me) != 0 }) {
                state.threads.remove(at: place)
            }
            state.last = (me, Clock.now)
        }
    }

    /// Whether another thread than the caller runs the callbacks. The caller is not inside of `dispatch`.
    var isElsewhere: Bool {
        state.with { state in
            guard state.threads.isEmpty else { return true }
            guard let last = state.last, pthread_equal(last.thread, pthread_self()) == 0 else { return false }
            return Clock.now < last.end + Self.patience
        }
    }
}
