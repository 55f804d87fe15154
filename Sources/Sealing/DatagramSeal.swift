package import Basics

/// What a datagram held.
package struct OpenedDatagram: Sendable {
    /// Who sent it: proven when sealed, claimed when plain.
    package let sender: Identity
    package let payload: [UInt8]
    /// The sender's count of its sealed datagrams, from 1; 0 when plain.
    package let counter: UInt64
    /// Whether it was meant for us alone; proven when sealed.
    package let isAddressed: Bool
    /// Whether the sender is admitted, so that its replay window has seen to it that this datagram is new.
    /// Without it the datagram may be a replay and is a hint at most. Always false when plain.
    package let isKnown: Bool
}

/// Seals the datagrams of one member instance and opens those of the others.
///
/// Each instance (id, generation, nonce) seals under a subkey of its own, so that counters serve as nonces
/// without any agreement between members: a pair of subkey and counter never comes twice. That is why this
/// cannot be copied, why an identity must have one `DatagramSeal` in its life, and why a forked child must
/// not use its parent's.
///
/// State is kept for admitted instances only, and only authentic datagrams change it: strangers and forgers
/// cost time, never memory, and move no window.
package struct DatagramSeal: ~Copyable, Sendable {
    /// The longest datagram, in bytes: what every path carries without fragments.
    package static let longest = 1400

    /// What the envelope adds to a payload, in bytes, when the sender's id has so many bytes of UTF-8.
    package static func overhead(idLength: Int, sealed: Bool) -> Int {
        DatagramHeader.length(idLength: idLength, sealed: sealed) + (sealed ? Sodium.tagLength : 0)
    }

    private let cluster: [UInt8]
    private let identity: Identity
    /// Our preamble, without the addressed flag, and our id, generation and nonce.
    private let header: [UInt8]
    private var keys: [Key]
    /// The subkey we seal under; nil in plain mode.
    private var subkey: Secret?
    private var known: [Identity: Sender] = [:]
    /// Room to put associated data together without an allocation per datagram.
    private var associated: [UInt8] = []

    /// The counter of our newest sealed datagram; 0 before the first and when plain.
    ///
    /// Told to a peer over an authenticated stream, it is what the peer may admit us after.
    package private(set) var lastCounter: UInt64 = 0

    /// The first key seals, all of them open; no key means plain mode. Nil unless the id is valid.
    package init?(cluster: String, identity: Identity, keys: [Key]) {
        guard Identity.isValidId(identity.id) else { return nil }
        self.cluster = Array(cluster.utf8)
        self.identity = identity
        self.keys = keys
        var header = Preamble.bytes(cluster: cluster, flags: keys.isEmpty ? 0 : Preamble.sealedFlag)
        header.append(UInt8(truncatingIfNeeded: identity.id.utf8.count))
        header.append(contentsOf: identity.id.utf8)
        header.appendBigEndian(identity.generation)
        header.appendBigEndian(identity.nonce)
        self.header = header
        subkey = Self.subkey(header: header, keys: keys)
    }

    /// Whether there are keys.
    package var isSealed: Bool { subkey != nil }

    /// The longest payload that our datagrams carry, in bytes.
    package var longestPayload: Int {
        Self.longest - Self.overhead(idLength: identity.id.utf8.count, sealed: isSealed)
    }

    /// Replaces the ring of keys; admitted senders keep their windows.
    ///
    /// To rotate without loss: give all members the new key as the last one, then make it the first one
    /// everywhere, then take the old one away. False, and nothing has changed, where the new ring would
    /// switch sealing on or off.
    package mutating func rotate(to keys: [Key]) -> Bool {
        guard keys.isEmpty != isSealed else { return false }
        self.keys = keys
        subkey = Self.subkey(header: header, keys: keys)
        // A key that left the ring must open nothing any more.
        var slot = known.values.startIndex
        while slot != known.values.endIndex {
            known.values[slot].subkey = nil
            known.values.formIndex(after: &slot)
        }
        return true
    }

    // MARK: Sealing

    /// Makes one datagram of the payload.
    ///
    /// A datagram that names its receiver opens for no other member, which nothing but the seal enforces:
    /// when plain the name is not even sent. One allocation.
    package mutating func seal(
        _ payload: Span<UInt8>, to receiver: String? = nil
    ) throws(DatagramSealError) -> [UInt8] {
        guard payload.count <= longestPayload else { throw .tooLong }
        if let receiver, !(1...Identity.longestId ~= receiver.utf8.count) { throw .badReceiver }
        guard lastCounter < .max else { throw .exhausted }

        var datagram: [UInt8] = []
        datagram.reserveCapacity(header.count + 8 + payload.count + Sodium.tagLength)
        datagram.append(contentsOf: header)
        if receiver != nil { datagram[3] |= Preamble.addressedFlag }
        guard let subkey else {
            datagram.append(payload)
            return datagram
        }
        lastCounter += 1
        datagram.appendBigEndian(lastCounter)
        associate(datagram.span, receiver: receiver)
        let start = datagram.count
        datagram.append(payload)
        Sodium.seal(&datagram, from: start, associated: associated.span, counter: lastCounter, key: subkey)
        return datagram
    }

    package mutating func seal(
        _ payload: [UInt8], to receiver: String? = nil
    ) throws(DatagramSealError) -> [UInt8] {
        try seal(payload.span, to: receiver)
    }

    // MARK: Opening

    /// Opens a datagram from anywhere.
    ///
    /// The window of an admitted sender moves; nothing else does. Authenticity is checked before the window,
    /// so that `replayed` is only ever said of what a key holder made.
    package mutating func open(_ datagram: Span<UInt8>) throws(DatagramError) -> OpenedDatagram {
        let header = try DatagramHeader(datagram, expected: self.header, sealed: isSealed)
        let body = datagram.extracting(header.length...)
        var payload: [UInt8] = []
        var isKnown = false
        if isSealed {
            associate(
                datagram.extracting(..<header.length), receiver: header.isAddressed ? identity.id : nil)
            isKnown = try unseal(
                body, header: header, sender: datagram.extracting(header.sender), into: &payload)
        } else {
            payload.append(body)
        }
        return OpenedDatagram(
            sender: header.identity, payload: payload, counter: header.counter,
            isAddressed: header.isAddressed, isKnown: isKnown)
    }

    package mutating func open(_ datagram: [UInt8]) throws(DatagramError) -> OpenedDatagram {
        try open(datagram.span)
    }

    /// Tries the key that worked last, then the ring; returns whether the sender is known.
    private mutating func unseal(
        _ body: Span<UInt8>, header: DatagramHeader, sender: Span<UInt8>, into payload: inout [UInt8]
    ) throws(DatagramError) -> Bool {
        let slot = known.index(forKey: header.identity)
        var tried: Int?
        if let slot, let subkey = known.values[slot].subkey {
            tried = known.values[slot].keyIndex
            if Sodium.open(
                body, associated: associated.span, counter: header.counter, key: subkey,
                appendingTo: &payload)
            {
                guard known.values[slot].window.accept(header.counter) else { throw .replayed }
                return true
            }
        }
        for index in keys.indices where index != tried {
            let subkey = Self.subkey(of: sender, under: keys[index])
            guard
                Sodium.open(
                    body, associated: associated.span, counter: header.counter, key: subkey,
                    appendingTo: &payload)
            else { continue }
            guard let slot else { return false }
            guard known.values[slot].window.accept(header.counter) else { throw .replayed }
            known.values[slot].subkey = subkey
            known.values[slot].keyIndex = index
            return true
        }
        throw .forged
    }

    // MARK: Known senders

    /// Begins to watch an instance for replays: it is a member now, and the caller bounds how many there are.
    ///
    /// Its datagrams up to `counter` are refused. That should be the newest counter which an authenticated
    /// exchange has shown (the datagram that brought the cookie back, or what the peer said over a stream):
    /// with 0, old datagrams recorded before the admission pass once. Admitting again changes nothing.
    package mutating func admit(_ sender: Identity, after counter: UInt64) {
        guard isSealed, known[sender] == nil else { return }
        known[sender] = Sender(window: ReplayWindow(after: counter))
    }

    /// Drops what is remembered of all other instances.
    package mutating func keep(_ isKept: (Identity) -> Bool) { known = known.filter { isKept($0.key) } }

    /// How many instances are admitted: 250 to 450 bytes each, by how full the table is.
    package var knownCount: Int { known.count }

    /// Puts into `associated` what the seal covers besides the payload: the header, the cluster's name, and
    /// the receiver's id after its length.
    private mutating func associate(_ header: Span<UInt8>, receiver: String?) {
        associated.removeAll(keepingCapacity: true)
        associated.append(header)
        associated.append(contentsOf: cluster)
        guard let receiver else { return }
        associated.append(UInt8(truncatingIfNeeded: receiver.utf8.count))
        associated.append(contentsOf: receiver.utf8)
    }

    /// Our own subkey, from our header and the first key.
    private static func subkey(header: [UInt8], keys: [Key]) -> Secret? {
        keys.first.map { subkey(of: header.span.extracting(droppingFirst: Preamble.length), under: $0) }
    }

    /// The subkey of an instance; `sender` is its id length, id, generation and nonce.
    private static func subkey(of sender: Span<UInt8>, under key: Key) -> Secret {
        var purpose = Array("muster datagram 1".utf8)
        purpose.append(sender)
        return Sodium.derive(purpose, from: key.secret)
    }
}

/// What is remembered of an admitted instance.
private struct Sender: Sendable {
    var window: ReplayWindow
    /// Its subkey under `keys[keyIndex]`; nil until the first datagram and after a rotation.
    var subkey: Secret?
    var keyIndex = 0
}
