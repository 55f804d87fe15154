import Basics
import Simulation
import Testing
import Wire

@Suite("Who is gone, and how soon the others know")
struct DetectionStories {
    @Test("a killed process is known to all others within 50 ms", arguments: UInt64(1)...40)
    func killedProcess(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        let victim = Int(seed % 3)
        world.run(for: .milliseconds(Int64(seed) * 13))
        world.kill(victim)
        #expect(world.run(atMost: .milliseconds(50)) { $0.allKnowTheEnd(of: victim) })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("in a cluster of 30, too", arguments: UInt64(1)...4)
    func killedProcessOfMany(seed: UInt64) {
        var world = settledWorld(nodes: 30, seed: seed)
        world.kill(Int(seed) * 3)
        #expect(world.run(atMost: .milliseconds(150)) { $0.allKnowTheEnd(of: Int(seed) * 3) })
        #expect(world.broken == nil)
    }

    @Test("a host that lost its power is found in four seconds", arguments: UInt64(1)...20)
    func silentHost(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        world.run(for: .milliseconds(Int64(seed) * 37))
        world.crash(host: 1)
        #expect(!world.run(atMost: .milliseconds(900)) { $0.allKnowTheEnd(of: 1) })
        #expect(world.run(atMost: .milliseconds(3100)) { $0.allKnowTheEnd(of: 1) })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a stopped process is unresponsive, not dead, and comes back", arguments: UInt64(1)...10)
    func stoppedProcess(seed: UInt64) {
        var world = settledWorld(nodes: 4, seed: seed)
        world.pause(2)
        #expect(
            world.run(atMost: .milliseconds(2500)) { world in
                world.running.allSatisfy { world.status(of: 2, at: $0) == .unresponsive }
            })
        world.run(for: .seconds(20))
        #expect(world.running.allSatisfy { world.status(of: 2, at: $0) == .unresponsive })
        world.resume(2)
        #expect(
            world.run(atMost: .seconds(1)) { world in
                [0, 1, 3].allSatisfy { world.status(of: 2, at: $0) == .alive }
            })
        #expect(world.checker.falseDeaths == 0)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a process stopped for longer than that is dropped, and comes back when it goes on")
    func stoppedForLong() {
        var world = settledWorld(nodes: 3, seed: 5)
        world.pause(0)
        #expect(world.run(atMost: .seconds(40)) { $0.allKnowTheEnd(of: 0) })
        #expect(world.now > Instant(nanoseconds: 30_000_000_000))
        world.resume(0)
        #expect(world.run(atMost: .seconds(2)) { $0.allSee(3) })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "the two sides of a partition of any length agree again within five seconds", arguments: [5, 60, 300])
    func partition(seconds: Int64) {
        var world = settledWorld(nodes: 4, seed: UInt64(seconds))
        world.split([0, 0, 1, 1])
        world.run(for: .seconds(seconds))
        world.heal()
        #expect(world.run(atMost: .seconds(5)) { $0.allSee(4) && $0.allAgree() })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("loss of a quarter of all datagrams kills nobody", arguments: UInt64(1)...3)
    func loss(seed: UInt64) {
        var world = settledWorld(nodes: 12, seed: seed)
        var conditions = Network.Conditions()
        conditions.lost = 250
        world.worsen(conditions)
        world.run(for: .seconds(60))
        #expect(world.checker.falseDeaths == 0)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a member that leaves is gone at once, everywhere, and nobody suspects it")
    func leaving() {
        var world = settledWorld(nodes: 5, seed: 8)
        world.leave(3)
        #expect(world.run(atMost: .milliseconds(200)) { !$0.processes[3].exists && $0.allKnowTheEnd(of: 3) })
        #expect(world.checker.suspicions == 0)
        world.calm()
        #expect(world.broken == nil)
    }
}
