package import Basics
import Engine

/// Strikes at random moments with random faults, until it is told to stop.
package struct Nemesis: Sendable {
    package var faults: [Fault]
    /// The average distance between two strikes.
    package var interval: Interval
    package var hosts: Int
    /// Which of so many clusters a host belongs to goes by its number.
    package var clusters = 1
    package var ends: Instant

    package enum Fault: Sendable, CaseIterable {
        case kill, restart, pause, resume, crash, leave, stepDown, tag, tell
        case split, deafen, lose, loseAtHost, recover, heal
        case storm, starve, duplicate, cutLinks, lie, lieToAll
        // What hosts ask for.
        case promote, pauseRole, resumeRole, ready, unready, decline
        // What leases must stand: a holder that stops for about as long as one lasts, and what becomes of the store.
        case stall, cutFromStore, storeAway, storeTroubled, storeForgets, storeWell
        /// A stop of any length that is no death yet.
        case standStill
    }

    /// What happens on a good network.
    package static let churn: [Fault] = [.kill, .restart, .restart, .leave, .stepDown, .tag]
    package static let pauses: [Fault] = [.kill, .tell, .restart, .restart, .pause, .resume, .resume]
    package static let partitions: [Fault] = [.split, .tell, .deafen, .heal, .kill, .restart, .restart]
    package static let asymmetric: [Fault] = [.loseAtHost, .loseAtHost, .deafen, .heal, .kill, .restart]
    package static let starvation: [Fault] = [.starve, .starve, .kill, .restart, .restart]
    package static let standing: [Fault] = [.standStill, .starve]
    package static let storms: [Fault] = [.storm, .kill, .restart, .restart]
    package static let duplicates: [Fault] = [.duplicate, .kill, .restart, .split, .heal, .heal]
    package static let lies: [Fault] = [.cutLinks, .lie, .lie, .lieToAll, .heal, .heal]
    package static let wishes: [Fault] = [
        .promote, .promote, .stepDown, .pauseRole, .resumeRole, .unready, .ready, .ready, .decline, .kill,
        .leave,
        .restart, .restart,
    ]
    package static let everything: [Fault] =
        Fault.allCases.filter { !stores.contains($0) && $0 != .standStill }
        + [.restart, .restart, .resume, .resumeRole, .ready, .heal, .recover]
    package static let leased: [Fault] =
        wishes + stores + [
            .pause, .resume, .resume, .stall, .stall, .starve, .crash, .restart, .split, .deafen, .heal,
            .heal, .lose,
            .loseAtHost, .recover, .storm, .cutLinks, .lie, .lieToAll, .storeWell, .storeWell,
        ]
    package static let stores: [Fault] = [
        .stall, .cutFromStore, .storeAway, .storeTroubled, .storeForgets, .storeWell,
    ]
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
        case .kill, .pause, .leave, .stepDown, .tag, .starve, .cutLinks, .lie, .lieToAll, .promote,
            .pauseRole,
            .resumeRole, .ready, .unready, .decline, .stall, .standStill:
            if let victim { strike(victim, fault, nemesis) }
        case .restart: if victim == nil { bootAgain(host, of: nemesis) }
        case .resume:
            let paused = processes.indices.first {
                processes[$0].state == .paused && processes[$0].starvation == nil
            }
            if let paused { resume(paused) }
        case .crash: crash(host: host)
        case .split: split((0..<nemesis.hosts).map { _ in generator.below(2) })
        case .deafen: deafen(host, to: generator.below(nemesis.hosts))
        case .loseAtHost: lose(at: host, someLoss())
        case .heal: if !network.isWhole { heal() }
        case .lose: worsen(someConditions())
        case .recover: worsen(.perfect)
        case .storm: storm(of: nemesis)
        case .tell: tellAll()
        case .duplicate: duplicate(on: host, of: nemesis)
        case .cutFromStore: cutFromStore(host)
        case .storeAway: takeStoreDown(for: .milliseconds(Int64(generator.below(8000))))
        case .storeTroubled: troubleStore(errors: generator.below(200), late: generator.below(200))
        case .storeForgets: failOverStore()
        case .storeWell: mendStore()
        }
    }

    /// Something happens to one process.
    private mutating func strike(_ victim: Int, _ fault: Nemesis.Fault, _ nemesis: Nemesis) {
        switch fault {
        case .kill: kill(victim)
        case .pause: pause(victim)
        case .leave: leave(victim)
        case .stepDown:
            guard processes[victim].isRunning else { return }
            for role in roles { stepDown(victim, role: role) }
        case .tag:
            let value = "\(generator.below(10))"
            call(victim) { $0.setTag("tag", value, now: $1).actions }
        case .starve:
            let stops = Interval.milliseconds(Int64(50 << generator.below(8)))
            let runs = Interval.milliseconds(Int64(1 << generator.below(10)))
            let ends = min(now + .seconds(Int64(5 + generator.below(15))), nemesis.ends)
            starve(victim, Starvation(stops: stops, runs: runs, ends: ends, isUneven: true))
        case .stall:
            let stop = Interval.milliseconds(Int64(100 + generator.below(2000)))
            let primary = roles.first.flatMap { trustedPrimaries(in: $0).first }
            starve(primary ?? victim, Starvation(stops: stop, runs: stop, ends: now + stop))
        case .standStill:
            let stop = Interval.seconds(Int64(5 + generator.below(20)))
            starve(victim, Starvation(stops: stop, runs: stop, ends: now + stop))
        case .cutLinks: cutLinks(of: victim)
        case .lie where !network.isLying:
            // As many as may be deceived: three that agree are enough for a death.
            let others = company(of: victim)
            let deceived = min(2, others.count - 1)
            if deceived > 0 {
                lie(about: victim, to: Array(others.shuffled(using: &generator).prefix(deceived)))
            }
        case .lieToAll where !network.isLying:
            lie(about: victim, to: company(of: victim))
        case .promote:
            let target = World.id(generator.below(nemesis.hosts))
            for role in roles { promote(target, at: victim, role: role) }
        case .pauseRole, .resumeRole:
            for role in roles { setPaused(fault == .pauseRole, at: victim, role: role) }
        case .ready, .unready:
            for role in roles { setReady(fault == .ready, at: victim, role: role) }
        case .decline:
            // A second time it rests for longer than it takes to look.
            guard processes[victim].timesDeclined < 2 else { return }
            for role in roles { decline(victim, role: role) }
        default: break
        }
    }

    /// The hosts of the others.
    private func company(of index: Int) -> [Int] {
        let hosts = running.filter { $0 != index && processes[$0].cluster == processes[index].cluster }
            .map { processes[$0].host }
        return Set(hosts).subtracting([processes[index].host]).sorted()
    }

    private mutating func someLoss() -> Network.HostLoss {
        let loss = 200 + generator.below(700)
        return generator.below(2) == 0
            ? Network.HostLoss(sent: loss) : Network.HostLoss(received: loss)
    }

    private mutating func someConditions() -> Network.Conditions {
        var conditions = Network.Conditions()
        conditions.lost = generator.below(300)
        conditions.doubled = generator.below(100)
        conditions.late = generator.below(200)
        return conditions
    }

    /// Half of all processes end at once and start again at once, as they do when an orchestrator rolls carelessly.
    private mutating func storm(of nemesis: Nemesis) {
        for host in 0..<nemesis.hosts where generator.below(2) == 0 {
            for victim in processes.indices where processes[victim].host == host { kill(victim) }
            bootAgain(host, of: nemesis)
        }
        checker.upset(now)
    }

    /// A host is given the id of another one.
    private mutating func duplicate(on host: Int, of nemesis: Nemesis) {
        let other = generator.below(nemesis.hosts)
        let port = World.secondPort
        guard other != host, listeners[World.key(World.address(host: host, port: port))] == nil else {
            return
        }
        boot(
            host: host, id: World.id(other), cluster: host % nemesis.clusters, port: port,
            seeds: seeds(of: nemesis))
    }

    /// Starts a process again on its host, now and then with a clock that is off by up to a minute.
    private mutating func bootAgain(_ host: Int, of nemesis: Nemesis) {
        let isClockOff = generator.below(4) == 0
        let offset = isClockOff ? Interval.milliseconds(Int64(generator.below(120_000)) - 60_000) : .zero
        boot(
            host: host, cluster: host % nemesis.clusters, seeds: seeds(of: nemesis), wallOffset: offset,
            remembers: register != nil && (isStoreBehind || generator.below(2) == 0))
    }

    /// The second ports, too: where only those live that were given another's id, nobody would find them else.
    private func seeds(of nemesis: Nemesis) -> [Address] {
        guard !hasMulticast else { return [] }
        return (0..<nemesis.hosts).map { World.address(host: $0) }
            + (0..<nemesis.hosts).map { World.address(host: $0, port: World.secondPort) }
    }

    /// Of a second process on a host.
    static let secondPort: UInt16 = 7401
}
