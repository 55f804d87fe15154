/// A rule that can be switched off, so that the simulator shows what goes wrong without it.
///
/// Nothing but the simulator and the tests ever sets one.
package enum LeaseBreak: String, CaseIterable, Sendable {
    // How time is counted.
    case trustFromReply = "trust-from-reply"
    case waitFromRequest = "wait-from-request"
    case noMargin = "no-margin"
    case clocksTooDifferent = "clocks-too-different"
    case clockStops = "clock-stops"
    case ownHoldOnly = "own-hold-only"
    case gapsIgnored = "gaps-ignored"
    case noSuspension = "no-suspension"
    case noWaiting = "no-waiting"
    case wishesDelay = "wishes-delay"
    case renewalsUnseen = "renewals-unseen"
    // How writes are judged.
    case compareHolder = "compare-holder"
    case unknownIsSuccess = "unknown-is-success"
    case readBackIsFresh = "read-back-is-fresh"
    // What a store may forget.
    case forgetfulStoreTrusted = "forgetful-store-trusted"
    case noFloor = "no-floor"
    case createAtOnce = "create-at-once"
    // How the lease changes hands.
    case restartIsHolder = "restart-is-holder"
    case targetTrustsRow = "target-trusts-row"
    case yieldBeforeStop = "yield-before-stop"
    // The voters.
    case promisesIgnored = "promises-ignored"
    case voterNotSilent = "voter-not-silent"
    case epochNotDurable = "epoch-not-durable"
    case lostDiskVotes = "lost-disk-votes"
    case ballotsIgnored = "ballots-ignored"
    case minorityDecides = "minority-decides"
    case stampsAlone = "stamps-alone"
    // The guardian of a node.
    case releaseBeforeDeath = "release-before-death"
    case anySecret = "any-secret"
    case listsIgnored = "lists-ignored"

    package var words: String {
        switch self {
        case .trustFromReply: "the holder trusts a renewal from its reply, not from when it was sent"
        case .waitFromRequest: "an observer counts from its own request, not from the reply"
        case .noMargin: "the holder trusts itself as long as the others wait, whatever the clocks' rates"
        case .clocksTooDifferent: "clocks are a fifth fast or slow, not a hundredth at the most"
        case .clockStops: "the clock stops while the machine is paused"
        case .ownHoldOnly: "an observer waits its own hold, even where the row asks for more"
        case .gapsIgnored: "an observer goes on counting over a time in which it could not look"
        case .noSuspension: "after a gap the holder goes on without a fresh renewal"
        case .noWaiting:
            "nobody waits before claiming; voters that keep their promises prevent the worst even so"
        case .wishesDelay: "who wishes for something makes all count anew, though the holder is dead"
        case .renewalsUnseen: "the holder's own writes are taken for wishes"
        case .compareHolder: "compare-and-set compares the holder, not version and nonce"
        case .unknownIsSuccess: "a write without an answer counts as done"
        case .readBackIsFresh: "a write found by reading back counts from then, not from when it was sent"
        case .forgetfulStoreTrusted: "a missing or older row is taken as it stands, at once"
        case .noFloor: "the epoch goes on from the row, whatever was heard before"
        case .createAtOnce: "who finds no row creates one without waiting"
        case .restartIsHolder: "a restarted holder goes on where the former start ended"
        case .targetTrustsRow: "the target of a hand-over trusts the row, not its own renewal"
        case .yieldBeforeStop: "the holder hands over before its host has stopped"
        case .promisesIgnored:
            "a voter gives its ballot to others while the lease is promised (and nobody waits)"
        case .voterNotSilent: "a restarted voter votes at once (and nobody waits)"
        case .epochNotDurable: "a voter answers before its epoch is on disk"
        case .lostDiskVotes: "a voter that lost its disk votes without asking the others for the epoch"
        case .ballotsIgnored:
            "a voter accepts proposals below the ballot it has promised (and ignores promises)"
        case .minorityDecides: "one voter fewer than a majority is enough"
        case .stampsAlone: "a row that a majority has accepted counts as chosen, whatever the ballots"
        case .releaseBeforeDeath: "a guardian shows the secret when its node stands still, before it is dead"
        case .anySecret: "a voter takes any secret for the proof that the holder is dead"
        case .listsIgnored:
            "a voter serves whatever list it is asked under (and the operator does not wait for all nodes)"
        }
    }
}
