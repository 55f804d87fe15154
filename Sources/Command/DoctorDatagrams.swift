import Basics
import Glibc
import Sealing
import Wire

/// Pings of a stranger, which every member answers with a bare acknowledgement and nothing else that lasts.
final class DoctorDatagrams {
    enum Echo: Sendable, Equatable {
        case answered
        case silent
        /// The other kernel says that nobody listens.
        case refused
        case unreachable(String)
    }

    /// What is known of the longest datagram that arrives.
    struct Size: Sendable {
        /// The longest one that arrived in one piece, in bytes of UDP.
        var whole: Int
        /// Whether the longest of the protocol arrives as a node sends it: in pieces, where the kernel makes such.
        var arrivesAnyhow: Bool
    }

    private let descriptor: Int32
    private let address: Address
    private var seal: DatagramSeal
    private var sequence = UInt32.random(in: 1...0x7fff_ffff)
    /// Sequences that were acknowledged.
    private var heard: Set<UInt32> = []
    private var lastError: Int32 = 0
    /// How long the answer to the echo took.
    private var roundTrip: Int64 = 0

    /// Nil where there is no socket that could reach the address.
    init?(_ address: Address, from bound: Address, _ cluster: String, _ me: Identity, _ keys: [Key]) {
        guard let seal = DatagramSeal(cluster: cluster, identity: me, keys: keys) else { return nil }
        self.seal = seal
        self.address = address
        descriptor = DoctorSocket.open(address, SOCK_DGRAM)
        guard descriptor >= 0 else { return nil }
        // What the other kernel says about a datagram comes back to it.
        if address.bytes.count == 4 {
            DoctorSocket.set(descriptor, Int32(IPPROTO_IP), Self.receiveErrors, Int32(1))
        } else {
            DoctorSocket.set(descriptor, Int32(IPPROTO_IPV6), Self.receiveErrors6, Int32(1))
        }
        if bound.bytes.count == address.bytes.count, !bound.isUnspecified {
            lastError = DoctorSocket.bind(descriptor, to: bound.with(port: 0))
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    // IP_RECVERR, IPV6_RECVERR, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER and their values, of linux/in.h and in6.h.
    private static let receiveErrors: Int32 = 11
    private static let receiveErrors6: Int32 = 25
    private static let discovery: Int32 = 10
    private static let discovery6: Int32 = 23
    private static let asNodesDo: Int32 = 1
    private static let inOnePiece: Int32 = 3

    /// Whether anything comes back: three times, since one may be lost. Nil where the time was up before.
    func echo(until deadline: Int64) -> Echo? {
        var sentAt: [UInt32: Int64] = [:]
        for patience: Int64 in [200, 300, 500] {
            let sequence = ping(Self.shortest)
            sentAt[sequence] = Poll.now
            wait(until: min(Poll.now + patience, deadline)) { heard in
                sentAt.keys.contains { heard.contains($0) }
            }
            if let sent = sentAt.filter({ heard.contains($0.key) }).values.min() {
                roundTrip = Poll.now - sent
                return .answered
            }
            if lastError == ECONNREFUSED { return .refused }
            guard Poll.now < deadline else { return nil }
        }
        return lastError == 0 ? .silent : .unreachable(DoctorSocket.reason(lastError))
    }

    /// Which sizes arrive. Nil where that cannot be told: nothing was answered, or the time was up.
    func size(until deadline: Int64) -> Size? {
        let longest = DatagramSeal.longest
        setPieces(Self.inOnePiece)
        if passes([longest], until: deadline) == longest { return Size(whole: longest, arrivesAnyhow: true) }
        // In two rounds: first the range, then the number.
        let step = 48
        let range = passes(Array(stride(from: longest, through: Self.shortest, by: -step)), until: deadline)
        // The first time it was late, or lost.
        if range == longest { return Size(whole: longest, arrivesAnyhow: true) }
        guard range > 0 else { return nil }
        let fine = passes(Array((range + 1)..<min(range + step, longest)), until: deadline)
        setPieces(Self.asNodesDo)
        let arrivesAnyhow = passes([longest], until: deadline) == longest
        return Poll.now < deadline ? Size(whole: max(range, fine), arrivesAnyhow: arrivesAnyhow) : nil
    }

    /// Below this no ping with an envelope is of use, nor any network.
    private static let shortest = 200

    /// The longest of these sizes that is answered; 0 for none. Each is sent three times.
    private func passes(_ sizes: [Int], until deadline: Int64) -> Int {
        var asked: [UInt32: Int] = [:]
        let passed = { (heard: Set<UInt32>) in Set(asked.filter { heard.contains($0.key) }.map(\.value)) }
        for patience: Int64 in [150, 200, 300] where passed(heard).count < sizes.count {
            for size in sizes { asked[ping(size)] = size }
            wait(until: min(Poll.now + patience + roundTrip, deadline)) { passed($0).count == sizes.count }
        }
        return passed(heard).max() ?? 0
    }

    private func setPieces(_ how: Int32) {
        if address.bytes.count == 4 {
            DoctorSocket.set(descriptor, Int32(IPPROTO_IP), Self.discovery, how)
        } else {
            DoctorSocket.set(descriptor, Int32(IPPROTO_IPV6), Self.discovery6, how)
        }
    }

    /// Sends a ping in a datagram of this size, or as short as it is.
    private func ping(_ size: Int) -> UInt32 {
        sequence &+= 1
        var payload = Message(kind: .ping, sequence: sequence).encoded()
        let envelope = DatagramSeal.longest - seal.longestPayload
        let missing = size - envelope - payload.count
        // The field has a number of two bytes, and a length of one or two.
        if missing > 4 {
            let head = missing - 3 < 128 ? 3 : 4
            var padding = Writer()
            padding.data(Message.paddingField, [UInt8](repeating: 0, count: missing - head))
            payload += padding.bytes
        }
        if let datagram = try? seal.seal(payload) {
            let code = DoctorSocket.send(datagram, from: descriptor, to: address)
            // Too long for the own interface is an answer of its own: it does not arrive.
            if code != 0, code != EMSGSIZE { lastError = code }
        }
        return sequence
    }

    /// Listens until enough has been acknowledged, or the other kernel has refused.
    private func wait(until deadline: Int64, isEnough: (Set<UInt32>) -> Bool) {
        while !isEnough(heard) {
            guard Poll.wait([Poll.Place(descriptor)], ms: Poll.left(until: deadline))[0] else { return }
            // First: a read would take an error away with it.
            let code = drainErrors()
            if code != 0, code != EMSGSIZE { lastError = code }
            while let (bytes, _) = DoctorSocket.receive(descriptor) {
                guard let opened = try? seal.open(bytes),
                    let message = try? Message.decode(opened.payload[...]),
                    message.kind == .ack
                else { continue }
                heard.insert(message.sequence)
            }
            if lastError == ECONNREFUSED { return }
        }
    }

    /// Takes what kernels have said out of the socket; the last of it.
    private func drainErrors() -> Int32 {
        let code = DoctorSocket.pendingError(descriptor)
        var bytes = [UInt8](repeating: 0, count: 2048)
        let flags = Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT)
        while recv(descriptor, &bytes, bytes.count, flags) >= 0 {}
        return code
    }
}
