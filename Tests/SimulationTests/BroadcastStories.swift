import Basics
import Simulation
import Testing

@Suite("What hosts tell all others reaches them, once")
struct BroadcastStories {
    @Test("all of thirty within a quarter of a second", arguments: UInt64(1)...5)
    func reachesAll(seed: UInt64) {
        var world = settledWorld(nodes: 30, seed: seed)
        world.broadcast(from: Int(seed))
        #expect(world.run(atMost: .milliseconds(250)) { $0.allHave(1, of: Int(seed)) })
        world.run(for: .seconds(3))
        world.checkCalm()
        #expect(world.broken == nil)
    }

    @Test("also where a quarter of all datagrams is lost and a tenth comes twice", arguments: UInt64(1)...5)
    func loss(seed: UInt64) {
        var world = settledWorld(nodes: 20, seed: seed)
        world.network.conditions.lost = 250
        world.network.conditions.doubled = 100
        world.network.conditions.late = 300
        for index in 0..<20 { world.broadcast(from: index) }
        #expect(world.run(atMost: .seconds(5)) { world in (0..<20).allSatisfy { world.allHave(1, of: $0) } })
        #expect(world.broken == nil)
    }

    @Test("also while members come and go all the time", arguments: UInt64(1)...3)
    func churn(seed: UInt64) {
        var world = settledWorld(nodes: 10, seed: seed)
        world.hasMulticast = false
        for round in 1...20 {
            let newcomers = (0..<6).map { world.boot(host: 10 + $0, seeds: [World.address(host: 0)]) }
            for index in 0..<10 { world.broadcast(from: index, bytes: 512) }
            world.run(for: .milliseconds(400))
            for newcomer in newcomers { world.kill(newcomer) }
            world.run(for: .milliseconds(300))
            #expect(
                world.run(atMost: .seconds(3)) { world in
                    (0..<10).allSatisfy { origin in
                        (0..<10).allSatisfy { $0 == origin || world.has(UInt64(round), of: origin, at: $0) }
                    }
                })
        }
        #expect(world.broken == nil)
    }

    @Test("a death is known as soon, however much there is to tell", arguments: UInt64(1)...10)
    func flood(seed: UInt64) {
        var world = settledWorld(nodes: 10, seed: seed)
        for _ in 0..<100 {
            for index in 0..<10 { while world.broadcast(from: index, bytes: 512) {} }
            world.run(for: .milliseconds(20))
        }
        world.kill(3)
        #expect(world.run(atMost: .milliseconds(50)) { $0.allKnowTheEnd(of: 3) })
        // What waits is told out, and then there is silence.
        world.run(for: .seconds(60))
        world.checkCalm()
        #expect(world.broken == nil)
    }
}

extension World {
    fileprivate func has(_ sequence: UInt64, of origin: Int, at index: Int) -> Bool {
        let maker = processes[origin].identity
        return processes[index].heard.contains(
            Heard(origin: maker.id, nonce: maker.nonce, sequence: sequence))
    }

    fileprivate func allHave(_ sequence: UInt64, of origin: Int) -> Bool {
        running.allSatisfy { $0 == origin || has(sequence, of: origin, at: $0) }
    }
}
