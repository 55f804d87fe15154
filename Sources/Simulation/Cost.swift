package import Basics
import Engine
import Membership

/// What the protocol costs: how many datagrams and bytes a node sends while a crowd joins through one seed, and
/// while nothing happens.
package struct Cost: Sendable {
    package let nodes: Int
    /// From the first start until all see the same; nil where that did not come within ten seconds.
    package var joined: Interval?
    /// Sent by one node, on average and at most, until then.
    package var joinPackets = Share()
    /// Payload bytes.
    package var joinBytes = Share()
    package var joinRequests = Share()
    /// Per node and second, while nothing happens.
    package var idlePackets = Share()
    package var idleBytes = Share()
    package var idleTicks = Share()
    package var events = 0

    /// An average over all nodes, and the busiest of them.
    package struct Share: Sendable {
        package var average = 0.0
        package var most = 0.0

        init(_ counts: [Int] = [], per seconds: Int = 1) {
            guard !counts.isEmpty else { return }
            average = Double(counts.reduce(0, +)) / Double(counts.count * seconds)
            most = Double(counts.max() ?? 0) / Double(seconds)
        }
    }

    /// Starts that many within a second, all with one seed, and then leaves them alone.
    package static func measure(nodes: Int, seed: UInt64, idleSeconds: Int = 30) -> Cost {
        var cost = Cost(nodes: nodes)
        var world = World(seed: seed)
        world.hasMulticast = false
        world.roles = ["primary"]
        let gap = Interval(nanoseconds: 1_000_000_000 / Int64(nodes))
        for host in 0..<nodes {
            world.boot(host: host, seeds: [World.address(host: 0)])
            world.run(for: gap)
        }
        let end = world.now + .seconds(10)
        while world.now < end, !world.isOfOneMind { world.run(for: .milliseconds(10)) }
        cost.joined = world.isOfOneMind ? world.now - Instant(nanoseconds: 0) : nil
        cost.joinPackets = Share(world.processes.map(\.traffic.sent.datagrams))
        cost.joinBytes = Share(world.processes.map(\.traffic.sent.datagramBytes))
        cost.joinRequests = Share(world.processes.map(\.requestsMade))
        world.run(for: .seconds(10))
        let before = world.processes
        world.run(for: .seconds(Int64(idleSeconds)))
        let differences = { (value: (Process) -> Int) in
            zip(world.processes, before).map { value($0) - value($1) }
        }
        cost.idlePackets = Share(differences { $0.traffic.sent.datagrams }, per: idleSeconds)
        cost.idleBytes = Share(differences { $0.traffic.sent.datagramBytes }, per: idleSeconds)
        cost.idleTicks = Share(differences { $0.ticks }, per: idleSeconds)
        cost.events = world.eventCount
        return cost
    }
}
