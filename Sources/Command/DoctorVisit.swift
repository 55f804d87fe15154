import Basics
import Glibc
import Sealing
import Transport
import Wire

/// With what the doctor speaks: the cluster and key of the options, and an identity that nobody makes a member, since
/// it never shows a record of itself.
struct DoctorPass: Sendable {
    let cluster: String
    let keys: [Key]
    let bound: Address
    let me: Identity

    init(cluster: String, keys: [Key], bound: Address) {
        self.cluster = cluster
        self.keys = keys
        self.bound = bound
        let nonce = UInt64.random(in: 1 ... .max)
        me = Identity(id: "doctor-" + String(nonce, radix: 16), generation: 1, nonce: nonce)
    }

    /// Whether an address is one of this machine's.
    func isHere(_ address: Address) -> Bool { address.isLoopback || own.contains(address.bytes) }

    /// Whether who listens where the node is bound is met there, at a fitting port.
    func isBound(to address: Address) -> Bool {
        bound.isUnspecified ? isHere(address) : bound.bytes == address.bytes
    }

    private let own = Set(Interface.all().flatMap(\.addresses).map(\.bytes))

    /// The same with another identity: whoever seals datagrams needs one of its own.
    var another: DoctorPass { DoctorPass(cluster: cluster, keys: keys, bound: bound) }
}

/// What was found at one address.
struct DoctorVisit: Sendable {
    enum Door: Sendable {
        case member(Identity)
        /// Nobody listens, says the kernel there.
        case refused
        case silent
        case unreachable(String)
        /// The kernel takes connections, the program says nothing.
        case mute
        case closed(DoctorRefusal)
    }

    struct ClockDifference: Sendable {
        /// Of the other clock against this one, in microseconds.
        let ahead: Int64
        /// How far the figure may be off: half of the round trip.
        let error: Int64
    }

    let address: Address
    var door = Door.silent
    /// All members that it holds to be present.
    var view: [MemberRecord] = []
    /// Nil where it does not tell.
    var clock: ClockDifference?
    var release = ""
    /// Nil where nobody was asked, since connections show already that nobody would answer, or the time was up.
    var echo: DoctorDatagrams.Echo?
    var size: DoctorDatagrams.Size?

    var member: Identity? {
        if case .member(let identity) = door { return identity }
        return nil
    }

    /// Nil where the time was up before there was anything to tell.
    static func pay(_ address: Address, _ pass: DoctorPass, until deadline: Int64) -> DoctorVisit? {
        guard Poll.left(until: deadline) >= least else { return nil }
        var visit = DoctorVisit(address: address)
        visit.knock(pass, until: deadline)
        // Whoever was given less than the whole patience may have been about to answer.
        guard !visit.isQuiet || Poll.now < deadline else { return nil }
        guard visit.mayAnswerDatagrams,
            let datagrams = DoctorDatagrams(
                address, from: pass.bound, pass.cluster, pass.another.me, pass.keys)
        else { return visit }
        visit.echo = datagrams.echo(until: deadline)
        if visit.echo == .answered { visit.size = datagrams.size(until: deadline) }
        return visit
    }

    private var mayAnswerDatagrams: Bool {
        switch door {
        case .closed(.unknown): true
        case .closed: false
        default: true
        }
    }

    private var isQuiet: Bool {
        switch door {
        case .silent, .mute: true
        default: false
        }
    }

    /// How long a connection, or an answer, may take.
    private static let patience: Int64 = 1500
    static let patienceText = "1.5 s"

    /// A visit that has less time is not worth its beginning.
    private static let least: Int64 = 500

    private mutating func knock(_ pass: DoctorPass, until deadline: Int64) {
        switch DoctorSocket.dial(address, until: min(Poll.now + Self.patience, deadline)) {
        case .refused: door = .refused
        case .silent: door = .silent
        case .unreachable(let reason): door = .unreachable(reason)
        case .connected(let descriptor):
            let stream = DoctorStream(descriptor, .initiator, pass.cluster, pass.keys)
            switch stream.greet(until: min(Poll.now + Self.patience, deadline)) {
            case .mute: door = .mute
            case .closed:
                let isSealed = !pass.keys.isEmpty
                door = .closed(
                    .find(address, pass.cluster, isSealed: isSealed, until: min(Poll.now + 3000, deadline)))
            case .hello: talk(stream, pass, until: min(Poll.now + Self.patience, deadline))
            }
        }
    }

    private mutating func talk(_ stream: DoctorStream, _ pass: DoctorPass, until deadline: Int64) {
        for sequence in 1...5 {
            let began = DoctorVisit.wallMicroseconds
            let question = Message(kind: .challenge, sender: pass.me, sequence: UInt32(sequence))
            guard let answer = stream.ask(question, until: deadline), answer.kind == .answer,
                let sender = answer.sender
            else { break }
            door = .member(sender)
            release = answer.release
            note(Int64(clamping: answer.clock), between: began, and: DoctorVisit.wallMicroseconds)
        }
        guard member != nil else {
            // A hello, and then an end at the first sealed word: it has another key.
            door = stream.isClosed ? .closed(pass.keys.isEmpty ? .unknown : .otherKey) : .mute
            return
        }
        // No record of this side in it: nobody becomes a member by that.
        let reply = stream.ask(Message(kind: .sync, sender: pass.me), until: deadline)
        view = (reply?.records ?? []).filter { $0.status.isPresent }
    }

    /// The answer with the shortest round trip says most.
    private mutating func note(_ theirs: Int64, between began: Int64, and ended: Int64) {
        guard theirs > 0, ended >= began else { return }
        let error = (ended - began) / 2
        guard clock.map({ error < $0.error }) ?? true else { return }
        clock = ClockDifference(ahead: theirs - (began + error), error: error)
    }

    private static var wallMicroseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
