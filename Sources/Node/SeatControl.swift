import Basics
import CGuest
import Engine
import Failover
import Transport

// What an operator does with a role by hand.

extension Seat {
    /// Says whether the host is fit to lead. Unready, the seat keeps its place and is passed over.
    package func setReady(_ isReady: Bool) throws(Failure) {
        try check()
        let role = role
        try node.onLoop { runtime in runtime.step { $0.setReady(role: role, isReady, now: $1) } }
    }

    /// The host was promoted and cannot lead: the role goes to the next, and this seat rests for a while.
    package func decline() throws(Failure) {
        try check()
        let role = role
        let isAccepted = try node.onLoop { $0.decline(role) }
        guard isAccepted else { throw Failure(.notPrimary, "this node is not primary of '\(role)'") }
    }

    /// How many milliseconds the answer to `isPrimary` would still be yes without further news.
    package func remainingMs() -> Int32 { guest_is_forked_child() == 0 ? state.remainingMs : 0 }

    /// Calls `handler` with the milliseconds left when half of the trust has run out and was not renewed.
    package func onWarning(_ handler: (@Sendable (Int32) -> Void)?) throws(Failure) {
        try check()
        if handler != nil { try node.dispatcher.begin() }
        register(onWarning: handler)
        guard handler != nil else { return }
        do throws(Failure) { try node.trustWatch.watch(state) } catch {
            register(onWarning: nil)
            throw error
        }
    }

    private func register(onWarning handler: (@Sendable (Int32) -> Void)?) {
        node.dispatcher.register(.warning(of: ObjectIdentifier(state))) {
            state.callbacks.with { callbacks in
                defer { callbacks.onWarning = handler }
                return callbacks.onWarning != nil
            }
        }
    }

    /// What holds of this seat's role, as JSON text.
    package func guaranteeJson() throws(Failure) -> String {
        try check()
        let role = role
        return try node.onLoop { $0.guarantee(of: role).text }
    }

    /// While a role is paused nobody is promoted by itself.
    package func setPaused(_ isPaused: Bool) throws(Failure) {
        try check()
        let role = role
        try node.attempt { (runtime) throws(Failure) in try runtime.setPaused(role, isPaused) }
    }

    /// Has a member of the line promoted, and waits until it is.
    package func promote(_ target: String, timeoutMs: Int32) throws(Failure) {
        try check()
        try node.dispatcher.checkNotInside()
        let role = role
        let deadline = Clock.deadline(afterMs: timeoutMs)
        let begun = try node.attempt { (runtime) throws(Failure) in
            let until = timeoutMs == 0 ? Clock.now + runtime.handOverTime : deadline
            return try runtime.promote(target, role: role, until: until)
        }
        guard let number = begun else { return }
        let isDone = try node.waitRunningCallbacks(state.callbacks, until: deadline) {
            (callbacks) throws(Failure) -> Bool? in
            if let ending = callbacks.ending { throw ending }
            if callbacks.isClosed { throw .closed }
            if callbacks.primary == target || callbacks.wishFulfilled == number { return true }
            return callbacks.wishesEnded >= number ? false : nil
        }
        if isDone == true { return }
        guard isDone == nil || deadline.map({ $0 <= Clock.now }) == true else {
            throw Failure(
                .noCandidate, "another member than '\(target)' was promoted in '\(role)', or wished for")
        }
        throw Failure(.timeout, "'\(target)' is not primary of '\(role)' yet")
    }
}

extension Runtime {
    /// A demote callback has its time, and the protocol some seconds.
    var handOverTime: Interval {
        Interval(nanoseconds: settings.failoverDemoteTimeoutNanoseconds) + .seconds(5)
    }

    func setPaused(_ role: String, _ isPaused: Bool) throws(Failure) {
        try checkSeat(role)
        var isAccepted = false
        step {
            let answer = $0.setPaused(role: role, isPaused, now: $1)
            isAccepted = answer.isAccepted
            return answer.actions
        }
        guard isAccepted else {
            throw Failure(.tooBig, "'\(role)' was paused and resumed as often as can be counted")
        }
    }

    func decline(_ role: String) -> Bool {
        var isAccepted = false
        step {
            let answer = $0.decline(role: role, now: $1)
            isAccepted = answer.isAccepted
            return answer.actions
        }
        return isAccepted
    }

    /// Passes the role on where the host has not begun in time.
    func limitPromotion(_ state: SeatState, _ token: UInt64) {
        let limit = settings.failoverPromoteTimeoutNanoseconds
        guard limit > 0 else { return }
        SharedLoop.loop.scheduleTask(in: .nanoseconds(limit)) { [weak self] in
            guard let self, !self.isShut, self.engine.failover.token(of: state.role) == token,
                self.seats[state.role] === state, state.callbacks.with({ $0.begunToken != token })
            else { return }
            self.log.write(
                .warning,
                "the promote callback of \(state.role) has not returned in failover.promote_timeout: declined"
            )
            _ = self.decline(state.role)
        }
    }

    /// Begins the promotion of a member; the number of the wish, or nil where it is primary already. The wish stands
    /// until a moment; nil: until it is answered.
    func promote(_ target: String, role: String, until: Instant?) throws(Failure) -> UInt64? {
        try checkSeat(role)
        var result = Failover.Promotion.noSeat
        step {
            let answer = $0.promote(role: role, target: target, until: until ?? .distantFuture, now: $1)
            result = answer.result
            return answer.actions
        }
        switch result {
        case .begun:
            return seats[role]?.callbacks.change { callbacks in
                callbacks.wishesBegun += 1
                return callbacks.wishesBegun
            }
        case .alreadyPrimary: return nil
        case .noSeat: throw .closed
        case .noMember: throw Failure(.noMember, "no member '\(target)' is present")
        case .noCandidate(let reason):
            let words =
                switch reason {
                case .noSeat: "'\(target)' has no seat in '\(role)'"
                case .unready: "'\(target)' is not ready"
                case .unresponsive: "'\(target)' is unresponsive"
                case .noQuorum:
                    "fewer members are present than the \(settings.failoverQuorum) of failover.quorum"
                }
            throw Failure(.noCandidate, words)
        }
    }

    private func checkSeat(_ role: String) throws(Failure) {
        try checkStanding()
        guard hasSeat(role) else { throw Failure(.invalid, "this node has no seat in '\(role)'") }
    }

    func words(for why: Demotion) -> String {
        switch why {
        case .steppedDown: "stepped down"
        case .handedOver: "another member is to be promoted"
        case .closed: "the seat is given up"
        case .unready: "the host is not ready"
        case .declined: "the host declined"
        case .noQuorum: "fewer members are present than the \(settings.failoverQuorum) of failover.quorum"
        case .overlap: "another primary holds a higher token"
        case .leaseExpired: "the lease could not be renewed in time"
        case .leaseTaken: "the lease is another's"
        case .storeForgot: "the lease was lost where it is kept"
        }
    }
}
