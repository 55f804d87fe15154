package import Basics

/// Everything that members say to each other. One shape for datagrams and streams; `kind` says what is meant.
///
/// In a datagram the sender stands in the envelope that carries (and, with a key, authenticates) the message; in
/// a stream it stands in the message.
package struct Message: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        // Datagrams.
        /// "Are you there?", answered by `ack` with the same sequence.
        case ping = 1
        case ack = 2
        /// "Ask `target` for me", answered by the target's `ack` passed on.
        case pingRequest = 3
        /// News only.
        case gossip = 4
        /// "I think that `target` is gone. Look now", answered by `checked`.
        case check = 5
        /// What a look at `target` found.
        case checked = 6
        /// Multicast: "I exist, at the address this came from and `port`".
        case beacon = 7
        /// "The `target` that you asked me to ping has not answered me"
        case nack = 8

        // Streams.
        /// "Which start of which id are you?", answered by `answer`.
        case challenge = 16
        case answer = 17
        /// The sender's whole view, answered by `syncReply` with the receiver's.
        case sync = 18
        case syncReply = 19
        /// Keeps the connection open, so that the kernel tells the other side when this process dies.
        case link = 20
        case linked = 21
        /// The digests of the parts of the sender's view, answered by `difference`.
        case compare = 22
        /// The receiver's digests, and all that it holds in the parts that differ.
        case difference = 23
        /// What the sender of `compare` holds in the parts that still differ, answered by `accepted`.
        case offer = 24
        case accepted = 25
        /// `message`, for the host of `target`, answered by `delivered` when it waits for that host.
        case deliver = 32
        case delivered = 33
        /// A question about the receiver's ring of keys, or a change of it, answered by `keysReply`.
        case keys = 40
        case keysReply = 41
        /// A question about the lease of a role to the receiver as a voter, answered by `voted`. Many on one stream.
        case vote = 48
        case voted = 49
        /// `tasks`, from a node that offers tasks to the coordinator or back. Many on one stream, which the node opens.
        case tasks = 56
    }

    /// What a look at a member found.
    package enum Finding: UInt8, Sendable {
        case nothing = 0
        /// The connection was refused.
        case refused = 1
        /// The member itself answered.
        case answered = 2
        /// The kernel accepted, nobody answered.
        case kernelOnly = 3
        /// No answer of any kind.
        case silence = 4
    }

    package var kind: Kind
    package var sender: Identity?
    package var sequence: UInt32
    /// The sender's digest of its whole view; 0 in kinds that carry none.
    package var digest: UInt64
    package var target: Identity?
    package var finding: Finding
    package var port: UInt16
    /// The digests of the parts of the sender's view; empty in kinds that carry none.
    package var parts: [UInt64]
    package var records: [MemberRecord]
    /// What hosts tell all others; in datagrams.
    package var broadcasts: [UserMessage] = []
    /// In `delivered`: what became of the message.
    package var receipt = Receipt.none
    var cargo = Cargo.none

    package init(
        kind: Kind, sender: Identity? = nil, sequence: UInt32 = 0, digest: UInt64 = 0,
        target: Identity? = nil,
        finding: Finding = .nothing, port: UInt16 = 0, parts: [UInt64] = [], records: [MemberRecord] = [],
        keyRequest: KeyRequest? = nil, keyReply: KeyReply? = nil
    ) {
        self.kind = kind
        self.sender = sender
        self.sequence = sequence
        self.digest = digest
        self.target = target
        self.finding = finding
        self.port = port
        self.parts = parts
        self.records = records
        if keyRequest != nil || keyReply != nil {
            cargo.load = Cargo.Load(keyRequest: keyRequest, keyReply: keyReply)
        }
    }

    /// The most records in one message; a sync of a larger view would be refused by every decoder.
    package static let mostRecords = 16_384

    /// The most bytes of mail about tasks.
    package static let mostTaskBytes = 1 << 20

    /// The most bytes of a version.
    package static let longestRelease = 64

    /// How many digests sum up a view by parts.
    package static let partCount = 64

    static let recordField: UInt32 = 6
    static let broadcastField: UInt32 = 14
    /// Passed over by everybody: makes a ping long.
    package static let paddingField: UInt32 = 21

    /// The kind of an encoded message, which is its first field. Nil for bytes that `encoded` did not make.
    package static func kind(of encoded: [UInt8]) -> Kind? {
        guard encoded.count > 1, encoded[0] == 1 << 3 else { return nil }
        return Kind(rawValue: encoded[1])
    }

    /// The message as bytes.
    package func encoded() -> [UInt8] {
        var writer = head()
        for record in records { writer.raw(Self.recordField, record.encoded()) }
        for broadcast in broadcasts { writer.raw(Self.broadcastField, broadcast.encoded()) }
        let load = cargo.load
        if let message = load.message { writer.raw(15, message.encoded()) }
        writer.number(16, UInt64(receipt.rawValue))
        if let voting = load.voting { writer.nested(17) { voting.encode(into: &$0) } }
        writer.data(18, load.tasks)
        writer.fixed(19, load.clock)
        writer.text(20, load.release)
        return writer.bytes
    }

    /// The message without what others are told in it, as the start of a datagram.
    func head() -> Writer {
        var writer = Writer(reserving: 256)
        writer.number(1, UInt64(kind.rawValue))
        writer.number(2, UInt64(sequence))
        writer.fixed(3, digest)
        if let target { writer.nested(4) { target.encode(into: &$0) } }
        writer.number(5, UInt64(finding.rawValue))
        if let sender { writer.nested(7) { sender.encode(into: &$0) } }
        writer.number(8, UInt64(port))
        if !parts.isEmpty { writer.data(9, parts.flatMap(Self.littleEndian)) }
        guard case .some(let load) = cargo else { return writer }
        if let keyRequest = load.keyRequest { writer.nested(12) { keyRequest.encode(into: &$0) } }
        if let keyReply = load.keyReply { writer.nested(13) { keyReply.encode(into: &$0) } }
        return writer
    }

    /// Reads a message. Nil for a kind that this version does not know, which is not an error: a newer version
    /// may say more than we understand. `record` may know a shorter way to the record that its bytes stand for.
    package static func decode(
        _ bytes: ArraySlice<UInt8>,
        record: (ArraySlice<UInt8>) throws(WireError) -> MemberRecord = MemberRecord.init(decoding:)
    ) throws(WireError) -> Message? {
        var reader = Reader(bytes)
        var message = Message(kind: .gossip)
        var kind: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = try field.integer()
            case 2: message.sequence = try field.integer(as: UInt32.self)
            case 3: message.digest = try field.integer()
            case 4: message.target = try Identity(decoding: try field.bytes())
            case 5: message.finding = Finding(rawValue: try field.integer(as: UInt8.self)) ?? .nothing
            case recordField:
                guard message.records.count < mostRecords else { throw .tooMany(field: field.number) }
                message.records.append(try record(try field.bytes()))
            case 7: message.sender = try Identity(decoding: try field.bytes())
            case 8: message.port = try field.integer(as: UInt16.self)
            case 9: message.parts = try digests(field)
            case broadcastField:
                guard message.broadcasts.count < UserMessage.mostBroadcasts else {
                    throw .tooMany(field: field.number)
                }
                message.broadcasts.append(try UserMessage(decoding: try field.bytes(), isBroadcast: true))
            case 15: message.message = try UserMessage(decoding: try field.bytes(), isBroadcast: false)
            case 16: message.receipt = Receipt(rawValue: try field.integer(as: UInt8.self)) ?? .none
            case 12: message.keyRequest = try KeyRequest(decoding: try field.bytes())
            case 13: message.keyReply = try KeyReply(decoding: try field.bytes())
            case 17: message.voting = try VoterMail(decoding: try field.bytes())
            case 18:
                let found = try field.bytes()
                guard found.count <= mostTaskBytes else { throw .outOfRange(field: 18) }
                message.tasks = Array(found)
            case 19: message.clock = try field.integer()
            case 20: message.release = try field.label(longest: longestRelease)
            default: break
            }
        }
        guard kind != 0 else { throw .missing(field: 1) }
        guard let code = UInt8(exactly: kind), let known = Kind(rawValue: code) else { return nil }
        message.kind = known
        return message
    }

    private static func littleEndian(_ number: UInt64) -> [UInt8] {
        stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }

    /// All digests of a view, or none.
    private static func digests(_ field: Field) throws(WireError) -> [UInt64] {
        var rest = try field.bytes()
        guard rest.count == 8 * partCount else { throw .outOfRange(field: field.number) }
        var digests: [UInt64] = []
        while !rest.isEmpty {
            digests.append(rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
            rest = rest.dropFirst(8)
        }
        return digests
    }
}
