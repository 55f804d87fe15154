import Basics
import Lease
import Simulation
import Testing

@Suite("Histories")
struct HistoryTests {
    @Test("no two leases stand at once, tokens grow, and after calm one leads", arguments: UInt64(1)...3)
    func hold(seed: UInt64) {
        let world = LeaseHistory.play(seed: seed, length: .seconds(120))
        #expect(world.checker.violation?.text == nil)
        #expect(world.checker.promotions > 0)
        #expect(world.checker.calms > 0)
    }

    @Test("one seed is one history")
    func replay() {
        let first = LeaseHistory.play(seed: 9, length: .seconds(60), isTraced: true)
        let second = LeaseHistory.play(seed: 9, length: .seconds(60), isTraced: true)
        #expect(first.trace == second.trace)
        #expect(!first.trace.isEmpty)
    }

    /// The variants of the literature that hold: waiting no longer than the trust where all clocks run alike, trusting a good
    /// deal less than others wait where one clock gains a fifth on another, and
    /// voters whose promises alone protect the holder from those who do not wait.
    @Test("D = L holds where all clocks run at the same rate", arguments: UInt64(1)...3)
    func equalRates(seed: UInt64) {
        var scenario = LeaseScenario.drawn(seed: seed, broken: .noMargin)
        scenario.clockRate = 0
        scenario.holdsDiffer = false
        let world = LeaseHistory.play(scenario, seed: seed, length: .seconds(120))
        #expect(world.checker.violation?.text == nil)
    }

    @Test("D = 0.7 L holds on a store where clocks are a tenth fast or slow", arguments: UInt64(1)...3)
    func widelyApart(seed: UInt64) {
        var scenario = LeaseScenario.drawn(seed: seed, broken: .clocksTooDifferent)
        scenario.clockRate = 100
        let world = LeaseHistory.play(scenario, seed: seed, length: .seconds(120))
        #expect(world.checker.violation?.text == nil)
        #expect(world.checker.promotions > 0)
    }

    @Test("voters protect the holder from those who do not wait", arguments: UInt64(1)...3)
    func impatience(seed: UInt64) {
        var scenario = LeaseScenario.drawn(seed: seed, broken: .noWaiting)
        scenario.authority = .voters
        scenario.faults = LeaseScenario.majority
        let world = LeaseHistory.play(scenario, seed: seed, length: .seconds(120))
        #expect(world.checker.violation?.text == nil)
        #expect(world.checker.promotions > 0)
    }

    /// As long as no disk is lost: what voters remember stands in for the operator's patience.
    @Test(
        "lists of voters that are changed in a hurry let nobody lead beside another", arguments: UInt64(1)...3
    )
    func hurry(seed: UInt64) {
        var scenario = LeaseScenario.drawn(seed: seed, broken: .listsIgnored)
        scenario.broken = nil
        let world = LeaseHistory.play(scenario, seed: seed, length: .seconds(120))
        #expect(world.checker.violation?.text == nil)
        #expect(world.checker.promotions > 0)
    }

    /// Rules whose absence shows within seconds; `Tests/simulation/run` shows all.
    @Test(
        "without a rule it goes wrong",
        arguments: [
            LeaseBreak.noWaiting, .clockStops, .clocksTooDifferent, .noFloor, .forgetfulStoreTrusted,
            .yieldBeforeStop, .promisesIgnored, .minorityDecides, .listsIgnored,
        ])
    func broken(rule: LeaseBreak) {
        let isCaught = (UInt64(1)...60).contains {
            LeaseHistory.play(seed: $0, length: .seconds(120), broken: rule).checker.violation != nil
        }
        #expect(isCaught)
    }
}
