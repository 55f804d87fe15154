/// How the frames of an established stream are sealed: a key and a counter for each direction.
///
/// Both keys depend on both sides' randoms, so that no recorded frame fits another connection; they differ
/// by direction, so that no frame can be sent back to its maker.
struct StreamTraffic: Sendable {
    /// What the key of the ring is called that both keys are derived from.
    let fingerprint: Fingerprint
    private let sending: Secret
    private let receiving: Secret
    private var sent: UInt64 = 0
    private var received: UInt64 = 0

    /// Derives both keys from one key of the ring; randoms in the order initiator, responder.
    init(
        key: Key, cluster: String, initiator: StreamSeal.Random, responder: StreamSeal.Random,
        role: StreamSeal.Role
    ) {
        fingerprint = key.fingerprint
        let derive = { (name: String) in
            var purpose = Array("muster stream 1 \(name)".utf8)
            purpose.append(UInt8(truncatingIfNeeded: cluster.utf8.count))
            purpose.append(contentsOf: cluster.utf8)
            purpose.append(initiator.span)
            purpose.append(responder.span)
            return Sodium.derive(purpose, from: key.secret)
        }
        let keys = (initiator: derive("initiator"), responder: derive("responder"))
        sending = role == .initiator ? keys.initiator : keys.responder
        receiving = role == .initiator ? keys.responder : keys.initiator
    }

    /// Encrypts the bytes of `frames` from `start` to its end, and appends the tag.
    mutating func seal(_ frames: inout [UInt8], from start: Int, length: [UInt8]) throws(StreamError) {
        guard sent < .max else { throw .exhausted }
        sent += 1
        Sodium.seal(&frames, from: start, associated: length.span, counter: sent, key: sending)
    }

    /// Decrypts to the end of `message`; false, and nothing has changed, unless this is the next frame.
    mutating func open(_ frame: Span<UInt8>, into message: inout [UInt8]) throws(StreamError) -> Bool {
        guard received < .max else { throw .exhausted }
        let isNext = Sodium.open(
            frame.extracting(StreamFrame.headLength...),
            associated: frame.extracting(..<StreamFrame.headLength), counter: received + 1, key: receiving,
            appendingTo: &message)
        if isNext { received += 1 }
        return isNext
    }
}
