import Basics
import Failover
import Glibc
import Options
import Transport

/// The end of a host that goes on without the role, where the option says so: nothing that it has begun may go on, so
/// nothing of it is asked or tidied up. EX_SOFTWARE.
func endProcess(of role: String, _ why: String) -> Never {
    let line = Array("muster: the role '\(role)' is lost and \(why): ending the process\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(70)
}

extension Settings {
    /// How long trust lasts when it has just been renewed.
    var trustSpan: Interval { lease?.trust ?? Interval(nanoseconds: failoverUnresponsiveAfterNanoseconds) }

    /// How long a host may go on when its trust has run out. Under a lease another may begin afterwards: a process that is
    /// to end has ended by then.
    var lateLimit: Interval {
        let patience = Interval(nanoseconds: failoverDemoteTimeoutNanoseconds)
        guard let lease, patience > lease.margin || patience == .zero else { return patience }
        return lease.margin
    }
}

extension Runtime {
    /// Tells where a demote callback does not return in time, or ends the process. Where what the host was given runs out
    /// before, `TrustWatch` does.
    func limitDemotion(_ state: SeatState, _ token: UInt64) {
        let limit = Interval(nanoseconds: settings.failoverDemoteTimeoutNanoseconds)
        guard limit > .zero else { return }
        SharedLoop.loop.scheduleTask(in: .nanoseconds(limit.nanoseconds)) { [weak self] in
            guard let self, !self.isShut, state.callbacks.with({ $0.stoppedToken != token }) else { return }
            let words = "its demote callback has not returned in failover.demote_timeout"
            if self.settings.failoverOnLost == .exit { endProcess(of: state.role, words) }
            self.log.write(.error, "\(state.role) is lost and \(words)")
            self.queue.push(
                .demoteLate, member: self.engine.membership.me.id, role: state.role, value: token,
                detail: words)
        }
    }
}
