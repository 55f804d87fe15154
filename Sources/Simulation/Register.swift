import Basics
import Engine
import Failover
package import Lease
import Wire

/// The store in which the members of a world keep the lease of their role, and the way to it.
package struct Register: Sendable {
    var store: Store
    /// One of them goes by the host.
    private let settings: [LeaseSettings]
    /// Of 1000 requests so many fail, before the write took effect or after.
    var errors = 0
    /// Of 1000 messages to it or from it so many are late, by up to twice as long as a lease lasts.
    var late = 0
    /// Hosts that do not reach it.
    var cut: Set<Int> = []
    /// Whether it shows a row of before.
    var isSetBack = false

    package init(_ settings: [LeaseSettings]) {
        self.settings = settings
        store = Store(comparesHolder: settings.contains { $0.broken == .compareHolder })
    }

    func settings(host: Int) -> LeaseSettings { settings[host % settings.count] }

    var longestHold: Interval { settings.map(\.longestHold).max() ?? .zero }
    var longestGap: Interval { settings.map(\.longestGap).max() ?? .zero }
    var demoteWithin: Interval { settings.map(\.demoteWithin).min() ?? .zero }

    /// How long it takes at most until one leads, when all see the same line: L, a poll, the steps and 1 s, by the
    /// slowest clock.
    func longestWait(members: Int) -> Interval {
        let renew = settings.map(\.renew).max() ?? .zero
        let step = settings.map(\.step).max() ?? .zero
        let sum = longestHold + renew + step * Int64(members) + .seconds(1)
        return sum + sum / 1000 * LeaseSettings.clockRate
    }
}

extension World {
    /// From here on a lease in a store decides who leads; which of the settings a member has goes by its host. Clocks are
    /// fast or slow.
    package mutating func keepLeases(_ settings: [LeaseSettings]) {
        register = Register(settings)
        failoverSettings.authority = .store
        failoverSettings.demoteTimeout = settings.map(\.demoteWithin).max() ?? failoverSettings.demoteTimeout
        driftMost = Int(LeaseSettings.clockRate) * 1000
    }

    /// Long leases or short ones, or some of both; hosts are late now and then.
    mutating func drawLeases(broken: LeaseBreak?) {
        var kinds: [LeaseSettings] = generator.below(2) == 0 ? [.usual] : [.fast]
        if generator.below(3) == 0 { kinds = [.usual, .fast] }
        let longest = kinds.map(\.hold).max() ?? .zero
        for index in kinds.indices {
            kinds[index].longestHold = longest
            kinds[index].demoteWithin = .seconds(2)
            kinds[index].broken = broken
        }
        keepLeases(kinds)
        lateHosts = .seconds(3)
    }

    /// A question of a process sets out for the store.
    mutating func ask(_ question: LeaseQuestion, by index: Int) {
        guard let register else { return fail(.work, "\(name(index)) asks a register that is not there") }
        if case .compareAndSet(_, let row) = question.body {
            if trace.isOn {
                let target = row.target.isEmpty ? "" : " to \(row.target)"
                note(
                    "\(name(index)) writes \(row.version): epoch \(row.epoch) of '\(row.holder)'\(target)\(row.paused ? ", paused" : "")"
                )
            }
            checkHandOver(row, in: question.role, by: index)
        }
        let event = Event.asks(process: index, question, incarnation: register.store.incarnation)
        queue.push(event, at: now + wayToStore())
    }

    /// A question has arrived there: it takes effect now, whatever becomes of the answer.
    mutating func serve(_ question: LeaseQuestion, of index: Int, incarnation: Int) {
        guard var register, incarnation == register.store.incarnation else { return }
        let host = processes[index].host
        guard !register.cut.contains(host) else { return }
        let answer: RegisterAnswer
        let isTroubled = generator.below(1000) < register.errors
        if now < register.store.downUntil || (isTroubled && generator.below(2) == 0) {
            // Nothing happened; the connection may hang as well.
            guard generator.below(2) == 0 else { return }
            answer = .failed
        } else {
            switch question.body {
            case .read: answer = .row(tampered(register.store.row))
            case .compareAndSet(let expected, let row):
                let before = register.store.row
                let seen = processes[index].engine.lease(of: question.role)?.watch?.row?.holder
                if register.store.compareAndSet(expected, holder: seen, row) {
                    checkClaim(row, of: question.role, over: before, by: index)
                    if row.epoch > before?.epoch ?? 0 { register.isSetBack = false }
                    answer = isTroubled ? .unknown : .applied
                } else {
                    answer = isTroubled ? .unknown : .conflict
                }
                self.register = register
            }
        }
        let input = Input.answered(question, answer)
        queue.push(.storeAnswers(process: index, input), at: now + wayToStore())
    }

