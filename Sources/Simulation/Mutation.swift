package import Basics
import Lease

/// A rule of the protocol that can be switched off, each in one way and between the engine and the network only: a
/// checker that has never been seen to fail proves nothing.
package enum Mutation: String, CaseIterable, Sendable {
    case cutRecords = "cut-records"
    case largeDatagrams = "large-datagrams"
    case lateClock = "late-clock"
    case openEnvelopes = "open-envelopes"
    case falseWitnesses = "false-witnesses"
    case deafToKernels = "deaf-to-kernels"
    case hastyBurials = "hasty-burials"
    case shortMemory = "short-memory"
    case lostFarewells = "lost-farewells"
    case olderAlwaysLives = "older-always-lives"
    case loudAccusers = "loud-accusers"
    case lostEvents = "lost-events"
    case blindSeats = "blind-seats"
    case sleepUnnoticed = "sleep-unnoticed"
    case twins
    case tokensForgotten = "tokens-forgotten"
    case noReconnect = "no-reconnect"
    case noRefutation = "no-refutation"
    case staleProfiles = "stale-profiles"
    case endlessRequests = "endless-requests"
    case allLookLeading = "all-look-leading"
    case blurredLine = "blurred-line"
    case blindFollowers = "blind-followers"
    case echoes
    case hastyWord = "hasty-word"
    case deafToHosts = "deaf-to-hosts"
    case pausesForgotten = "pauses-forgotten"
    case lonelyLeaders = "lonely-leaders"
    case wishesLost = "wishes-lost"
    case deafToStore = "deaf-to-store"
    // Rules of the lease itself.
    case impatience
    case sleepers
    case youngTokens = "young-tokens"
    case earlyHandOver = "early-hand-over"

    /// What the lease machine does without.
    var leaseBreak: LeaseBreak? {
        switch self {
        case .impatience: .noWaiting
        case .sleepers: .noSuspension
        case .youngTokens: .noFloor
        case .earlyHandOver: .yieldBeforeStop
        default: nil
        }
    }

    /// What is switched off.
    package var words: String {
        switch self {
        case .cutRecords: "a datagram ends where its records end: it is a byte short"
        case .largeDatagrams: "a datagram keeps to its budget: engines are given four times as much"
        case .lateClock: "ticks come when they are due: they are told a time before that"
        case .openEnvelopes: "the envelope names the cluster: nobody looks"
        case .falseWitnesses:
            "who is asked to look says what it found, and the accused is heard: all were refused, its answer is lost"
        case .deafToKernels: "a kernel that answers shows a living host: nobody listens to it"
        case .hastyBurials: "who is stopped is silent for long before that is a death: it is silent once"
        case .shortMemory: "the dead are remembered longer than old packets live: for a second"
        case .lostFarewells: "farewells are passed on: they are lost"
        case .olderAlwaysLives: "a refused challenge shows that the older start is over: it seems to answer"
        case .loudAccusers: "an accusation carries the incarnation of the accused: one more"
        case .lostEvents: "the end of a member is told to the host: it is not"
        case .blindSeats: "seats are told to the others: they are lost"
        case .sleepUnnoticed: "the clock goes on during a stop: it stands still"
        case .twins: "each start has chance of its own: all have the same, and see no seats"
        case .tokensForgotten: "tokens are told to the others: they are lost"
        case .noReconnect: "the lost are tried again: nothing is sent to them"
        case .noRefutation: "an accused member refutes: nobody hears it"
        case .staleProfiles: "the newest version of what a member says of itself counts: the first does"
        case .endlessRequests: "a request always ends: one without connection does not"
        case .allLookLeading: "a seat says whether it leads: all do"
        case .blurredLine: "a seat has a number: some see none"
        case .blindFollowers: "all see the primary: only the next in the line does"
        case .echoes: "a broadcast that has come before is passed over: the host is told all that come"
        case .hastyWord: "the next waits until a host has stopped: hosts say so at once"
        case .deafToHosts: "a host says that it is not ready, or declines: nobody listens"
        case .pausesForgotten: "all hear that a role is paused: nobody does"
        case .lonelyLeaders: "who sees fewer than the quorum does not lead: nobody counts"
        case .wishesLost: "a seat says who is to be next: that is lost"
        case .deafToStore: "the store shows the lease: it shows nothing"
        case .impatience, .sleepers, .youngTokens, .earlyHandOver:
            "under a lease: \(leaseBreak?.words ?? "")"
        }
    }

    /// What then must be noticed.
    package var rule: Rule {
        switch self {
        case .cutRecords: .wire
        case .largeDatagrams: .datagramSize
        case .lateClock: .rest
        case .openEnvelopes: .clusters
        case .falseWitnesses: .falseDeath
        case .deafToKernels, .hastyBurials: .patience
        case .shortMemory: .resurrection
        case .lostFarewells: .farewell
        case .olderAlwaysLives: .refusal
        case .loudAccusers: .incarnation
        case .lostEvents: .events
        case .blindSeats: .onePrimary
        case .sleepUnnoticed: .trust
        case .twins: .tokenOnce
        case .tokensForgotten: .tokenGrows
        case .noReconnect: .members
        case .noRefutation: .health
        case .staleProfiles: .digests
        case .endlessRequests: .work
        case .allLookLeading: .leader
        case .blurredLine: .ranks
        case .blindFollowers: .belief
        case .echoes: .broadcasts
        case .hastyWord, .earlyHandOver: .hostAtWork
        case .deafToHosts: .readiness
        case .pausesForgotten: .pause
        case .lonelyLeaders: .quorum
        case .wishesLost: .chosen
        case .deafToStore: .inTime
        case .impatience: .oneLease
        case .sleepers: .leaseTrust
        case .youngTokens: .leaseTokens
        }
    }

    /// The scenario in which it shows.
    package var scenario: String {
        switch self {
        case .cutRecords, .lateClock, .blindSeats, .twins, .blindFollowers: "calm"
        case .openEnvelopes: "strangers"
        case .falseWitnesses: "liars"
        case .deafToKernels, .loudAccusers, .sleepUnnoticed, .echoes: "pauses"
        case .noRefutation: "starved"
        case .hastyBurials: "standing"
        case .shortMemory, .lostFarewells, .tokensForgotten, .allLookLeading: "churn"
        case .lostEvents: "partition"
        case .olderAlwaysLives, .staleProfiles, .blurredLine: "short"
        case .largeDatagrams: "loss"
        case .endlessRequests: "asymmetric"
        case .hastyWord, .deafToHosts, .pausesForgotten, .wishesLost: "wishes"
        case .lonelyLeaders, .noReconnect: "quorum"
        case .deafToStore, .impatience, .sleepers, .youngTokens, .earlyHandOver: "leased"
        }
    }
}

extension Mutation {
    /// The first of the seeds in which the rule that should notice it does.
    package func firstNoticed(seeds: ClosedRange<UInt64>) -> (seed: UInt64, at: Instant)? {
        guard var scenario = Scenario.named(scenario) else { return nil }
        scenario.mutation = self
        for seed in seeds {
            if let violation = scenario.play(seed: seed).checker.violation, violation.rule == rule {
                return (seed, violation.at)
            }
        }
        return nil
    }
}
