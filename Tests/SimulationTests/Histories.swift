import Simulation
import Testing

@Suite("Whatever goes wrong, the rules hold")
struct Histories {
    @Test("any fault in quick succession", arguments: UInt64(0)..<8)
    func short(block: UInt64) throws {
        try play("short", seeds: (block * 50 + 1)...(block * 50 + 50))
    }

    @Test(
        "one kind of fault at a time, for longer",
        arguments: [
            "calm", "churn", "pauses", "partition", "asymmetric", "starved", "duplicates", "liars",
            "strangers", "clocks", "wishes", "quorum", "leased",
        ], UInt64(0)..<1
    )
    func long(name: String, block: UInt64) throws {
        try play(name, seeds: (block * 5 + 1)...(block * 5 + 5))
    }

    private func play(_ name: String, seeds: ClosedRange<UInt64>) throws {
        var scenario = try #require(Scenario.named(name))
        scenario.seconds = min(scenario.seconds, 12)
        scenario.calmSeconds = min(scenario.calmSeconds, 12)
        for seed in seeds {
            let world = scenario.play(seed: seed)
            #expect(world.broken == nil, "\(scenario.replay(seed: seed))")
        }
    }

    @Test("one seed is one history", arguments: ["failover", "short"])
    func deterministic(name: String) throws {
        let scenario = try #require(Scenario.named(name))
        let one = scenario.play(seed: 77) { $0.trace.isOn = true }
        let other = scenario.play(seed: 77) { $0.trace.isOn = true }
        #expect(one.trace.lines == other.trace.lines)
        #expect(one.eventCount == other.eventCount)
    }
}
