package import Basics
import Lease

/// What must hold at every step of every history, and what was counted.
package struct LeaseChecker: Sendable {
    package struct Violation: Sendable {
        package var at: Instant
        package var text: String
    }

    package private(set) var violation: Violation?
    package internal(set) var promotions = 0
    package internal(set) var handOvers = 0
    package internal(set) var expiries = 0
    package internal(set) var forgotten = 0
    package internal(set) var suspensions = 0
    package internal(set) var writes = 0
    /// How often a voter was shown the secret of a dead holder.
    package internal(set) var wills = 0
    package internal(set) var calms = 0
    package internal(set) var changes = 0
    /// How long it took after calm until one was primary; the longest.
    package internal(set) var slowest = Interval.zero
    /// The highest token that anybody was promoted with.
    private(set) var highestToken: UInt64 = 0
    /// Of each version the row that the voters were read to have chosen; nil when they have forgotten, as voters that
    /// restart do.
    private var chosen: [UInt64: Nonce]? = [:]

    mutating func fail(_ at: Instant, _ text: String) {
        guard violation == nil else { return }
        violation = Violation(at: at, text: text)
    }

    /// What was read once stands: no other row of its version is ever read.
    mutating func found(_ row: LeaseRow, by name: String, at now: Instant) {
        guard let before = chosen?.updateValue(row.nonce, forKey: row.version), before != row.nonce else {
            return
        }
        fail(now, "\(name) reads another row of version \(row.version) than was read before")
    }

    mutating func votersForgot() { chosen = nil }

    mutating func promoted(_ name: String, _ token: UInt64, at now: Instant) {
        promotions += 1
        if token <= highestToken {
            fail(now, "\(name) is promoted with token \(token) after token \(highestToken)")
        }
        if token > LeaseRow.highestEpoch { fail(now, "\(name) is promoted with token \(token)") }
        highestToken = max(highestToken, token)
    }
}