    private mutating func wayToStore() -> Interval {
        guard let register, register.late > 0, generator.below(1000) < register.late else {
            return .microseconds(Int64(100 + generator.below(3000)))
        }
        return .milliseconds(Int64(generator.below(Int(register.longestHold.milliseconds) * 2)))
    }

    // MARK: what goes wrong with it

    /// The host does not reach the store any more.
    mutating func cutFromStore(_ host: Int) {
        if isTold { tell(.fault, "no longer reaches the store", about: "host \(host)") }
        register?.cut.insert(host)
    }

    mutating func takeStoreDown(for interval: Interval) {
        guard let downUntil = register?.store.downUntil else { return }
        if isTold { tell(.fault, "the store is away for \(interval.milliseconds) ms") }
        register?.store.downUntil = max(downUntil, now + interval)
    }

    mutating func troubleStore(errors: Int, late: Int) {
        if isTold { tell(.fault, "of 1000 requests to the store \(errors) fail, \(late) are late") }
        register?.errors = errors
        register?.late = late
    }

    /// It is reached by all and answers well.
    mutating func mendStore() {
        guard let register else { return }
        if isTold { tell(.fault, "the store is well") }
        self.register?.cut = []
        self.register?.errors = 0
        self.register?.late = 0
        self.register?.store.downUntil = min(register.store.downUntil, max(now, setsBackAt ?? now))
    }

    /// The store fails over to a copy that is behind, or empty. It is away for longer than anybody may go without a look.
    mutating func failOverStore() {
        guard let register, setsBackAt == nil else { return }
        let history = register.store.history
        var row: LeaseRow?
        if !history.isEmpty, generator.below(3) > 0 { row = history[generator.below(history.count)] }
        let gap = register.longestGap
        let away = gap + gap / 20 + .milliseconds(Int64(generator.below(2000)))
        takeStoreDown(for: away)
        let back = now + away
        setsBackAt = back
        queue.push(.storeForgets(row), at: back)
    }

    /// It has lost everything, whoever knows of it.
    package mutating func emptyStore() {
        if isTold { tell(.fault, "the store has lost everything") }
        register?.store.set(back: nil)
    }

    /// What it loses is noticed as long as somebody remembers: so it loses it only while all know the highest epoch, the
    /// dead by what they have saved.
    mutating func setStoreBack(to row: LeaseRow?) {
        setsBackAt = nil
        let highest = checker.highestToken
        let isKnown = processes.indices.allSatisfy { index in
            guard processes[index].exists else { return true }
            return roles.allSatisfy { (processes[index].engine.lease(of: $0)?.floor ?? .max) >= highest }
        }
        let isSaved = savedTokens.allSatisfy { $0.value >= highest || process($0.key) != nil }
        guard isKnown, isSaved, row?.stamp != register?.store.row?.stamp else { return }
        if isTold { tell(.fault, "the store shows epoch \(row?.epoch ?? 0) again") }
        register?.store.set(back: row)
        register?.isSetBack = true
    }

    /// Whether it has lost epochs that were given out.
    var isStoreBehind: Bool {
        guard let register else { return false }
        return (register.store.row?.epoch ?? 0) < checker.highestToken
    }

    /// Keeps what a process that ends would find in its `state_dir`.
    mutating func saveTokens(of index: Int) {
        guard register != nil else { return }
        for role in roles {
            let floor = processes[index].engine.lease(of: role)?.floor ?? 0
            let id = processes[index].id
            savedTokens[id] = max(savedTokens[id] ?? 0, floor)
        }
    }
}
