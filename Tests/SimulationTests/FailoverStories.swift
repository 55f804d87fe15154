import Basics
import Engine
import Failover
import Membership
import Simulation
import Testing
import Wire

@Suite("Who leads, and who is next")
struct FailoverStories {
    @Test("a killed primary is replaced at once by the next in line", arguments: UInt64(1)...30)
    func killedPrimary(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        let primary = world.trustedPrimaries(in: "primary")[0]
        let next = world.running.first { world.position(of: $0) == 1 }
        world.kill(primary)
        #expect(
            world.run(atMost: .milliseconds(50)) {
                $0.trustedPrimaries(in: "primary") == [next].compactMap { $0 }
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test(
        "a stopped primary is replaced in two seconds and comes back as a standby", arguments: UInt64(1)...30)
    func stoppedPrimary(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        world.run(for: .milliseconds(Int64(seed) * 17))
        let primary = world.trustedPrimaries(in: "primary")[0]
        world.pause(primary)
        #expect(world.run(atMost: .milliseconds(2000)) { $0.trustedPrimaries(in: "primary").count == 1 })
        #expect(world.trustedPrimaries(in: "primary") != [primary])
        world.run(for: .seconds(Int64(seed % 7)))
        world.resume(primary)
        #expect(world.run(atMost: .milliseconds(500)) { ($0.position(of: primary) ?? 0) > 0 })
        world.calm()
        #expect(world.trustedPrimaries(in: "primary") != [primary])
        #expect(world.broken == nil)
    }

    @Test("a primary that leaves lets its host stop first", arguments: UInt64(1)...10)
    func leavingPrimary(seed: UInt64) {
        var world = settledWorld(nodes: 3, seed: seed)
        let primary = world.trustedPrimaries(in: "primary")[0]
        world.leave(primary)
        #expect(
            world.run(atMost: .milliseconds(100)) {
                $0.trustedPrimaries(in: "primary").count == 1 && !$0.processes[primary].exists
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("who steps down goes behind the next", arguments: UInt64(1)...10)
    func stepDown(seed: UInt64) {
        var world = settledWorld(nodes: 4, seed: seed)
        let primary = world.trustedPrimaries(in: "primary")[0]
        let next = world.running.first { world.position(of: $0) == 1 }
        world.stepDown(primary, role: "primary")
        #expect(
            world.run(atMost: .milliseconds(100)) {
                $0.trustedPrimaries(in: "primary") == [next].compactMap { $0 }
            })
        world.calm()
        #expect(world.trustedPrimaries(in: "primary") == [next].compactMap { $0 })
        #expect(world.broken == nil)
    }

    @Test("an arrival displaces nobody")
    func arrival() {
        var world = settledWorld(nodes: 3, seed: 11)
        let primary = world.trustedPrimaries(in: "primary")
        world.boot(host: 7)
        world.run(for: .seconds(10))
        #expect(world.trustedPrimaries(in: "primary") == primary)
        #expect(world.position(of: 3) == 3)
        #expect(world.broken == nil)
    }

    @Test(
        "each side of a partition has a primary; the one with the higher token stays",
        arguments: UInt64(1)...10)
    func partition(seed: UInt64) {
        var world = settledWorld(nodes: 5, seed: seed)
        world.split([0, 0, 1, 1, 1])
        world.run(for: .seconds(10))
        let primaries = world.trustedPrimaries(in: "primary")
        #expect(primaries.count == 2)
        let tokens = primaries.map { world.processes[$0].engine.failover.token(of: "primary") ?? 0 }
        world.heal()
        #expect(world.run(atMost: .seconds(3)) { $0.trustedPrimaries(in: "primary").count == 1 })
        let winner = tokens[0] > tokens[1] ? primaries[0] : primaries[1]
        #expect(world.trustedPrimaries(in: "primary") == [winner])
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("sixteen roles at once go to the same next one")
    func manyRoles() {
        let roles = (10..<26).map { "role\($0)" }
        var world = settledWorld(nodes: 3, seed: 12, roles: roles)
        for role in roles { #expect(world.trustedPrimaries(in: role).count == 1) }
        let primary = world.trustedPrimaries(in: roles[0])[0]
        world.kill(primary)
        #expect(
            world.run(atMost: .milliseconds(100)) { world in
                roles.allSatisfy { world.trustedPrimaries(in: $0).count == 1 }
            })
        world.calm()
        #expect(world.broken == nil)
    }

    @Test("a seat that the others could not be told of is refused, and a closed one is told")
    func room() {
        var world = settledWorld(nodes: 2, seed: 13, roles: [])
        var accepted = 0
        for number in 10..<30 {
            let role = "r\(number)" + String(repeating: "x", count: 61)
            world.call(0) { engine, now in
                let (isAccepted, actions) = engine.openSeat(role: role, savedToken: 0, now: now)
                accepted += isAccepted ? 1 : 0
                return actions
            }
        }
        #expect((5...12).contains(accepted))
        world.run(for: .seconds(3))
        #expect(world.processes[1].engine.membership.view["n01"]?.attributes.seats.count == accepted)
        let roles = world.processes[0].engine.failover.roles
        for role in roles {
            world.call(0) { $0.closeSeat(role: role, now: $1) }
            world.call(0) { $0.hostStopped(role: role, now: $1) }
        }
        world.run(for: .seconds(1))
        #expect(world.processes[1].engine.membership.view["n01"]?.attributes.seats.isEmpty == true)
        #expect(world.broken == nil)
    }

    @Test("a tag reaches all others")
    func tag() {
        var world = settledWorld(nodes: 5, seed: 14)
        world.call(2) { $0.setTag("zone", "b", now: $1).actions }
        world.run(for: .milliseconds(200))
        for index in [0, 1, 3, 4] {
            let tags = world.processes[index].engine.membership.view["n03"]?.attributes.tags
            #expect(tags?.map(\.value) == ["b"])
        }
        world.call(2) { $0.setTag("zone", nil, now: $1).actions }
        world.calm()
        #expect(world.processes[0].engine.membership.view["n03"]?.attributes.tags.isEmpty == true)
        #expect(world.broken == nil)
    }
}
