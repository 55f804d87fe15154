package import Basics
import Engine
import Membership

/// A crowd that starts at one instant and knows nobody but one member: what its coming costs that member and the others.
package struct Joining: Sendable {
    package let members: Int
    /// From the start of the crowd until all see the same; nil where that did not come within a minute.
    package private(set) var agreedAfter: Interval?
    /// Of the member that all asked, until then.
    package private(set) var seed = Traffic()
    /// Of that one among the others with the most bytes.
    package private(set) var busiest = Traffic()
    /// In a second, at any of the others.
    package private(set) var mostDatagrams = 0
    package private(set) var violation: Checker.Violation?

    /// How long it may take: what a node sends is bounded in each moment, so that large crowds take longer.
    package var longest: Interval { members > 100 ? .seconds(5) : .seconds(1) }
    /// So many datagrams may any member send and be sent in a second.
    package var datagramsMost: Int { 100 + members }
    /// So much the seed may have to say: to each that comes, all that came before.
    package var bytesMost: Int { 50 * members * members }

    package var isWell: Bool {
        guard let agreedAfter, violation == nil else { return false }
        return agreedAfter <= longest && seed.bytes <= bytesMost
            && max(seed.peakDatagrams, mostDatagrams) <= datagramsMost
    }

    package init(members: Int, seed: UInt64) {
        self.members = members
        var world = World(seed: seed)
        world.hasMulticast = false
        world.boot(host: 0)
        world.run(for: .seconds(5))
        let began = world.now
        for host in 1..<max(2, members) { world.boot(host: host, seeds: [World.address(host: 0)]) }
        let end = began + .seconds(60)
        while world.checker.violation == nil, world.now < end, !world.isOfOneMind {
            world.run(for: .milliseconds(10))
        }
        if world.isOfOneMind { agreedAfter = world.now - began }
        self.seed = world.processes[0].traffic
        busiest = world.processes.dropFirst().map(\.traffic).max { $0.bytes < $1.bytes } ?? busiest
        mostDatagrams = world.processes.dropFirst().map(\.traffic.peakDatagrams).max() ?? 0
        violation = world.checker.violation
    }
}
