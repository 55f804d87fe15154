import Simulation
import Testing

@Suite("Whatever goes wrong, the rules hold")
struct Histories {
    /// Blocks of seeds, so that the runner can spread them over its cores.
    static let blocks = (0..<10).map { UInt64($0) * 20 + 1 }

    @Test("random faults", arguments: Scenario.all.map(\.name), Histories.blocks)
    func random(name: String, first: UInt64) throws {
        var scenario = try #require(Scenario.named(name))
        scenario.seconds = 10
        for seed in first..<(first + 20) {
            let world = scenario.play(seed: seed)
            #expect(world.broken == nil, "\(scenario.replay(seed: seed))")
        }
    }

    @Test("one seed is one history", arguments: Scenario.all.map(\.name))
    func deterministic(name: String) throws {
        let scenario = try #require(Scenario.named(name))
        let one = scenario.play(seed: 77, isTraced: true)
        let other = scenario.play(seed: 77, isTraced: true)
        #expect(one.trace.lines == other.trace.lines)
        #expect(one.eventCount == other.eventCount)
    }
}
