import Basics
import Sealing
import Wire

// What other members may ask of this node's ring. Whoever asks has proven that it holds one of the keys.
extension Runtime {
    /// The answer to a question about the keys; nil for what is no such question. Never in plain mode, where everybody
    /// could ask.
    func answerKeys(_ message: Message, from sender: Identity) -> Message? {
        guard let request = message.keyRequest, !ring.isEmpty else { return nil }
        var outcome = KeyReply.Outcome.done
        do throws(KeyRing.Refusal) {
            try perform(request, for: sender.id)
        } catch {
            outcome = KeyReply.Outcome(error)
            log.write(.warning, "\(sender.id) asked for a change of the keys that is refused: \(outcome)")
        }
        let reply = KeyReply(outcome, ring: ring.fingerprints.map(\.value), box: keyBox.publicKey)
        return Message(
            kind: .keysReply, sender: engine.membership.me, sequence: message.sequence, keyReply: reply)
    }

    private func perform(_ request: KeyRequest, for requester: String) throws(KeyRing.Refusal) {
        let fingerprint = Fingerprint(request.fingerprint)
        switch request.operation {
        case .look: return
        case .add:
            guard let key = keyBox.open(request.sealedKey), key.fingerprint == fingerprint else {
                throw .ambiguous
            }
            try perform(.add(key), for: requester)
        case .use: try perform(.use(fingerprint), for: requester)
        case .remove: try perform(.remove(fingerprint), for: requester)
        }
    }

    /// Changes this node's own ring. What is so already changes nothing.
    func perform(_ change: KeyChange, for requester: String) throws(KeyRing.Refusal) {
        var changed = ring
        switch change {
        case .add(let key): try changed.add(key)
        case .use(let fingerprint): try changed.use(fingerprint)
        case .remove(let fingerprint): try changed.remove(fingerprint)
        }
        guard changed.fingerprints != ring.fingerprints else { return }
        self.change(to: changed)
        log.write(.info, "key \(change.fingerprint.text) \(change.past) at the request of \(requester)")
    }
}

extension KeyReply.Outcome {
    init(_ refusal: KeyRing.Refusal) {
        switch refusal {
        case .full: self = .full
        case .missing: self = .missing
        case .sealing: self = .sealing
        case .ambiguous, .plain: self = .unreadable
        }
    }

    /// How it goes on after the member's id.
    var words: String {
        switch self {
        case .done: "has done it"
        case .full: "has \(KeyReply.mostKeys) keys already"
        case .missing: "lacks the key"
        case .sealing: "seals with it"
        case .unreadable: "could not read the key; try again"
        }
    }
}
