import Basics
import NIOCore
import Transport

/// Waits until another member has a role: a certain one, where it is named. Used on the event loop only.
final class HandOver: NodeWatcher, @unchecked Sendable {
    private let role: String
    private let wanted: String?
    /// Who leads when it begins.
    private let former: String?
    private unowned let runtime: Runtime
    private var then: Runtime.Answer?
    private var patience: Scheduled<Void>?

    init(of role: String, to wanted: String?, on runtime: Runtime, _ then: @escaping Runtime.Answer) {
        self.role = role
        self.wanted = wanted
        self.runtime = runtime
        former = runtime.engine.failover.primary(of: role)
        self.then = then
    }

    func stepDown() throws(Failure) {
        try begin { () throws(Failure) in try runtime.stepDown(role) }
        // A demote callback has its time, and the protocol some seconds.
        wait(runtime.handOverTime, otherwise: "no other member has taken over '\(role)' yet")
    }

    func promote(_ timeoutMs: Int32) throws(Failure) {
        guard let wanted else { return }
        var isPrimaryAlready = false
        try begin { () throws(Failure) in
            let until = Clock.deadline(afterMs: timeoutMs)
            isPrimaryAlready = try runtime.promote(wanted, role: role, until: until) == nil
        }
        if isPrimaryAlready { return end(.success(Runtime.done)) }
        wait(.milliseconds(Int64(timeoutMs)), otherwise: "'\(wanted)' is not primary of '\(role)' yet")
    }

    /// It watches first: the change may come about within the call.
    private func begin(_ call: () throws(Failure) -> Void) throws(Failure) {
        runtime.watch(self)
        do throws(Failure) {
            try call()
        } catch {
            then = nil
            runtime.unwatch(self)
            throw error
        }
    }

    private func wait(_ time: Interval, otherwise reason: String) {
        guard then != nil else { return }
        patience = SharedLoop.loop.scheduleTask(in: .nanoseconds(time.nanoseconds)) {
            self.end(.failure(Failure(.timeout, reason)))
        }
    }

    func observe(_ event: NodeEvent) {
        guard event.kind == .primaryChanged, event.role == role, !event.member.isEmpty else { return }
        guard let wanted else {
            if event.member != runtime.engine.membership.me.id { end(.success(Runtime.done)) }
            return
        }
        if event.member == wanted {
            end(.success(Runtime.done))
        } else if event.member != former {
            end(.failure(Failure(.noCandidate, "another member than '\(wanted)' was promoted in '\(role)'")))
        }
    }

    func nodeEnded(as standing: Published.Standing) { end(.failure(.closed)) }

    private func end(_ result: Result<String, Failure>) {
        guard let then else { return }
        self.then = nil
        patience?.cancel()
        runtime.unwatch(self)
        then(result)
    }
}
