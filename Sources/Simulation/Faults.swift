package import Basics
import Engine
import Lease
import Membership
import Wire

/// What a tester does to the world: starts, kills, stops, cuts, loses, lies.
extension World {
    /// Starts a process on a host; returns its number. The wall clock may be off by the given amount.
    @discardableResult
    package mutating func boot(
        host: Int, id: String? = nil, cluster: Int = 0, port: UInt16 = 7400, seeds: [Address] = [],
        wallOffset: Interval = .zero, remembers: Bool = false
    ) -> Int {
        let index = add(host: host, id: id, cluster: cluster, port: port, wallOffset: wallOffset)
        if isTold { tell(.fault, "starts", index) }
        var actions = processes[index].engine.start(seeds: seeds, now: local(index))
        for role in roles {
            let saved = remembers ? savedTokens[processes[index].id] ?? 0 : 0
            actions +=
                processes[index].engine.openSeat(role: role, savedToken: saved, now: local(index)).actions
        }
        perform(actions, by: index)
        return index
    }

    /// A process that listens and has not begun.
    mutating func add(
        host: Int, id: String?, cluster: Int, port: UInt16, wallOffset: Interval
    ) -> Int {
        let index = processes.count
        let address = World.address(host: host, port: port)
        let wall = 1_800_000_000_000_000 + (now.nanoseconds + wallOffset.nanoseconds) / 1000
        let identity = Identity(
            id: id ?? World.id(host), generation: UInt64(max(1, wall)), nonce: generator.next())
        let shown = Instant(nanoseconds: Int64(generator.below(1_000_000_000)) * 1_000_000)
        let drift = driftMost > 0 ? Int64(generator.below(2 * driftMost + 1) - driftMost) : 0
        let lease = register.map {
            (settings: $0.settings(host: host), seed: Nonce(high: generator.next(), low: generator.next()))
        }
        let engine = Engine(
            identity: identity, attributes: Attributes(address: address), membership: tamperedSettings,
            failover: tamperedFailoverSettings, lease: lease, seed: mutation == .twins ? 1 : generator.next(),
            wallSeconds: UInt64(max(1, wall)) / 1_000_000, now: shown)
        processes.append(
            Process(
                index: index, host: host, cluster: cluster, address: address, engine: engine,
                clock: LocalClock(showing: shown, at: now, drift: drift), began: now))
        // Whoever starts while the network is bad suffers from it, too.
        if !network.isWhole || network.conditions != .perfect { processes[index].taints.insert(.cutOff) }
        started[identity.nonce] = index
        hostsDown.remove(host)
        listeners[World.key(address)] = index
        runningCount += 1
        checker.disturbed(now, isClean: true)
        return index
    }

    package static func id(_ host: Int) -> String {
        let digits = String(host + 1)
        return "n" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
    }

    /// kill -9: the kernel closes everything at once.
    package mutating func kill(_ index: Int) {
        guard processes[index].exists else { return }
        if isTold { tell(.fault, "is killed", index) }
        checker.disturbed(now, isClean: true)
        end(index, as: .dead)
    }

    mutating func end(_ index: Int, as state: Process.State) {
        stopListening(index, as: state)
        breakRequests(to: index)
        closeAllLinks(of: index)
    }

    private mutating func stopListening(_ index: Int, as state: Process.State) {
        saveTokens(of: index)
        if processes[index].isRunning { runningCount -= 1 }
        processes[index].state = state
        processes[index].died = now
        processes[index].taints.insert(.ended)
        processes[index].inbox = []
        closePort(of: index)
    }

    /// Who is refused lets go of all its sockets, as the library does; its program may go on.
    mutating func closeSockets(of index: Int) {
        closePort(of: index)
        breakRequests(to: index)
        closeAllLinks(of: index)
    }

    private mutating func closePort(of index: Int) {
        let key = World.key(processes[index].address)
        guard listeners[key] == index else { return }
        listeners[key] = nil
        formerListeners[key] = index
    }

    /// Power cut: nothing is closed, nothing answers.
    package mutating func crash(host: Int) {
        if isTold { tell(.fault, "loses its power", about: "host \(host)") }
        hostsDown.insert(host)
        checker.disturbed(now, isClean: true)
        for index in processes.indices where processes[index].host == host && processes[index].exists {
            stopListening(index, as: .dead)
            loseAllLinks(of: index)
        }
    }

    /// SIGSTOP.
    package mutating func pause(_ index: Int) {
        guard processes[index].isRunning else { return }
        if isTold { tell(.fault, "is stopped", index) }
        freeze(index)
    }

    mutating func freeze(_ index: Int) {
        guard processes[index].isRunning else { return }
        runningCount -= 1
        processes[index].state = .paused
        processes[index].pausedSince = now
        // Stops that follow each other closely are one trouble.
        if processes[index].resumedAt.map({ now - $0 > .seconds(5) }) ?? true {
            processes[index].stopsBegan = now
        }
        processes[index].taints.insert(.stopped)
        checker.disturbed(now, isClean: false)
    }

    /// SIGCONT.
    package mutating func resume(_ index: Int) {
        guard processes[index].state == .paused else { return }
        if isTold { tell(.fault, "goes on", index) }
        wakeUp(index)
    }

