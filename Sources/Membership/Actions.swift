package import Basics
package import Wire

/// What the protocol wants done. The node performs these in order; the simulator plays them in virtual time.
///
/// Nearly all are datagrams: what is large and rare lies elsewhere, and so do large cases of what follows.
package enum MembershipAction: Sendable {
    /// Sends one datagram. `recipient` is the id it is meant for, where that is known.
    case send(payload: [UInt8], to: Address, recipient: String?)
    /// Sends one datagram to the multicast group.
    case beacon(payload: [UInt8])
    /// Opens a stream, sends the message, waits for the one that answers. Ends in `requestEnded`, exactly once.
    indirect case request(id: UInt64, message: Message, to: Address, timeout: Interval)
    /// Opens a stream that stays open. Ends in `linkOpened` and later `linkClosed`, or in `linkFailed`.
    case openLink(to: Identity, at: Address)
    case closeLink(to: Identity)
    /// The answers have come: the others know that this node left.
    case departed
    indirect case notify(MemberEvent)
    /// Another member's host tells all hosts something.
    indirect case deliver(UserMessage)
    /// How much of the cluster this node sees has changed.
    case company(Company)
}

/// How a request ended.
package enum RequestOutcome: Sendable {
    indirect case replied(Message)
    /// The kernel of the other host said that nobody listens there.
    case refused
    /// The connection stood, no answer came in time.
    case kernelOnly
    /// The connection stood and was closed without an answer.
    case broken
    /// No connection in time, or no route.
    case unreachable
}

/// Something that happened to a member, as the host is told of it.
package struct MemberEvent: Sendable {
    package enum Kind: Sendable {
        case joined, changed, suspect, unresponsive, recovered, left, dead
        /// Another instance of this node's own id was seen.
        case duplicate
        /// This node was refused: an older instance of its id lives.
        case refused
    }
    package var kind: Kind
    package var identity: Identity
    package var accuser: String
    package var evidence: Evidence
    /// The others that saw the same, as far as this node heard of them.
    package var confirmers: [String] = []
    /// In `changed`: the keys of the tags that are new, gone or of another version, sorted.
    package var tags: [String] = []
    /// When this node last had a proof that the member's process ran; nil where that says nothing.
    package var heard: Instant?
}
