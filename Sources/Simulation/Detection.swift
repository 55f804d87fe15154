package import Basics
import Engine
import Failover
import Membership
import Wire

/// How long it takes until all others know of a loss, measured over many seeds.
package struct Detection: Sendable {
    /// In rising order.
    package private(set) var times: [Interval] = []
    /// How often it was not known within ten seconds.
    package private(set) var missed = 0

    package enum Loss: Sendable, CaseIterable {
        case killed, silent, stopped, stoppedSilent, replaced, stoppedReplaced

        package var words: String {
            switch self {
            case .killed: "killed process, known to all"
            case .silent: "host without power, known to all"
            case .stopped: "stopped process, unresponsive to all"
            case .stoppedSilent: "host of a stopped process without power, known to all"
            case .replaced: "killed primary, another one leads"
            case .stoppedReplaced: "stopped primary, another one leads"
            }
        }
    }

    package var median: Interval { at(50) }
    package var late: Interval { at(99) }
    package var most: Interval { times.last ?? .zero }

    private func at(_ percent: Int) -> Interval {
        times.isEmpty ? .zero : times[min(times.count - 1, times.count * percent / 100)]
    }

    package static func measure(_ loss: Loss, nodes: Int, seeds: ClosedRange<UInt64>) -> Detection {
        var detection = Detection()
        for seed in seeds {
            if let time = once(loss, nodes: nodes, seed: seed) {
                detection.times.append(time)
            } else {
                detection.missed += 1
            }
        }
        detection.times.sort()
        return detection
    }

    private static func once(_ loss: Loss, nodes: Int, seed: UInt64) -> Interval? {
        var world = World(seed: seed)
        world.roles = ["primary"]
        for host in 0..<nodes {
            world.boot(host: host)
            world.run(for: .milliseconds(3))
        }
        world.run(for: .milliseconds(5000 + Int64(world.draw(1000))))
        guard let primary = world.trustedPrimaries(in: "primary").first else { return nil }
        let victim = loss == .replaced || loss == .stoppedReplaced ? primary : world.draw(nodes)
        if loss == .stoppedSilent {
            world.pause(victim)
            world.run(for: .seconds(3))
        }
        let began = world.now
        switch loss {
        case .killed, .replaced: world.kill(victim)
        case .silent, .stoppedSilent: world.crash(host: world.processes[victim].host)
        case .stopped, .stoppedReplaced: world.pause(victim)
        }
        let isKnown = world.run(atMost: .seconds(10)) { world in
            switch loss {
            case .replaced, .stoppedReplaced: !world.trustedPrimaries(in: "primary").isEmpty
            case .stopped: world.allHold(victim, for: .unresponsive)
            case .killed, .silent, .stoppedSilent: world.allHold(victim, for: .dead)
            }
        }
        return isKnown ? world.now - began : nil
    }
}

extension World {
    fileprivate func allHold(_ subject: Int, for status: Status) -> Bool {
        running.allSatisfy { index in
            index == subject
                || processes[index].engine.membership.view[processes[subject].id]?.status == status
        }
    }
}
