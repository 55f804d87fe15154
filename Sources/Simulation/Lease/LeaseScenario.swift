package import Basics
package import Lease

/// What one history is made of; all of it follows from the seed, and from the rule that is switched off.
package struct LeaseScenario: Sendable {
    package enum Authority: Hashable, Sendable { case store, voters }

    package enum Fault: Hashable, Sendable, CaseIterable {
        case kill, restart, pause, resume, cut, partition, heal, rough, smooth
        case storeDown, storeForgets, storeRollsBack
        case voterRestarts, voterLosesDisk, voterPauses, voterResumes, blackout, votersChange
        case stepDown, promote, resign, hold, release, unready, ready
    }

    package var authority: Authority
    package var clients: Int
    package var voters: Int
    package var faults: [Fault]
    package var strikeInterval: Interval
    /// How far the rate of any clock may be from true: of 1000 so many.
    package var clockRate = LeaseSettings.clockRate
    package var holdsDiffer: Bool
    /// Whether each client has a guardian that tells the voters of its death.
    package var isGuarded = false
    /// The next list of voters is appended before all nodes have the present one.
    package var hurries = false
    package var broken: LeaseBreak?
    /// Errors of the store, of 1000 requests.
    package var errors = 20
    /// On a rough network, of 1000 messages so many are lost, and so many are late.
    package var lost = 150
    package var late = 200

    package static let store: [Fault] = [
        .kill, .restart, .restart, .pause, .resume, .resume, .cut, .partition, .heal, .heal, .rough, .smooth,
        .storeDown, .storeForgets, .storeRollsBack, .stepDown, .promote, .resign, .hold, .release, .release,
        .unready,
        .ready, .ready,
    ]
    package static let majority: [Fault] = [
        .kill, .restart, .restart, .pause, .resume, .resume, .cut, .partition, .heal, .heal, .rough, .smooth,
        .voterRestarts, .voterLosesDisk, .voterPauses, .voterResumes, .voterResumes, .blackout, .votersChange,
        .votersChange, .stepDown, .promote, .resign, .hold, .release, .release, .unready, .ready, .ready,
    ]

    package static func drawn(seed: UInt64, broken: LeaseBreak?) -> LeaseScenario {
        var generator = SeededGenerator(seed: seed ^ 0x6c65_6173_65)
        let authority = broken?.authority ?? (generator.below(2) == 0 ? .store : .voters)
        var scenario = LeaseScenario(
            authority: authority, clients: 2 + generator.below(4), voters: generator.below(3) == 0 ? 5 : 3,
            faults: authority == .store ? store : majority,
            strikeInterval: .milliseconds(Int64(300 + generator.below(4000))),
            holdsDiffer: generator.below(3) == 0)
        scenario.errors = [0, 20, 200][generator.below(3)]
        scenario.broken = broken
        var guarding = LeaseGuardians(seed: seed).generator
        scenario.isGuarded = authority == .voters && guarding.below(2) == 0
        if let broken { broken.focus(&scenario) }
        return scenario
    }
}

extension LeaseBreak {
    /// Where the rule matters.
    var authority: LeaseScenario.Authority {
        switch self {
        case .promisesIgnored, .voterNotSilent, .epochNotDurable, .lostDiskVotes, .ballotsIgnored,
            .minorityDecides, .stampsAlone, .releaseBeforeDeath, .anySecret, .listsIgnored:
            .voters
        default: .store
        }
    }

    /// What the clients do without. Where a rule of the voters is off, they do not wait either: their waiting alone
    /// would do, if they all can be trusted with it.
    var ofClients: LeaseBreak? {
        switch self {
        case .promisesIgnored, .voterNotSilent: .noWaiting
        default: self
        }
    }

    /// Faults that tempt those who do without the rule. What is left out would only hide it.
    func focus(_ scenario: inout LeaseScenario) {
        switch self {
        case .ownHoldOnly: scenario.holdsDiffer = true
        case .clockStops: scenario.faults = [.pause, .pause, .resume, .resume, .kill, .restart, .restart]
        case .gapsIgnored:
            scenario.faults = [
                .storeRollsBack, .storeRollsBack, .storeRollsBack, .cut, .cut, .cut, .heal, .kill, .restart,
                .restart,
            ]
            scenario.errors = 0
            scenario.clients = 5
            scenario.strikeInterval = .milliseconds(1000)
        case .noFloor:
            scenario.faults = [.storeRollsBack, .storeForgets, .kill, .restart, .restart, .stepDown]
        case .noSuspension: scenario.faults = [.pause, .resume, .resume, .restart]
        case .trustFromReply, .waitFromRequest, .ballotsIgnored:
            scenario.faults = [.rough, .cut, .heal, .heal, .kill, .restart, .restart]
            scenario.strikeInterval = .milliseconds(500)
            scenario.lost = 10
            scenario.late = 400
            scenario.errors = 0
            scenario.clients = 4
        case .compareHolder, .unknownIsSuccess, .readBackIsFresh:
            scenario.faults = [
                .rough, .rough, .smooth, .cut, .heal, .heal, .pause, .resume, .resume, .kill, .restart,
                .restart,
            ]
            scenario.errors = 200
        case .promisesIgnored, .voterNotSilent, .minorityDecides:
            scenario.faults = [
                .voterRestarts, .voterRestarts, .cut, .cut, .heal, .rough, .smooth, .kill, .restart, .restart,
            ]
            scenario.voters = 3
        case .stampsAlone:
            // Proposals that reach one voter alone, more than one at a time.
            scenario.faults = [.rough, .rough, .stepDown, .cut, .heal, .heal, .kill, .restart, .restart]
            scenario.strikeInterval = .milliseconds(400)
            scenario.lost = 400
            scenario.late = 50
            scenario.clients = 5
            scenario.voters = 3
            scenario.holdsDiffer = true
            scenario.isGuarded = false
        case .epochNotDurable, .lostDiskVotes:
            scenario.faults = [
                .blackout, .blackout, .voterLosesDisk, .voterLosesDisk, .voterRestarts, .cut, .heal, .kill,
                .restart, .restart, .stepDown,
            ]
            scenario.voters = 3
        case .listsIgnored:
            scenario.faults = [
                .votersChange, .votersChange, .votersChange, .voterRestarts, .cut, .cut, .partition, .heal,
                .kill,
                .restart, .restart,
            ]
            scenario.voters = 3
            scenario.hurries = true
            scenario.strikeInterval = .milliseconds(500)
        case .noMargin, .clocksTooDifferent:
            if self == .clocksTooDifferent { scenario.clockRate = 200 }
            scenario.faults = [.cut, .cut, .heal, .heal, .kill, .restart, .restart]
            scenario.strikeInterval = .milliseconds(2000)
            scenario.errors = 0
        case .targetTrustsRow:
            scenario.faults = [
                .stepDown, .stepDown, .promote, .cut, .heal, .heal, .kill, .restart, .restart, .pause,
                .resume, .resume,
                .storeRollsBack,
            ]
            scenario.strikeInterval = .milliseconds(500)
        case .releaseBeforeDeath, .anySecret:
            scenario.faults = [.pause, .pause, .resume, .resume, .kill, .restart, .restart]
            scenario.isGuarded = true
        case .forgetfulStoreTrusted, .createAtOnce, .restartIsHolder, .yieldBeforeStop, .noWaiting,
            .wishesDelay, .renewalsUnseen:
            break
        }
    }
}
