import Basics

@testable import Tasks

/// Mails with every field set, and at every limit.
enum MailSamples {
    static func word(_ count: Int) -> String { String(repeating: "w", count: count) }

    static func labels(_ length: Int) -> [String] {
        (0..<Placement.mostLabels).map { String(UnicodeScalar(UInt8(97 + $0))) + word(length - 1) }
    }

    static let full = TaskDefinition(
        name: word(TaskDefinition.longestName), kind: .job,
        schedule: word(TaskDefinition.longestSchedule), delivery: .atMostOnce,
        attempts: TaskDefinition.mostAttempts, grace: TaskDefinition.longestGrace,
        stopTimeout: TaskDefinition.longestStop,
        placement: Placement(
            requires: labels(Placement.longestLabel), prefers: labels(Placement.longestLabel),
            apart: word(Placement.longestLabel), together: word(Placement.longestLabel),
            weight: Placement.heaviest),
        offeredAt: .max)

    static let small = TaskDefinition(name: "ä", kind: .daemon, grace: .zero, stopTimeout: .zero)

    static let stamp = RowStamp(version: .max, nonce: Nonce(high: .max, low: 1))

    static let run = TaskRun(
        moment: .max, schedule: .max, attempt: .max, status: .lost, node: word(Identity.longestId),
        instance: .max, token: .max)

    static let longestRow: TaskRow = {
        var row = TaskRow(
            stamp: stamp, definition: full, started: word(TaskDefinition.longestSchedule), isPaused: true,
            isCompleted: true, handled: .max, run: run)
        row.epoch = .max
        return row
    }()

    static let smallRow = TaskRow(
        stamp: RowStamp(version: 1, nonce: Nonce(high: 0, low: 0)), definition: small)

    static let status = TaskStatus(
        name: "a", kind: .job, state: .stopping, owner: "n", token: .max, schedule: "every 1s", offers: .max,
        detail: word(TaskReport.longestDetail))

    /// At least one of each kind, most with several shapes.
    static let all: [TaskMail] =
        [
            .hello(weight: .max, labels: labels(Placement.longestLabel), rowsDigest: .max),
            .hello(weight: 0, labels: [], rowsDigest: 0), .offers([full, small]), .offers([]),
            .holdings([
                TaskHolding(name: "a", token: .max), TaskHolding(name: "b", token: 0, isStopping: true),
            ]),
            .holdings([TaskHolding(name: full.name, token: 1, definition: full)]), .holdings([]), .ready,
            .withdraw("a"), .renew(.max), .renew(0), .read(id: 1, name: "a"),
            .write(id: .max, expected: stamp, row: longestRow), .write(id: 0, expected: nil, row: smallRow),
            .kept(7), .welcome(epoch: .max, wantsRows: true), .welcome(epoch: 0, wantsRows: false),
            .assign(full, token: .max), .assign(small, token: 0), .stop(name: "a", token: 5), .renewed(9),
            .keep(number: 3, rows: [longestRow, smallRow], removed: ["a", "b"]),
            .keep(number: 0, rows: [], removed: []),
            .table(
                [status, TaskStatus(name: "b", kind: .task, state: .offered)], removed: ["c"], isWhole: true),
            .table([], removed: [], isWhole: false), .found(id: 1, row: longestRow), .found(id: 2, row: nil),
            .rows([smallRow, longestRow], isLast: true), .rows([], isLast: false),
        ]
        + [TaskReport.News.running, .stopped, .failed, .completed, .began].map {
            .report(
                TaskReport(
                    name: "a", token: 1 << 53, $0, detail: word(TaskReport.longestDetail), moment: .min,
                    attempt: .max))
        }
        + [TaskOrder.Verb.pause, .resume, .move, .run, .forget].map {
            .order(TaskOrder(id: .max, $0, name: "a", target: "n"))
        }
        + [TaskAnswer.done, .unknownTask, .noCandidate, .tryAgain, .noJob, .offered].map {
            .answer(id: 4, $0, text: "no")
        }
        + [TaskWrite.applied, .conflict, .failed, .unknown].map { .written(id: 5, $0) }
}
