import Basics
import Engine
import Failover
import Lease
import Membership
import Simulation
import Testing
import Wire

@Suite("A lease in a store decides who leads")
struct LeasedStories {
    /// Members that have met, one of which leads.
    static func world(nodes: Int, seed: UInt64) -> World {
        var world = World(seed: seed)
        world.roles = ["primary"]
        world.keepLeases([.usual])
        for host in 0..<nodes {
            world.boot(host: host)
            world.run(for: .milliseconds(7))
        }
        world.run(for: .seconds(6))
        world.checkCalm()
        return world
    }

    @Test("a killed primary is replaced when its lease has ended, and not before", arguments: UInt64(1)...20)
    func killed(seed: UInt64) {
        var world = Self.world(nodes: 3, seed: seed)
        let primary = world.trustedPrimaries(in: "primary")[0]
        let next = world.running.first { world.position(of: $0) == 1 }
        world.kill(primary)
        #expect(!world.run(atMost: .milliseconds(2200)) { !$0.trustedPrimaries(in: "primary").isEmpty })
        #expect(
            world.run(atMost: .milliseconds(1600)) {
                $0.trustedPrimaries(in: "primary") == [next].compactMap { $0 }
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a hand-over waits for nothing but the host", arguments: UInt64(1)...20)
    func handOver(seed: UInt64) {
        var world = Self.world(nodes: 3, seed: seed)
        let primary = world.trustedPrimaries(in: "primary")[0]
        let next = world.running.first { world.position(of: $0) == 1 }
        world.stepDown(primary, role: "primary")
        #expect(
            world.run(atMost: .milliseconds(200)) {
                $0.trustedPrimaries(in: "primary") == [next].compactMap { $0 }
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "a primary that is not ready gives way when the role is resumed, and can lead again",
        arguments: UInt64(1)...10)
    func unreadyWhilePaused(seed: UInt64) {
        var world = Self.world(nodes: 2, seed: seed)
        let former = world.trustedPrimaries(in: "primary")[0]
        let other = 1 - former
        world.setPaused(true, at: other, role: "primary")
        world.run(for: .seconds(2))
        world.setReady(false, at: former, role: "primary")
        world.run(for: .seconds(2))
        #expect(world.trustedPrimaries(in: "primary") == [former])
        world.setPaused(false, at: former, role: "primary")
        #expect(world.run(atMost: .seconds(1)) { $0.trustedPrimaries(in: "primary") == [other] })
        world.setReady(true, at: former, role: "primary")
        world.run(for: .seconds(1))
        world.promote(world.processes[former].id, at: former, role: "primary")
        #expect(world.run(atMost: .seconds(1)) { $0.trustedPrimaries(in: "primary") == [former] })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "the place of a dead primary is filled in time, whatever is wished meanwhile",
        arguments: UInt64(1)...10)
    func wishesForTheDead(seed: UInt64) {
        var world = Self.world(nodes: 3, seed: seed)
        let former = world.trustedPrimaries(in: "primary")[0]
        let others = [(former + 1) % 3, (former + 2) % 3]
        world.kill(former)
        for step in 0..<40 where world.trustedPrimaries(in: "primary").isEmpty {
            let target = world.processes[others[step / 2 % 2]].id
            world.promote(target, at: others[step % 2], role: "primary")
            world.run(for: .milliseconds(100))
        }
        #expect(world.trustedPrimaries(in: "primary").count == 1)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a store that lost everything ends no pause; whoever resumes ends it", arguments: UInt64(1)...10)
    func pauseOutlivesStore(seed: UInt64) {
        var world = Self.world(nodes: 3, seed: seed)
        let former = world.trustedPrimaries(in: "primary")[0]
        let other = (former + 1) % 3
        world.setPaused(true, at: other, role: "primary")
        world.run(for: .seconds(2))
        world.emptyStore()
        world.run(for: .seconds(3))
        world.setReady(false, at: other, role: "primary")
        #expect(world.trustedPrimaries(in: "primary").isEmpty)
        #expect(!world.run(atMost: .seconds(10)) { !$0.trustedPrimaries(in: "primary").isEmpty })
        world.setPaused(false, at: other, role: "primary")
        #expect(world.run(atMost: .seconds(2)) { $0.trustedPrimaries(in: "primary").count == 1 })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "a store that lost everything gives no token twice, if one member remembers",
        arguments: UInt64(1)...20)
    func oneRemembers(seed: UInt64) {
        var world = Self.world(nodes: 3, seed: seed)
        for _ in 0..<3 {
            world.stepDown(world.trustedPrimaries(in: "primary")[0], role: "primary")
            world.run(for: .seconds(1))
        }
        for index in world.running { world.kill(index) }
        world.run(for: .seconds(5))
        world.emptyStore()
        for host in 0..<3 { world.boot(host: host, remembers: host == 2) }
        world.calm()
        #expect(world.checker.promotions > 4)
        #expect(world.broken == nil)
    }
}