    /// What has gathered in the kernel comes now; whether timers come before it is a matter of luck.
    mutating func wakeUp(_ index: Int) {
        guard processes[index].state == .paused else { return }
        runningCount += 1
        processes[index].state = .running
        processes[index].scheduledWake = .distantFuture
        processes[index].resumedAt = now
        if mutation == .sleepUnnoticed, let since = processes[index].pausedSince {
            processes[index].clock.loses(now - since)
        }
        if let since = processes[index].pausedSince { markStaleLease(of: index, since: since) }
        checker.resumed(&processes[index], now, settings: failoverSettings)
        let waiting = processes[index].inbox
        processes[index].inbox = []
        processes[index].datagramsWaiting = 0
        processes[index].connectionsWaiting = 0
        checkTrust(of: index)
        let isTickFirst = generator.below(2) == 0
        if isTickFirst { tick(index) }
        for input in waiting { deliver(input, to: index) }
        if !isTickFirst, processes[index].isRunning { tick(index) }
    }

    package mutating func leave(_ index: Int) {
        guard processes[index].isRunning else { return }
        if isTold { tell(.fault, "leaves", index) }
        checker.disturbed(now, isClean: true)
        processes[index].taints.insert(.ended)
        call(index) { $0.leave(now: $1) }
    }

    // MARK: the network

    /// Cuts the hosts into groups by number.
    package mutating func split(_ groups: [Int]) {
        if isTold { tell(.fault, "hosts are split into \(groups.map(String.init).joined())") }
        network.split(groups)
        taintAll()
    }

    /// The host does not hear the other, which still hears it.
    package mutating func deafen(_ host: Int, to other: Int) {
        if isTold { tell(.fault, "no longer hears host \(other)", about: "host \(host)") }
        network.deafen(host, to: other)
        taintAll()
    }

    /// Of 1000 datagrams that the host sends, or is sent, so many are lost.
    package mutating func lose(at host: Int, _ loss: Network.HostLoss) {
        if isTold {
            tell(
                .fault, "loses \(loss.sent) of 1000 that it sends, \(loss.received) that it is sent",
                about: "host \(host)")
        }
        network.lose(at: host, loss)
        taintAll()
    }

    /// Hosts that hear nothing from anybody else, and after each period do again, and so on.
    package mutating func flip(_ hosts: [Int], isDeaf: Bool, period: Interval, ends: Instant) {
        let isDeaf = isDeaf && now < ends
        if isTold {
            for host in hosts {
                tell(.fault, isDeaf ? "hears nobody" : "hears the others again", about: "host \(host)")
            }
        }
        for host in hosts {
            for process in processes where process.host != host {
                if isDeaf {
                    network.deafen(host, to: process.host)
                } else {
                    network.undeafen(host, to: process.host)
                }
            }
        }
        taintAll()
        guard now < ends else { return }
        queue.push(
            .flip(hosts: hosts, isDeaf: !isDeaf, period: period, ends: ends), at: min(now + period, ends))
    }

    package mutating func heal() {
        if isTold, !network.isWhole { tell(.fault, "the network is whole again") }
        network.heal()
        checker.disturbed(now, isClean: false)
    }

    package mutating func worsen(_ conditions: Network.Conditions) {
        if isTold, conditions != network.conditions {
            tell(
                .fault,
                "of 1000 datagrams \(conditions.lost) are lost, \(conditions.doubled) doubled, \(conditions.late) late"
            )
        }
        network.conditions = conditions
        taintAll()
    }

    /// Whatever happens to anybody from here on is excused.
    mutating func taintAll() {
        for index in processes.indices { processes[index].taints.insert(.cutOff) }
        checker.disturbed(now, isClean: false)
    }

    // MARK: lies

    /// A firewall resets all links of a process once, as one that is restarted does; new connections pass.
    package mutating func cutLinks(of index: Int) {
        if isTold { tell(.fault, "has its links reset by a firewall", index) }
        resetLinks(of: index, to: Set(processes.map(\.host)))
    }

    /// A firewall resets all connections between a process and some hosts, old and new, for as long as the network
    /// is not healed: to those hosts the process looks gone. Datagrams pass.
    package mutating func lie(about index: Int, to hosts: [Int]) {
        if isTold {
            let words = hosts.map { "\($0)" }.joined(separator: ", ")
            tell(.fault, "is called gone by a firewall to hosts \(words)", index)
        }
        resetLinks(of: index, to: Set(hosts))
        for host in hosts { network.reset(processes[index].host, host) }
        guard mayLookGone(index) else { return }
        processes[index].taints.insert(.cutOff)
        checker.disturbed(now, isClean: false)
    }

    /// Whether a firewall deceives enough of the others for a death: three, and where fewer are in reach, all.
    func mayLookGone(_ index: Int) -> Bool {
        guard network.isLying else { return false }
        let observers = running.filter {
            processes[$0].id != processes[index].id && !processes[$0].wasRefused
                && processes[$0].cluster == processes[index].cluster
                && !network.isCut(processes[$0].host, processes[index].host)
        }
        let deceived = observers.filter {
            network.isReset(from: processes[$0].host, to: processes[index].host)
        }
        return deceived.count > 2 || (deceived.count == observers.count && !deceived.isEmpty)
    }

    // MARK: who is there

    package var running: [Int] { processes.indices.filter { processes[$0].isRunning } }

    /// The running process with this id that was started last.
    package func process(_ id: String) -> Int? {
        processes.indices.last { processes[$0].isRunning && processes[$0].id == id }
    }

    package func isTrustedPrimary(_ index: Int, in role: String) -> Bool {
        processes[index].isRunning && processes[index].engine.trust(in: role) > local(index)
    }

    package func trustedPrimaries(in role: String) -> [Int] {
        processes.indices.filter { isTrustedPrimary($0, in: role) }
    }
}
