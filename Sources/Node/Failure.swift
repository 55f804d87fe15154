/// Why a call failed, with the numbers of the C face's `cluster_result`. Never renumbered.
package enum FailureCode: Int32, Sendable {
    case invalid = -1
    case outOfMemory = -2
    case system = -3
    case timeout = -4
    case closed = -5
    case busy = -6
    case tooBig = -7
    case duplicate = -8
    case noCandidate = -9
    case notPrimary = -10
    case unsupported = -11
    case forked = -12
    case handle = -13
    case noMember = -14
    case unwanted = -15
    case full = -16
    case partial = -17
}

/// A failed call: the code for programs, the detail for people.
package struct Failure: Error, Sendable {
    package let code: FailureCode
    package let detail: String

    package init(_ code: FailureCode, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    static let closed = Failure(.closed, "the node is closed or has left the cluster")
    static let refused = Failure(.duplicate, "this node was refused: its id is in use by another live member")
    static let tooManyBroadcasts = Failure(.full, "too many broadcasts wait to be told; try again")
    static let forked = Failure(.forked, "this process was forked after the node was started")
}
