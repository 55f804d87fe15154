package import Basics

/// The number of an attempt to write through the voters. Greater ones win; no two proposers ever have the same.
package struct Ballot: Hashable, Comparable, Sendable {
    package var counter: UInt64
    /// Random, of the proposer's start.
    package var proposer: UInt64

    package init(counter: UInt64, proposer: UInt64) {
        self.counter = counter
        self.proposer = proposer
    }

    package static let none = Ballot(counter: 0, proposer: 0)

    package static func < (left: Ballot, right: Ballot) -> Bool {
        left.counter != right.counter ? left.counter < right.counter : left.proposer < right.proposer
    }
}

/// A row as a voter has accepted it.
package struct Accepted: Hashable, Sendable {
    package var ballot: Ballot
    package var row: LeaseRow

    package init(ballot: Ballot, row: LeaseRow) {
        self.ballot = ballot
        self.row = row
    }

    /// Under one ballot a proposer writes one row after the other, each when the one before it is chosen.
    func isNewer(than other: Accepted?) -> Bool {
        guard let other else { return true }
        return ballot != other.ballot ? ballot > other.ballot : row.version > other.row.version
    }
}

/// A question to one voter.
package struct VoterRequest: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        /// What has been accepted?
        case look
        /// Promise to accept nothing below this ballot. `changesHolder`: somebody else shall hold the lease. A trial
        /// changes nothing; it asks whether the promise would be given.
        case prepare(Ballot, changesHolder: Bool, isTrial: Bool)
        /// Accept this row. A repair writes again what was found, so that all see the same.
        case propose(Ballot, LeaseRow, isRepair: Bool)
        /// A voter without its memory asks the others for the epoch.
        case recall
    }

    /// Chosen by the asker; the answer carries it back.
    package var number: UInt64
    /// Who asks: which start of which node.
    package var writer: LeaseCandidate
    package var list: VoterList
    /// The highest number of a voters' list under which the asker knows a row to be chosen.
    package var settledList: UInt64
    package var body: Body
    /// What the guardian of a dead holder has shown: nothing is promised to that holder any more.
    package var secret: Nonce?

    package init(
        number: UInt64, writer: LeaseCandidate, list: VoterList, settledList: UInt64, body: Body,
        secret: Nonce? = nil
    ) {
        self.number = number
        self.writer = writer
        self.list = list
        self.settledList = settledList
        self.body = body
        self.secret = secret
    }
}

/// What one voter says.
package struct VoterReply: Hashable, Sendable {
    package enum Body: Hashable, Sendable {
        /// To `look`, and to a `prepare` that is granted: what has been accepted, the ballot promised, the epoch.
        case state(Accepted?, promised: Ballot, epoch: UInt64)
        /// To `propose`: this version is accepted.
        case accepted(version: UInt64)
        /// To `recall`; nil where this voter has lost its memory itself.
        case recalled(epoch: UInt64?)
        case refused(Refusal)
    }

    package enum Refusal: Hashable, Sendable {
        /// A higher ballot has been promised.
        case ballot(UInt64)
        /// The lease is promised to somebody for so long.
        case held(Interval)
        /// This voter is silent until what it may have promised before its start has run out.
        case silent
        /// The row asks for more hold than this voter grants.
        case hold
        /// The list of voters is another one; the number of this voter's.
        case list(UInt64)
    }

    package var number: UInt64
    package var voter: String
    package var body: Body

    package init(number: UInt64, voter: String, body: Body) {
        self.number = number
        self.voter = voter
        self.body = body
    }
}
