package import Basics

/// Strikes at random moments with random faults, until it is told to stop.
package struct Nemesis: Sendable {
    package var faults: [Fault]
    /// The average distance between two strikes.
    package var interval: Interval
    package var hosts: Int
    package var ends: Instant

    package enum Fault: Sendable, CaseIterable {
        case kill, restart, pause, resume, crash, split, deafen, heal, lose, recover, leave, stepDown, tell
    }

    /// What happens on a good network.
    package static let clean: [Fault] = [.kill, .restart, .restart, .leave, .stepDown]
    package static let pauses: [Fault] = [.kill, .tell, .restart, .restart, .pause, .resume, .resume]
    package static let partitions: [Fault] = [.split, .tell, .deafen, .heal, .kill, .restart, .restart]
    package static let everything: [Fault] = Fault.allCases + [.restart, .restart, .resume, .heal, .recover]
}

extension World {
    package mutating func unleash(_ nemesis: Nemesis) {
        self.nemesis = nemesis
        queue.push(.fault, at: now + nemesis.interval)
    }

    mutating func strike() {
        guard let nemesis, now < nemesis.ends else { return }
        let span = Int(nemesis.interval.nanoseconds)
        queue.push(.fault, at: now + Interval(nanoseconds: Int64(generator.below(2 * span)) + 1))
        let fault = nemesis.faults[generator.below(nemesis.faults.count)]
        let host = generator.below(nemesis.hosts)
        let victim = processes.lastIndex { $0.host == host && $0.exists }
        switch fault {
        case .kill: if let victim { kill(victim) }
        case .restart: if victim == nil { bootAgain(host, of: nemesis) }
        case .pause: if let victim { pause(victim) }
        case .resume:
            if let paused = processes.indices.first(where: { processes[$0].state == .paused }) {
                resume(paused)
            }
        case .crash: crash(host: host)
        case .split: split((0..<nemesis.hosts).map { _ in generator.below(2) })
        case .deafen: deafen(host, to: generator.below(nemesis.hosts))
        case .heal: if !network.isWhole { heal() }
        case .lose:
            var conditions = Network.Conditions()
            conditions.lost = generator.below(300)
            conditions.doubled = generator.below(100)
            conditions.late = generator.below(200)
            worsen(conditions)
        case .recover: worsen(.perfect)
        case .leave: if let victim { leave(victim) }
        case .tell: tellAll()
        case .stepDown: if let victim, processes[victim].isRunning { stepDownEverywhere(victim) }
        }
    }

    private mutating func stepDownEverywhere(_ index: Int) {
        for role in roles { stepDown(index, role: role) }
    }

    /// Starts a process again on its host, now and then with a clock that is off by up to a minute.
    private mutating func bootAgain(_ host: Int, of nemesis: Nemesis) {
        let isClockOff = generator.below(4) == 0
        let offset = isClockOff ? Interval.milliseconds(Int64(generator.below(120_000)) - 60_000) : .zero
        let seeds = hasMulticast ? [] : (0..<nemesis.hosts).map { World.address(host: $0) }
        boot(host: host, seeds: seeds, wallOffset: offset)
    }
}
