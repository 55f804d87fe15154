package import Basics

/// A process that gets too little of its processor: it stands still and runs in turns. Neither messages nor timers
/// are served while it stands still; the kernel keeps what it has room for.
package struct Starvation: Sendable {
    package var stops: Interval
    package var runs: Interval
    package var ends: Instant
    /// Whether each turn is longer or shorter by chance, from half to one and a half times as long.
    package var isUneven = false

    package init(stops: Interval, runs: Interval, ends: Instant, isUneven: Bool = false) {
        self.stops = stops
        self.runs = runs
        self.ends = ends
        self.isUneven = isUneven
    }
}

extension World {
    /// Starves a process, beginning with a stop.
    package mutating func starve(_ index: Int, _ starvation: Starvation) {
        guard processes[index].isRunning, processes[index].starvation == nil else { return }
        if isTold { tell(.fault, "is starved", index) }
        processes[index].starvation = starvation
        turn(index)
    }

    /// The next turn of a starved process begins.
    mutating func turn(_ index: Int) {
        guard let starvation = processes[index].starvation, processes[index].exists else { return }
        let isStopped = processes[index].state == .paused
        guard now < starvation.ends else {
            processes[index].starvation = nil
            if isStopped { wakeUp(index) }
            return
        }
        if isStopped { wakeUp(index) } else { freeze(index) }
        var takes = isStopped ? starvation.runs : starvation.stops
        if starvation.isUneven {
            takes = takes / 2 + Interval(nanoseconds: Int64(generator.below(Int(takes.nanoseconds))))
        }
        queue.push(.turn(process: index), at: min(now + takes, starvation.ends))
    }
}
