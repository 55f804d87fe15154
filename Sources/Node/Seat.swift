import Basics
import CGuest
import Transport
import Wire

/// A node's candidacy in one role. Survives its node, and answers `closed` then.
package final class Seat: Sendable {
    package var role: String { state.role }
    let state: SeatState
    let node: Node

    init(state: SeatState, node: Node) {
        self.state = state
        self.node = node
    }

    /// Whether this node may act in the role at this very moment. Never waits, takes no lock.
    package func isPrimary() -> Bool { guest_is_forked_child() == 0 && state.heldToken != nil }

    /// The fencing token of the role, while this node holds it.
    package func token() throws(Failure) -> UInt64 {
        try check()
        guard let token = state.heldToken else {
            throw Failure(.notPrimary, "this node is not primary of '\(role)'")
        }
        return token
    }

    /// 0 for the primary, 1 for the next; nil before the place in the line is known.
    package func position() throws(Failure) -> UInt32? {
        try check()
        return state.position
    }

    /// The id of the primary, if there is one.
    package func primary() throws(Failure) -> String? {
        try check()
        return state.callbacks.with { $0.primary }
    }

    /// The primary's member record with its token, or `null`.
    package func primaryJson() throws(Failure) -> String {
        let (primary, token) = state.callbacks.with { ($0.primary, $0.primaryToken) }
        guard let primary, let member = try node.members().first(where: { $0.id == primary }) else {
            try check()
            return "null"
        }
        return member.json.set("token", .number(token)).text
    }

    /// Hands the role to the next in the line: the demote callback runs first, then this waits until another
    /// member holds the role.
    package func stepDown(timeoutMs: Int32) throws(Failure) {
        try check()
        try node.dispatcher.checkNotInside()
        let role = role
        let result = try node.onLoop { runtime in
            var result = StepDownResult.notPrimary
            runtime.step {
                let answer = $0.stepDown(role: role, now: $1)
                switch answer.result {
                case .begun: result = .begun
                case .notPrimary: result = .notPrimary
                case .noCandidate: result = .noCandidate
                }
                return answer.actions
            }
            return result
        }
        switch result {
        case .begun: break
        case .notPrimary:
            try check()
            throw Failure(.notPrimary, "this node is not primary of '\(role)'")
        case .noCandidate: throw Failure(.noCandidate, "no other member could take over '\(role)'")
        }
        let id = node.id
        let isDone = try node.waitRunningCallbacks(state.callbacks, until: Clock.deadline(afterMs: timeoutMs))
        {
            (callbacks) throws(Failure) -> Bool? in
            if let ending = callbacks.ending { throw ending }
            if callbacks.isClosed { throw .closed }
            return callbacks.primary.map { $0 != id } == true ? true : nil
        }
        guard isDone == true else { throw Failure(.timeout, "no other member has taken over '\(role)' yet") }
    }

    private enum StepDownResult: Sendable { case begun, notPrimary, noCandidate }

    /// Calls `handler` with the token each time this node is promoted; at once if it holds the role already.
    package func onPromote(_ handler: (@Sendable (UInt64) -> Void)?) throws(Failure) {
        try check()
        let state = state
        if handler != nil { try node.dispatcher.begin() }
        node.dispatcher.register(.promotion(of: ObjectIdentifier(state))) {
            state.callbacks.with { callbacks in
                defer { callbacks.onPromote = handler }
                callbacks.announced = 0
                callbacks.registration += 1
                return callbacks.onPromote != nil
            }
        }
        guard handler != nil else { return }
        try node.onLoop { runtime in
            if let token = state.heldToken { runtime.announcePromotion(state, token) }
        }
    }

    /// Calls `handler` with the token that is no longer held. Until it returns, the role is not handed on
    /// (within the option `failover.demote_timeout`), unless another primary acts already.
    package func onDemote(_ handler: (@Sendable (UInt64) -> Void)?) throws(Failure) {
        try check()
        if handler != nil { try node.dispatcher.begin() }
        node.dispatcher.register(.demotion(of: ObjectIdentifier(state))) {
            state.callbacks.with { callbacks in
                defer { callbacks.onDemote = handler }
                return callbacks.onDemote != nil
            }
        }
    }

    /// Gives the seat up. As primary the demote callback runs before the next one is promoted. Returns when no
    /// callback of the seat waits or runs.
    package func close() throws(Failure) {
        guard guest_is_forked_child() == 0 else { return }
        try node.dispatcher.checkNotInside()
        let wasClosed = state.callbacks.change { callbacks in
            defer { callbacks.isClosed = true }
            return callbacks.isClosed
        }
        guard !wasClosed else { return }
        node.trustWatch.forget(state)
        let role = role
        try node.onLoop { $0.seatClosed(role) }
        let node = node
        _ = try node.waitRunningCallbacks(state.callbacks, until: nil) { callbacks in
            // A closed node has seen to its callbacks itself.
            if node.published.with({ $0.standing == .closed }) { return true }
            return callbacks.waiting == 0 && (callbacks.isGone || callbacks.ending != nil) ? true : nil
        }
        node.queue.waitUntilIdle()
    }

    func check() throws(Failure) {
        try node.check()
        guard !state.callbacks.with({ $0.isClosed }) else { throw Failure(.closed, "the seat is closed") }
    }
}

extension Node {
    private static let ownRoles = "muster."

    /// Takes a seat in a role.
    package func openSeat(role: String) throws(Failure) -> Seat {
        try check()
        guard Name.isValid(role, longest: SeatRecord.longestRole) else {
            throw Failure(
                .invalid,
                "a role has 1 to \(SeatRecord.longestRole) bytes of UTF-8 (NFC) without control characters"
            )
        }
        guard !role.hasPrefix(Self.ownRoles) else {
            throw Failure(.invalid, "roles that begin with '\(Self.ownRoles)' are the library's own")
        }
        // Now, since a promotion must be quick.
        try attempt { (runtime) throws(Failure) in try runtime.guarding?.begin() }
        let state = SeatState(role: role)
        enum Result: Sendable { case opened, taken, tooMany }
        let result: Result = try onLoop { runtime in
            if runtime.hasSeat(role) { return .taken }
            return runtime.seatOpened(state) ? .opened : .tooMany
        }
        switch result {
        case .opened:
            let seat = Seat(state: state, node: self)
            guard settings.failoverOnLost == .exit else { return seat }
            do throws(Failure) { try trustWatch.watch(state) } catch {
                try? seat.close()
                throw error
            }
            return seat
        case .taken: throw Failure(.invalid, "this node has a seat in '\(role)' already")
        case .tooMany:
            try check()
            throw Failure(.tooBig, "a node has at most \(RecordLimit.seats) seats")
        }
    }
}
