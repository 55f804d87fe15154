package import Basics
import Tasks

/// Looks at every step whether what is promised of tasks holds.
package struct TaskChecker: Sendable {
    package var violation: (at: Instant, text: String)?
    package private(set) var runs = 0
    package private(set) var repeats = 0
    /// Tasks that began elsewhere though who had them lived.
    package var moves = 0
    package var stuck = 0
    /// Orders that were obeyed.
    package var orders = 0
    private(set) var lastRun: [String: Instant] = [:]
    private var begun: [Key: String] = [:]
    private var done: Set<Key> = []
    private var given: Set<String> = []

    private struct Key: Hashable, Sendable {
        var name: String
        var moment: Int64
        var attempt: UInt32
        var isByHand = false
    }

    /// What is wrong with a run that begins now.
    mutating func began(_ name: String, _ run: TaskRun, isAtMostOnce: Bool, now: Instant) -> String? {
        runs += 1
        lastRun[name] = now
        if run.attempt > 1 { repeats += 1 }
        let key = Key(
            name: name, moment: run.moment, attempt: isAtMostOnce ? 0 : run.attempt,
            isByHand: run.schedule == 0)
        if let other = begun[key] {
            return
                "the run of \(name) for \(run.moment), attempt \(run.attempt), begins on \(run.node) and began on \(other)"
        }
        begun[key] = run.node
        return nil
    }

    mutating func succeeded(_ name: String, _ run: TaskRun) {
        done.insert(Key(name: name, moment: run.moment, attempt: 0))
    }

    mutating func heard(_ news: TaskNews) {
        if news.kind == .dead { given.insert(news.name) }
    }

    func isDone(_ name: String, _ moment: Int64) -> Bool {
        done.contains(Key(name: name, moment: moment, attempt: 0))
    }

    var gaveUp: Set<String> { given }
}

extension TaskWorld {
    /// No two nodes may act for one task at once.
    mutating func checkOwners() {
        for definition in definitions {
            var owners: [String] = []
            for index in nodes.indices where nodes[index].isUp {
                let node = nodes[index]
                guard let offer = node.worker.offers[definition.name],
                    offer.phase == .starting || offer.phase == .running
                else { continue }
                let clock = local(index)
                guard node.worker.isTrusted(now: clock), isLeased || clock < node.trusted else { continue }
                owners.append("\(node.id) (token \(offer.token))")
            }
            if owners.count > 1 {
                violate("\(definition.name) is had by \(owners.joined(separator: " and "))")
            }
        }
    }

    /// When nothing has gone wrong for a while, all that is offered runs, and no moment was left out.
    mutating func checkCalm() {
        guard checker.violation == nil else { return }
        for definition in definitions {
            let owners = nodes.filter { $0.worker.offers[definition.name]?.phase == .running }
            if owners.count != wantedOwners(definition.name) {
                let phases = nodes.map {
                    "\($0.id) told \($0.worker.table[definition.name].map { "\($0.state) \($0.owner)" } ?? "nothing"), "
                        + "\($0.worker.offers[definition.name].map { "\($0.phase)" } ?? "none")"
                        + ($0.line == nil ? ", no line" : "")
                        + ($0.coordinator.map { $0.isServing ? ", coordinates" : ", coordinates, not yet" }
                            ?? "")
                }
                return violate(
                    "\(definition.name) runs on \(owners.count) nodes in the calm, not on "
                        + "\(wantedOwners(definition.name)) (\(phases.joined(separator: "; ")))"
                )
            }
            checkPeople(definition.name, owners)
            guard definition.kind == .job, definition.delivery == .atLeastOnce,
                !checker.gaveUp.contains(definition.name), !people.havePaused.contains(definition.name)
            else { continue }
            // `every` counts from 1970; wall clocks differ by 50 ms, and all is offered in the first second.
            let step: Int64 = definition.schedule.hasPrefix("every 1s") ? 1000 : 3000
            let first = (1_700_000_000_000 / step + 1) * step + step
            let last = 1_700_000_000_000 + (now.nanoseconds / 1_000_000) - 10_000
            for moment in stride(from: first, through: last, by: Int64.Stride(step))
            where !checker.isDone(definition.name, moment) {
                return violate("the run of \(definition.name) for \(moment) was lost")
            }
        }
    }
}
