import Simulation
import Testing

@Suite("Whatever goes wrong, the rules hold")
struct Histories {
    @Test("any fault in quick succession", arguments: UInt64(0)..<20)
    func short(block: UInt64) throws {
        try play("short", seeds: (block * 50 + 1)...(block * 50 + 50))
    }

    @Test(
        "one kind of fault at a time, for longer", arguments: ["clean", "pauses", "partitions"], UInt64(0)..<4
    )
    func long(name: String, block: UInt64) throws {
        try play(name, seeds: (block * 10 + 1)...(block * 10 + 10))
    }

    private func play(_ name: String, seeds: ClosedRange<UInt64>) throws {
        let scenario = try #require(Scenario.named(name))
        for seed in seeds {
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
