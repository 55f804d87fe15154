import Basics
import Stores
import Tasks
import Transport

/// The rows of tasks in a store: what stands there as the room of tasks reads it. Answers come on the event loop.
struct TaskRows {
    let register: any TaskRegister

    func read(_ name: String, _ done: @escaping @Sendable (Result<TaskRow?, StoreError>) -> Void) {
        register.readTask(name) { result in
            let row = result.flatMap { Self.row($0, name) }
            SharedLoop.loop.execute { done(row) }
        }
    }

    func write(
        expected: RowStamp?, _ row: TaskRow, _ done: @escaping @Sendable (TaskWrite, StoreError?) -> Void
    ) {
        let stored = StoredRow(
            stamp: row.stamp, epoch: row.run?.token ?? 0, holder: row.run?.node ?? "", data: row.encoded())
        register.writeTask(row.name, expected: expected, row: stored) { outcome in
            SharedLoop.loop.execute { done(outcome.word, outcome.error) }
        }
    }

    func remove(
        _ name: String, expected: RowStamp, _ done: @escaping @Sendable (TaskWrite, StoreError?) -> Void
    ) {
        register.removeTask(name, expected: expected) { outcome in
            SharedLoop.loop.execute { done(outcome.word, outcome.error) }
        }
    }

    /// All of them, a page at a time.
    func list(
        after: String? = nil, found: [TaskRow] = [],
        _ done: @escaping @Sendable (Result<[TaskRow], StoreError>) -> Void
    ) {
        register.listTasks(after: after, most: Self.page) { result in
            SharedLoop.loop.execute {
                switch result {
                case .failure(let error): done(.failure(error))
                case .success(let page):
                    // One that is damaged is not read as another; who needs it is told then.
                    let rows = page.compactMap { entry in try? Self.row(entry.row, entry.name).get() }
                    guard page.count == Self.page, let last = page.last?.name else {
                        return done(.success(found + rows))
                    }
                    list(after: last, found: found + rows, done)
                }
            }
        }
    }

    private static let page = 500

    private static func row(_ stored: StoredRow?, _ name: String) -> Result<TaskRow?, StoreError> {
        guard let stored else { return .success(nil) }
        guard let row = try? TaskRow(decoding: stored.data[...]), row.stamp == stored.stamp, row.name == name
        else {
            return .failure(StoreError(.schema, "the row of task '\(name)' holds what Muster did not write"))
        }
        return .success(row)
    }
}

extension RowWrite {
    fileprivate var word: TaskWrite {
        switch self {
        case .applied: .applied
        case .conflict: .conflict
        case .failed: .failed
        case .unknown: .unknown
        }
    }

    fileprivate var error: StoreError? {
        switch self {
        case .applied, .conflict: nil
        case .failed(let error), .unknown(let error): error
        }
    }
}
