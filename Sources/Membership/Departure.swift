package import Basics
import Wire

/// Leaving in good order: the farewell travels in pings, so that the acknowledgements prove that somebody
/// knows. News of it then spreads without this node.
struct Departure: Sendable {
    var sequences: [UInt32] = []
    var acknowledgedBy: [String] = []
    /// When it is given up: the others will find out for themselves.
    var ends = Instant.distantFuture
    var nextTry = Instant.distantFuture

    var nextDeadline: Instant { nextTry }
}

extension Membership {
    /// Says farewell. `departed` follows when three others (or all, if fewer) have acknowledged it, or after two
    /// seconds.
    package mutating func leave(now: Instant) -> [MembershipAction] {
        guard standing == .member else {
            if standing != .leaving { actions.append(.departed) }
            return take()
        }
        flushBroadcasts(now: now)
        standing = .leaving
        outrank()
        departure.ends = now + .seconds(2)
        departure.nextTry = now
        tickDeparture(now: now)
        return take()
    }

    /// The farewell counts for more than whatever was said before; where the numbers end, its status alone does that.
    private mutating func outrank() { incarnation = min(incarnation + 1, RecordLimit.numbersEnd - 1) }

    /// Says farewell once to everybody and expects no answer: for a host that closes without waiting.
    package mutating func vanish(now: Instant) -> [MembershipAction] {
        guard standing == .member else { return take() }
        flushBroadcasts(now: now)
        standing = .left
        outrank()
        tellOwnEnd()
        return take()
    }

    /// Says once to everybody that this start is over, and expects no answer.
    mutating func tellOwnEnd() {
        let payload = Message(kind: .gossip, records: [ownRecord]).encoded()
        for member in view.sample(16, using: &generator, excluding: { _ in false }) {
            actions.append(.send(payload: payload, to: member.address, recipient: member.id))
        }
    }

    mutating func tickDeparture(now: Instant) {
        guard standing == .leaving, now >= departure.nextTry else { return }
        guard !isDepartureKnown, now < departure.ends else {
            finishDeparture()
            return
        }
        departure.nextTry = now + .milliseconds(50)
        let targets = view.sample(8, using: &generator) { departure.acknowledgedBy.contains($0.id) }
        for target in targets {
            let sequence = nextSequence()
            departure.sequences.append(sequence)
            let farewell = Message(kind: .ping, sequence: sequence, records: [ownRecord])
            actions.append(.send(payload: farewell.encoded(), to: target.address, recipient: target.id))
        }
        if departure.sequences.count > 256 {
            departure.sequences.removeFirst(departure.sequences.count - 256)
        }
    }

    mutating func departureAcknowledged(_ sequence: UInt32, by id: String) {
        guard standing == .leaving, departure.sequences.contains(sequence) else { return }
        guard !departure.acknowledgedBy.contains(id) else { return }
        departure.acknowledgedBy.append(id)
        if isDepartureKnown { finishDeparture() }
    }

    private var isDepartureKnown: Bool { departure.acknowledgedBy.count >= min(3, view.presentCount) }

    private mutating func finishDeparture() {
        standing = .left
        departure.nextTry = .distantFuture
        actions.append(.departed)
    }
}
