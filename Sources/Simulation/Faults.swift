package import Basics
import Engine
import Wire

/// What a tester does to the world: starts, kills, stops, cuts, loses.
extension World {
    /// Starts a process on a host; returns its number. The wall clock may be off by the given amount.
    @discardableResult
    package mutating func boot(
        host: Int, id: String? = nil, cluster: Int = 0, port: UInt16 = 7400, seeds: [Address] = [],
        wallOffset: Interval = .zero
    ) -> Int {
        let index = processes.count
        let address = World.address(host: host, port: port)
        let wall = 1_800_000_000_000_000 + (now.nanoseconds + wallOffset.nanoseconds) / 1000
        let identity = Identity(
            id: id ?? World.id(host), generation: UInt64(max(1, wall)), nonce: generator.next())
        let offset = Interval.milliseconds(Int64(generator.below(1_000_000_000)))
        let engine = Engine(
            identity: identity, attributes: Attributes(address: address), membership: membershipSettings,
            failover: failoverSettings, seed: generator.next(), wallSeconds: UInt64(max(1, wall)) / 1_000_000,
            now: now + offset)
        processes.append(
            Process(
                index: index, host: host, cluster: cluster, address: address, engine: engine,
                clockOffset: offset,
                began: now))
        hostsDown.remove(host)
        listeners[address] = index
        checker.disturbed(now, isClean: true)
        if trace.isOn { note("\(name(index)) starts on host \(host)") }
        var actions = processes[index].engine.start(seeds: seeds, now: processes[index].local(now))
        for role in roles {
            actions +=
                processes[index].engine.openSeat(role: role, savedToken: 0, now: processes[index].local(now))
                .actions
        }
        perform(actions, by: index)
        return index
    }

    package static func id(_ host: Int) -> String {
        let digits = String(host + 1)
        return "n" + String(repeating: "0", count: max(0, 2 - digits.count)) + digits
    }

    /// kill -9: the kernel closes everything at once.
    package mutating func kill(_ index: Int) {
        guard processes[index].exists else { return }
        if trace.isOn { note("\(name(index)) is killed") }
        checker.disturbed(now, isClean: true)
        end(index, as: .dead)
    }

    mutating func end(_ index: Int, as state: Process.State) {
        processes[index].state = state
        processes[index].died = now
        processes[index].isTainted = true
        processes[index].inbox = []
        if listeners[processes[index].address] == index { listeners[processes[index].address] = nil }
        breakRequests(to: index)
        closeAllLinks(of: index)
    }

    /// Power cut: nothing is closed, nothing answers.
    package mutating func crash(host: Int) {
        if trace.isOn { note("host \(host) is cut off its power") }
        hostsDown.insert(host)
        checker.disturbed(now, isClean: true)
        for index in processes.indices where processes[index].host == host && processes[index].exists {
            processes[index].state = .dead
            processes[index].died = now
            processes[index].isTainted = true
            processes[index].inbox = []
            if listeners[processes[index].address] == index { listeners[processes[index].address] = nil }
            loseAllLinks(of: index)
        }
    }

    /// SIGSTOP.
    package mutating func pause(_ index: Int) {
        guard processes[index].isRunning else { return }
        if trace.isOn { note("\(name(index)) is stopped") }
        processes[index].state = .paused
        processes[index].pausedSince = now
        processes[index].isTainted = true
        checker.disturbed(now, isClean: false)
    }

    /// SIGCONT. What has gathered in the kernel comes now; whether timers come before it is a matter of luck.
    package mutating func resume(_ index: Int) {
        guard processes[index].state == .paused else { return }
        if trace.isOn { note("\(name(index)) goes on") }
        processes[index].state = .running
        processes[index].scheduledWake = .distantFuture
        checker.resumed(&processes[index], now, settings: failoverSettings)
        let waiting = processes[index].inbox
        processes[index].inbox = []
        processes[index].datagramsWaiting = 0
        checkTrust(of: index)
        let isTickFirst = generator.below(2) == 0
        if isTickFirst { tick(index) }
        for input in waiting { deliver(input, to: index) }
        if !isTickFirst, processes[index].isRunning { tick(index) }
    }

    package mutating func leave(_ index: Int) {
        guard processes[index].isRunning else { return }
        if trace.isOn { note("\(name(index)) leaves") }
        checker.disturbed(now, isClean: true)
        processes[index].isTainted = true
        call(index) { $0.leave(now: $1) }
    }

    package mutating func stepDown(_ index: Int, role: String) {
        if trace.isOn { note("\(name(index)) is asked to step down") }
        call(index) { $0.stepDown(role: role, now: $1).actions }
    }

    /// Cuts the hosts into groups by number.
    package mutating func split(_ groups: [Int]) {
        if trace.isOn { note("hosts are split into \(groups)") }
        network.split(groups)
        taintAll()
    }

    /// The host does not hear the other, which still hears it.
    package mutating func deafen(_ host: Int, to other: Int) {
        if trace.isOn { note("host \(host) no longer hears host \(other)") }
        network.deafen(host, to: other)
        taintAll()
    }

    package mutating func heal() {
        if trace.isOn { note("the network is whole again") }
        network.heal()
        checker.disturbed(now, isClean: false)
    }

    package mutating func worsen(_ conditions: Network.Conditions) {
        if trace.isOn {
            note(
                "of 1000 datagrams \(conditions.lost) are lost, \(conditions.doubled) doubled, \(conditions.late) late"
            )
        }
        network.conditions = conditions
        taintAll()
    }

    private mutating func taintAll() {
        for index in processes.indices { processes[index].isTainted = true }
        checker.disturbed(now, isClean: false)
    }

    // MARK: who is there

    package var running: [Int] { processes.indices.filter { processes[$0].isRunning } }

    /// The running process with this id that was started last.
    package func process(_ id: String) -> Int? {
        processes.indices.last { processes[$0].isRunning && processes[$0].id == id }
    }

    package func isTrustedPrimary(_ index: Int, in role: String) -> Bool {
        processes[index].isRunning && processes[index].engine.trust(in: role) > processes[index].local(now)
    }

    package func trustedPrimaries(in role: String) -> [Int] {
        processes.indices.filter { isTrustedPrimary($0, in: role) }
    }
}
