package import Basics

/// What a host tells others: a topic, and bytes that mean something to hosts only.
package struct UserMessage: Hashable, Sendable {
    /// Who made a broadcast, which others pass on. Nil in a message to one: its sender made it.
    package var origin: Identity?
    /// Counts from 1 what one start of a member has told; broadcasts and messages to one apart.
    package var sequence: UInt64
    package var topic: String
    package var data: [UInt8]

    package init(origin: Identity? = nil, sequence: UInt64, topic: String, data: [UInt8]) {
        self.origin = origin
        self.sequence = sequence
        self.topic = topic
        self.data = data
    }

    package static let topicBytes = 64
    /// The most bytes of data in a broadcast: with all that stands around them they fit any datagram.
    package static let broadcastBytes = 512
    /// The most bytes of data in a message to one member.
    package static let sentBytes = 1 << 20
    /// The most broadcasts in one message.
    package static let mostBroadcasts = 64

    /// Whether hosts may give this topic: none, or a name.
    package static func isTopic(_ text: String) -> Bool {
        text.isEmpty || Name.isValid(text, longest: topicBytes)
    }

    /// The message as bytes, to be embedded in another.
    package func encoded() -> [UInt8] {
        var writer = Writer(reserving: 128 + data.count)
        if let origin { writer.nested(1) { origin.encode(into: &$0) } }
        writer.number(2, sequence)
        writer.text(3, topic)
        writer.data(4, data)
        return writer.bytes
    }

    init(decoding bytes: ArraySlice<UInt8>, isBroadcast: Bool) throws(WireError) {
        self.init(sequence: 0, topic: "", data: [])
        var reader = Reader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1 where isBroadcast: origin = try Identity(decoding: try field.bytes())
            case 2: sequence = try field.integer()
            case 3: topic = try field.text(longest: Self.topicBytes)
            case 4:
                let found = try field.bytes()
                let longest = isBroadcast ? Self.broadcastBytes : Self.sentBytes
                guard found.count <= longest else { throw .outOfRange(field: field.number) }
                data = Array(found)
            default: break
            }
        }
        guard origin != nil || !isBroadcast else { throw .missing(field: 1) }
        guard sequence > 0, sequence < RecordLimit.numbersEnd else { throw .outOfRange(field: 2) }
        guard Self.isTopic(topic) else { throw .outOfRange(field: 3) }
    }
}

/// What became of a message to one member, as that member answers.
package enum Receipt: UInt8, Sendable {
    /// Not said, or not in words that this version knows.
    case none = 0
    /// It waits for the host.
    case taken = 1
    /// The host takes no messages.
    case unwanted = 2
    /// Too much waits for the host already.
    case full = 3
    /// The sender is no member in the receiver's view, or the receiver not whom it is meant for. Either may pass.
    case stranger = 4
    /// A later one of the same sender has been taken before it.
    case outdated = 5
}
