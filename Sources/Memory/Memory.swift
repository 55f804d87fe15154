package import Basics
import Wire

/// What a node keeps from start to start: who it is, what it may not fall below, and where others were.
package struct Memory: Equatable, Sendable {
    package let cluster: String
    package let nodeId: String
    /// Whether the id was made by chance. A node without an id of its own goes on under such a one.
    package var isRandomId: Bool
    /// The highest generation used.
    package var generation: UInt64
    /// The highest fencing token heard in each role.
    package private(set) var tokens: [String: UInt64] = [:]
    /// What this node has voted, where it is a voter, in each role.
    package var ballots: [String: Ballots] = [:]
    /// Where members were, the likeliest to be there first.
    package var addresses: [Address] = []
    /// The rows of tasks that are paused or completed, where nodes keep them, in the order of their names. The bytes mean
    /// something to the room of tasks only.
    package var taskRows: [[UInt8]] = []

    package init(cluster: String, nodeId: String, isRandomId: Bool = false, generation: UInt64 = 0) {
        self.cluster = cluster
        self.nodeId = nodeId
        self.isRandomId = isRandomId
        self.generation = generation
    }

    package static let mostAddresses = 256
    package static let mostRoles = 256
    package static let mostBallots = 256
    package static let mostTaskRows = 1024
    /// Bytes of the longest row.
    package static let longestTaskRow = 4096

    /// The generation of a start that follows: above all former ones, whatever became of the wall clock. The highest
    /// numbers are left to whoever steps over a namesake; only a member gone mad leads there.
    package func nextGeneration(wallMicroseconds: UInt64) -> UInt64 {
        generation < .max - 2 ? max(wallMicroseconds, generation + 1) : wallMicroseconds
    }

    /// Takes in a token that was heard, where it is the highest of its role. What is no role or no token is passed
    /// over; where there is no room for another role, the lowest token makes room.
    package mutating func hear(token: UInt64, in role: String) {
        guard token > tokens[role] ?? 0, token <= SeatRecord.highestToken,
            Name.isValid(role, longest: SeatRecord.longestRole)
        else { return }
        tokens[role] = token
        guard tokens.count > Memory.mostRoles else { return }
        let lowest = tokens.min { ($0.value, $0.key) < ($1.value, $1.key) }
        if let lowest { tokens[lowest.key] = nil }
    }
}
