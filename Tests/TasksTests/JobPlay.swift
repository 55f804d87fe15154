import Basics
import Schedule

@testable import Tasks

/// A job on one node, with the register that its row is in. What it asks of the register is answered at once, as `outcomes`
/// says; a run ends when the test says so.
struct JobPlay {
    var job: JobRun
    var row: TaskRow?
    /// Of the next writes; then all are applied.
    var outcomes: [TaskWrite] = []
    /// Whether a write of unknown outcome was applied.
    var isUnknownWritten = true
    /// Somebody else's row, that is there when the next write comes.
    var intruder: TaskRow?
    /// Whether the register can be read.
    var isReadable = true
    /// Whether writes are answered only when `answer()` is called.
    var isSlow = false
    private var owed: (expected: RowStamp?, row: TaskRow)?
    var wall: Int64
    var now = Office.beginning
    var begun: [TaskRun] = []
    var news: [TaskNews.Kind] = []
    /// `stopped`, `failed` and `completed`.
    var ends: [JobAction] = []
    var writes = 0

    /// Of 2027.
    static let start: Int64 = 1_800_000_000_000

    static func definition(
        _ schedule: String, delivery: TaskDefinition.Delivery = .atLeastOnce, attempts: UInt32 = 3
    ) -> TaskDefinition {
        TaskDefinition(
            name: "j", kind: .job, schedule: schedule, delivery: delivery, attempts: attempts,
            offeredAt: start)
    }

    init(
        _ definition: TaskDefinition, row: TaskRow? = nil, node: String = "a", token: UInt64 = 7,
        at wall: Int64 = start, isReadable: Bool = true
    ) throws {
        job = JobRun(
            definition, try ScheduleSpec(definition.schedule), zone: nil, token: token, node: node,
            instance: 1,
            seed: token)
        self.row = row
        self.wall = wall
        self.isReadable = isReadable
        take(job.begin())
    }

    var time: JobTime { JobTime(now: now, wall: wall) }

    mutating func wait(_ milliseconds: Int64) {
        let end = now + .milliseconds(milliseconds)
        while job.nextDeadline <= end {
            let step = max(job.nextDeadline - now, .zero)
            now = now + step
            wall += step.milliseconds
            take(job.tick(time))
        }
        wall += (end - now).milliseconds
        now = end
    }

    mutating func finish(_ failure: String? = nil) { take(job.finished(failure: failure, time)) }

    /// The host was not called: the node had lost its trust.
    mutating func refuse() { take(job.notBegun()) }

    mutating func stop() { take(job.stop()) }

    mutating func runNow() { take(job.runNow(time)) }

    /// The answer to the write that was put off.
    mutating func answer() {
        guard let write = owed else { return }
        owed = nil
        isSlow = false
        take(job.written(apply(write.expected, write.row), time))
    }

    private mutating func apply(_ expected: RowStamp?, _ wanted: TaskRow) -> TaskWrite {
        if let intruder {
            row = intruder
            self.intruder = nil
        }
        let outcome = outcomes.isEmpty ? .applied : outcomes.removeFirst()
        guard outcome == .applied || (outcome == .unknown && isUnknownWritten) else { return outcome }
        guard row?.stamp == expected else { return .conflict }
        row = wanted
        return outcome
    }

    private mutating func take(_ actions: [JobAction]) {
        for action in actions {
            switch action {
            case .read: take(job.found(isReadable ? row : nil, isKnown: isReadable, time))
            case .write(let expected, let wanted):
                writes += 1
                guard !isSlow else {
                    owed = (expected, wanted)
                    continue
                }
                take(job.written(apply(expected, wanted), time))
            case .run(let run): begun.append(run)
            case .ended: break
            case .news(let news): self.news.append(news.kind)
            case .stopped, .failed, .completed: ends.append(action)
            }
        }
    }
}
