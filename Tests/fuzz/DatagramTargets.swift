import Basics
import Sealing
import Wire

/// Datagrams to a node without a key.
func fuzzDatagrams(_ input: [UInt8]) { play(input, keys: []) }

/// Datagrams to a node with two keys, from members that have them and from others that have not.
func fuzzSealedDatagrams(_ input: [UInt8]) { play(input, keys: Keys.ring) }

enum Keys {
    static let cluster = "orders"

    /// The first one seals, both open.
    static let ring: [Key] = {
        require(Sealing.isReady, "no random source")
        return [1, 2].compactMap { Key(bytes: [UInt8](repeating: $0, count: 32)) }
    }()
}

/// Each piece of the input is an event, or a datagram or its payload; the first byte says which.
private func play(_ input: [UInt8], keys: [Key]) {
    var station = Station.met
    let own = Envelope(Station.me, keys)
    let peers = Station.peers.enumerated().map { Envelope($1, $0 == 1 ? keys.reversed() : keys) }
    Station.peers.prefix(2).forEach { own.admit($0, after: 0) }

    for piece in pieces(of: input) {
        guard !station.isOver else { return }
        var choices = Choices(piece)
        let what = choices.byte()
        let peer = peers[Int(what >> 5) % peers.count]
        let address = Station.address(Int(what >> 5))
        switch what & 31 {
        case ..<8:
            guard let opened = own.open(Array(choices.rest)) else { continue }
            require(keys.isEmpty, "a datagram that no member sealed was opened")
            station.arrived(opened, at: address, own)
        case ..<14:
            guard let opened = peer.send(Array(choices.rest), to: own) else { continue }
            station.arrived(opened, at: address, own)
        case 14:
            tamper(&choices, peer, own)
        case 15:
            if let message = decoded(Array(choices.rest)) { _ = station.requested(message) }
        case 16:
            if let message = decoded(Array(choices.rest)) { station.requestEnded(.replied(message)) }
        default:
            station.act(Int(what & 31) - 17, &choices)
        }
    }
    require(own.knownCount <= peers.count, "strangers were remembered")
}

extension Station {
    /// What `Node/Runtime.datagramArrived` does with a datagram that it could open.
    fileprivate mutating func arrived(_ opened: OpenedDatagram, at address: Address, _ own: Envelope) {
        guard let message = decoded(opened.payload) else { return }
        var isFresh = !own.isSealed || opened.isKnown
        if !isFresh, engine.isAnswered(by: message, from: opened.sender) {
            own.admit(opened.sender, after: opened.counter)
            isFresh = true
        }
        received(message, from: opened.sender, at: address, isFresh: isFresh)
    }
}

/// The envelope of one instance. In a class, since arrays hold no value that cannot be copied.
private final class Envelope {
    private let identity: Identity
    private var seal: DatagramSeal

    init(_ identity: Identity, _ keys: [Key]) {
        guard let seal = DatagramSeal(cluster: Keys.cluster, identity: identity, keys: keys) else {
            fatalError("\(identity) has no envelope")
        }
        self.identity = identity
        self.seal = seal
    }

    var isSealed: Bool { seal.isSealed }

    var knownCount: Int { seal.knownCount }

    func admit(_ sender: Identity, after counter: UInt64) { seal.admit(sender, after: counter) }

    func seal(_ payload: [UInt8], to receiver: String) -> [UInt8]? { try? seal.seal(payload, to: receiver) }

    func open(_ datagram: [UInt8]) -> OpenedDatagram? { try? seal.open(datagram) }

    /// What is sealed arrives as it was, and from an admitted sender once.
    func send(_ payload: [UInt8], to other: Envelope) -> OpenedDatagram? {
        guard let datagram = seal(payload, to: other.identity.id) else { return nil }
        let opened = other.open(datagram)
        require(opened?.payload == payload && opened?.sender == identity, "it arrived as something else")
        require(opened?.isKnown == false || other.open(datagram) == nil, "a replay was opened")
        return opened
    }
}

/// A datagram that was changed on the way, cut, or meant for another is refused.
private func tamper(_ choices: inout Choices, _ peer: Envelope, _ own: Envelope) {
    let place = Int(choices.byte()) << 3 | Int(choices.byte() >> 5)
    let change = choices.byte()
    guard let datagram = peer.seal(Array(choices.rest), to: change == 0 ? "b" : Station.me.id) else { return }
    var changed = datagram
    if change > 0, change < 250 { changed[place % changed.count] ^= change }
    if change >= 250 { changed.removeLast(1 + place % changed.count) }
    require(own.open(changed) == nil || !own.isSealed, "a changed datagram was opened")
}
