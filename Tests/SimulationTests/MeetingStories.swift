import Basics
import Engine
import Membership
import Simulation
import Testing
import Wire

@Suite("How members meet")
struct MeetingStories {
    @Test("by multicast within 100 ms", arguments: UInt64(1)...20)
    func multicast(seed: UInt64) {
        var world = World(seed: seed)
        for host in 0..<3 { world.boot(host: host) }
        #expect(world.run(atMost: .milliseconds(100)) { $0.allSee(3) })
        #expect(world.broken == nil)
    }

    @Test("by one seed within 30 ms", arguments: UInt64(1)...20)
    func seeds(seed: UInt64) {
        var world = World(seed: seed)
        world.hasMulticast = false
        world.boot(host: 0)
        world.run(for: .seconds(1))
        for host in 1..<3 { world.boot(host: host, seeds: [World.address(host: 0)]) }
        #expect(world.run(atMost: .milliseconds(30)) { $0.allSee(3) })
        #expect(world.broken == nil)
    }

    @Test("sixty through one seed all agree in a second")
    func crowd() {
        var world = World(seed: 60)
        world.hasMulticast = false
        for host in 0..<60 { world.boot(host: host, seeds: [World.address(host: 0)]) }
        #expect(world.run(atMost: .seconds(1)) { $0.allSee(60) && $0.allAgree() })
        #expect(world.broken == nil)
    }

    @Test("a seed that comes late is found")
    func lateSeed() {
        var world = World(seed: 2)
        world.hasMulticast = false
        world.boot(host: 0, seeds: [World.address(host: 1)])
        world.run(for: .seconds(60))
        world.boot(host: 1)
        #expect(world.run(atMost: .seconds(2)) { $0.allSee(2) })
        #expect(world.broken == nil)
    }

    @Test("two clusters on one wire never meet")
    func twoClusters() {
        var world = World(seed: 3)
        world.roles = ["primary"]
        for host in 0..<6 {
            world.boot(host: host, cluster: host % 2, seeds: (0..<6).map { World.address(host: $0) })
        }
        world.run(for: .seconds(30))
        #expect(world.allSee(3))
        #expect(world.trustedPrimaries(in: "primary").count == 2)
        #expect(world.broken == nil)
    }
}

@Suite("Two starts of one id")
struct NamesakeStories {
    @Test("a restart takes its predecessor's place at once", arguments: UInt64(1)...20, [Int64(0), -60, 60])
    func restart(seed: UInt64, clockSeconds: Int64) {
        var world = settledWorld(nodes: 3, seed: seed)
        world.kill(1)
        world.run(for: .milliseconds(Int64(seed % 4)))
        let again = world.boot(host: 1, wallOffset: .seconds(clockSeconds))
        #expect(
            world.run(atMost: .milliseconds(300)) { world in
                [0, 2].allSatisfy {
                    world.processes[$0].engine.membership.view["n02"]?.identity
                        == world.processes[again].identity
                }
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a restart at another port, too", arguments: UInt64(1)...10)
    func restartElsewhere(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        world.kill(1)
        let again = world.boot(host: 1, port: 7401)
        #expect(world.run(atMost: .milliseconds(300)) { $0.allSee(3) })
        #expect(world.processes[again].wasRefused == false)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "while the older lives the younger is refused and the older is told", arguments: UInt64(1)...10,
        [Int64(0), -60, 60])
    func duplicate(seed: UInt64, clockSeconds: Int64) {
        var world = settledWorld(nodes: 3, seed: seed)
        let younger = world.boot(host: 5, id: "n02", wallOffset: .seconds(clockSeconds))
        #expect(
            world.run(atMost: .seconds(1)) {
                $0.processes[younger].wasRefused && $0.processes[1].sawDuplicate
            })
        #expect(!world.processes[1].wasRefused)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("with nobody else to ask the older decides alone", arguments: [Int64(0), -60, 60])
    func duplicateOfOne(clockSeconds: Int64) {
        var world = World(seed: 4)
        world.hasMulticast = false
        world.roles = ["primary"]
        let older = world.boot(host: 0, id: "only")
        world.run(for: .seconds(3))
        let younger = world.boot(
            host: 1, id: "only", seeds: [World.address(host: 0)], wallOffset: .seconds(clockSeconds))
        #expect(
            world.run(atMost: .seconds(1)) {
                $0.processes[younger].wasRefused && $0.processes[older].sawDuplicate
            })
        #expect(!world.processes[older].wasRefused)
        #expect(world.broken == nil)
    }

    @Test(
        "while the older is stopped the younger waits; then the older is dropped, for good",
        arguments: UInt64(1)...3)
    func pending(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        world.pause(1)
        world.run(for: .seconds(3))
        let younger = world.boot(host: 5, id: "n02")
        world.run(for: .seconds(10))
        #expect(world.status(of: 1, at: 0) == .unresponsive)
        #expect(
            world.run(atMost: .seconds(30)) { world in
                world.processes[0].engine.membership.view["n02"]?.identity
                    == world.processes[younger].identity
            })
        // The older goes on, too late.
        world.resume(1)
        #expect(world.run(atMost: .seconds(5)) { $0.processes[1].wasRefused })
        #expect(!world.processes[younger].wasRefused)
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("when two live ones meet after a partition, the younger leaves", arguments: UInt64(1)...10)
    func merge(seed: UInt64) {
        var world = settledWorld(nodes: 4, seed: seed)
        world.split([0, 0, 1, 1, 1, 1])
        world.run(for: .seconds(15))
        let younger = world.boot(host: 5, id: "n01")
        #expect(
            world.run(atMost: .seconds(1)) {
                !$0.processes[younger].wasRefused && $0.status(of: younger, at: 2) == .alive
            })
        world.heal()
        #expect(world.run(atMost: .seconds(10)) { $0.processes[younger].wasRefused })
        #expect(!world.processes[0].wasRefused)
        world.calm()
        #expect(world.broken == nil)
    }
}
