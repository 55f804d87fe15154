import Basics
import NIOCore
import Transport

/// Rings once, at the earliest of the moments that it was set to. Ringing too early is harmless: whoever is woken sets it
/// anew, so a later moment waits for the timer that is set already.
///
/// Used on the event loop only, which is what makes `@unchecked Sendable` true.
final class Alarm: @unchecked Sendable {
    private let ring: () -> Void
    private var timer: Scheduled<Void>?
    private var moment = Instant.distantFuture

    init(_ ring: @escaping () -> Void) { self.ring = ring }

    func set(at deadline: Instant) {
        guard deadline < moment else { return }
        timer?.cancel()
        moment = deadline
        let wait = max(deadline - Clock.now, .zero)
        timer = SharedLoop.loop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { [weak self] in
            guard let self else { return }
            self.moment = .distantFuture
            self.ring()
        }
    }

    func cancel() {
        timer?.cancel()
        moment = .distantFuture
    }
}
