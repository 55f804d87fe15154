import Basics
import Wire

/// Another start of this node's own id. One that is over left only memories, and this node steps over them with a
/// higher generation; one that lives is met face to face, and one of the two has to go.
struct Namesakes: Sendable {
    /// When this node began.
    let began: Instant
    /// The nonces of those that have been reported to the host.
    var reported: [UInt64] = []
    /// The nonces of those that have asked this node for its view.
    var asked: [UInt64] = []

    /// Whoever has run for less than this counts as the newcomer where two of one id meet.
    static let youth = Interval.seconds(3)

    static func remember(_ nonce: UInt64, in list: inout [UInt64]) {
        guard !list.contains(nonce) else { return }
        if list.count >= 16 { list.removeFirst() }
        list.append(nonce)
    }
}

extension Membership {
    /// A datagram came from this node's id. The newcomer of the two asks the other, which settles it; the other
    /// only makes itself heard.
    mutating func metNamesake(_ identity: Identity, at address: Address, now: Instant) {
        guard identity.nonce != me.nonce, standing == .member else { return }
        if now - namesakes.began < Namesakes.youth || isYounger(me, than: identity) {
            contactStranger(at: address, now: now)
        } else {
            // That it lives is all that it says: the address may be forged, and no message is shorter.
            let word = Message(kind: .gossip).encoded()
            actions.append(.send(payload: word, to: address, recipient: identity.id))
        }
    }

    /// Another instance of this id has asked for the view: it lives. It will hear from the answer that this one
    /// does, too, and go.
    mutating func namesakeAsked(_ identity: Identity) {
        // Who leaves makes room: its successor may start before it is done.
        guard identity.nonce != me.nonce, standing == .member else { return }
        Namesakes.remember(identity.nonce, in: &namesakes.asked)
        reportDuplicate(identity)
    }

    /// Another instance of this id has answered this one's question. Who asked goes; where both asked each other
    /// (or both have a place among the others), the younger. `record` is what the other says of itself: who is leaving
    /// drives nobody out.
    mutating func namesakeAnswered(_ identity: Identity, record: MemberRecord?, now: Instant) {
        guard identity.nonce != me.nonce, standing == .member else { return }
        if let record, !record.status.isPresent { return hearOfNamesake(record, now: now) }
        if namesakes.asked.contains(identity.nonce) || isAccepted, isYounger(identity, than: me) {
            reportDuplicate(identity)
        } else {
            beRefused(by: identity.id)
        }
    }

    /// Takes no further part. Whoever has met this start hears so from itself: the older one has its place back there
    /// at once, and nobody has to find out by silence.
    mutating func beRefused(by accuser: String) {
        standing = .refused
        tellOwnEnd()
        actions.append(
            .notify(MemberEvent(kind: .refused, identity: me, accuser: accuser, evidence: .duplicate)))
    }

    /// A report about another start of this node's id.
    mutating func hearOfNamesake(_ record: MemberRecord, now: Instant) {
        guard record.identity.nonce != me.nonce, isYounger(record.identity, than: me), standing == .member
        else { return }
        let isOver = !record.status.isPresent
        // It took the place of a start that did not run: it is not driven out for that.
        if !isOver, wake.isOverslept(settings) { return beRefused(by: record.identity.id) }
        if isOver, record.evidence == .duplicate { return }
        guard isOver || !isAccepted, record.identity.generation < .max - 1 else {
            reportDuplicate(record.identity)
            return
        }
        // The memory of a former start, made when its clock was ahead: nobody listens to less.
        stepOver(record.identity.generation, now: now)
    }

    /// Goes on under a generation above this one: the others take the same process anew.
    mutating func stepOver(_ generation: UInt64, now: Instant) {
        guard generation < .max - 1 else { return }
        me.generation = generation + 1
        incarnation = 0
        isAccepted = false
        spreadOwnRecord(now: now)
        // Nobody listens to a start that it does not know, and whoever has asked this address already does not ask again
        // at once: some are shown the new start themselves.
        for member in view.sample(2, using: &generator, excluding: { !$0.isReachable }) {
            fetchView(of: member)
        }
    }

    mutating func reportDuplicate(_ identity: Identity) {
        guard identity.nonce != me.nonce, !namesakes.reported.contains(identity.nonce) else { return }
        Namesakes.remember(identity.nonce, in: &namesakes.reported)
        actions.append(
            .notify(MemberEvent(kind: .duplicate, identity: identity, accuser: "", evidence: .duplicate)))
    }
}
