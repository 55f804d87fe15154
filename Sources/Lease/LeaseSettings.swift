package import Basics

/// How long a lease lasts. All times are on the clock of whoever counts them.
package struct LeaseSettings: Hashable, Sendable {
    /// L: how long others wait without seeing a change.
    package var hold: Interval
    /// D: how long the holder trusts a renewal, from the moment it sent it.
    package var trust: Interval
    /// How often the holder renews and the others look.
    package var renew: Interval
    /// How much longer each further standby waits than the one before it.
    package var step: Interval
    /// The longest `hold` of any node: the wait where there is no row that would say it.
    package var longestHold: Interval
    /// How long a host may take to stop before the lease is handed on.
    package var demoteWithin = Interval.seconds(10)
    /// What this node's rows carry, so that its guardian can prove it dead to voters.
    package var will: Nonce?
    /// The one rule that is switched off, for the simulator to show what it is there for.
    package var broken: LeaseBreak?

    package init(
        hold: Interval, trust: Interval, renew: Interval, step: Interval, longestHold: Interval? = nil
    ) {
        self.hold = hold
        self.trust = trust
        self.renew = renew
        self.step = step
        self.longestHold = longestHold ?? hold
    }

    /// What follows from how long a lease lasts: a holder that was renewed in time has tried four times and more before
    /// its trust ends.
    package init(lasting hold: Interval, longestHold: Interval) {
        self.init(
            hold: hold, trust: hold / 10 * 7, renew: hold / 6, step: min(hold / 20, .milliseconds(250)),
            longestHold: longestHold)
    }

    /// For how long nobody leads at least when a holder's trust has run out, whatever the clocks: time for a host to
    /// stop.
    package var margin: Interval {
        max(hold / 1000 * (1000 - Self.clockRate) - trust / 1000 * (1000 + Self.clockRate), .zero)
    }

    /// Voters and etcd.
    package static let usual = LeaseSettings(
        hold: .seconds(3), trust: .milliseconds(2100), renew: .milliseconds(500), step: .milliseconds(250))
    /// Databases.
    package static let database = LeaseSettings(
        hold: .seconds(9), trust: .milliseconds(6300), renew: .milliseconds(1500), step: .milliseconds(250))
    package static let fast = LeaseSettings(
        hold: .seconds(1), trust: .milliseconds(700), renew: .milliseconds(150), step: .milliseconds(50))

    /// How far the rate of any clock may be from true: of 1000 so many.
    package static let clockRate: Int64 = 10
    /// What must be left over, for the grain of clocks.
    package static let guardTime = Interval.milliseconds(20)

    /// How long a request to the register is waited for; whatever comes later is not listened to.
    package var patience: Interval {
        // Whoever listens to any answer, however late, and counts from the wrong end of it.
        broken == .trustFromReply || broken == .waitFromRequest ? hold * 2 : renew
    }
    /// An observer that has not seen the register for longer than this has not seen that nothing changed.
    package var longestGap: Interval { renew * 3 }

    /// Why these settings can keep no promise, in words for people; nil where they can.
    package var impossible: String? {
        let shortest = Interval.milliseconds(10)
        if renew < shortest { return "renew \(renew.words) is below \(shortest.words)" }
        if step < .milliseconds(1) { return "step \(step.words) is below 1 ms" }
        if demoteWithin < .zero { return "demoteWithin is negative" }
        if renew * 3 > trust {
            return "trust \(trust.words) leaves no room for three renewals of \(renew.words) each"
        }
        // The holder's clock may be slow and the others' fast: D (1 + rho) + guard <= L (1 - rho).
        let held = trust / 1000 * (1000 + Self.clockRate) + Self.guardTime
        if held > hold / 1000 * (1000 - Self.clockRate) {
            return """
                trust \(trust.words) is too long for hold \(hold.words): clocks may differ by \
                \(Self.clockRate / 10) % each way, and \(Self.guardTime.words) must be left
                """
        }
        if longestHold < hold { return "longestHold \(longestHold.words) is below hold \(hold.words)" }
        if longestHold > LeaseRow.longestHold {
            return "longestHold \(longestHold.words) is above \(LeaseRow.longestHold.words)"
        }
        return nil
    }
}

extension Interval {
    fileprivate var words: String { "\(milliseconds) ms" }
}
