import Basics
import Wire

/// What has been taken of each member's messages to this one: one that was given up by its sender, and comes all the
/// same, must not overtake.
struct Inbox {
    private var newest: [String: (nonce: UInt64, sequence: UInt64)] = [:]
    /// Broadcasts for which there was no room.
    var lost: UInt64 = 0

    var count: Int { newest.count }

    func isOutdated(_ sequence: UInt64, of sender: Identity) -> Bool {
        guard let last = newest[sender.id], last.nonce == sender.nonce else { return false }
        return sequence <= last.sequence
    }

    mutating func took(_ sequence: UInt64, of sender: Identity) {
        newest[sender.id] = (sender.nonce, sequence)
    }

    mutating func forget(where isForgotten: (String) -> Bool) {
        newest = newest.filter { !isForgotten($0.key) }
    }
}

extension Runtime {
    /// A broadcast has come.
    func hear(_ message: UserMessage) {
        guard let origin = message.origin else { return }
        let told = NodeMessage(
            sender: origin.id, topic: message.topic, data: message.data, isBroadcast: true)
        guard offer(told) == .full else { return }
        inbox.lost += 1
        // Said once in a power of two.
        guard inbox.lost & (inbox.lost - 1) == 0 else { return }
        log.write(
            .warning, "\(inbox.lost) broadcasts were dropped: too much was waiting, the last of \(origin.id)")
    }

    /// A stream brought a message for this host. Nil where it makes no sense.
    func taken(_ message: Message, from sender: Identity) -> Message? {
        guard !isShut, let told = message.message, let target = message.target else { return nil }
        var answer = Message(kind: .delivered, sender: engine.membership.me, sequence: message.sequence)
        answer.receipt = take(told, from: sender, for: target)
        return answer
    }

    private func take(_ told: UserMessage, from sender: Identity, for target: Identity) -> Receipt {
        let me = engine.membership.me
        guard target.id == me.id, target.nonce == me.nonce, engine.hasPresent(process: sender) else {
            return .stranger
        }
        guard !inbox.isOutdated(told.sequence, of: sender) else { return .outdated }
        let receipt = offer(
            NodeMessage(sender: sender.id, topic: told.topic, data: told.data, isBroadcast: false))
        guard receipt == .taken else { return receipt }
        inbox.took(told.sequence, of: sender)
        if inbox.count > engine.membership.view.members.count + 64 {
            inbox.forget { engine.membership.view[$0] == nil }
        }
        return receipt
    }

    /// Offers a message to the host, and to whoever follows on the control socket.
    func offer(_ message: NodeMessage) -> Receipt {
        let receipt = queue.deliver(message)
        guard receipt != .full, control?.observe(message) == true else { return receipt }
        return .taken
    }
}
