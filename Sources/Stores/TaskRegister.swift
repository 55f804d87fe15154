package import Basics

/// The row of each task, beside the leases in the same store: what is claimed before a run begins.
///
/// As with leases no call blocks, each is answered exactly once, on a thread of the register, within its patience, and
/// what was perhaps written is `unknown`: whoever asked reads what stands there.
package protocol TaskRegister: AnyObject, Sendable {
    func readTask(_ name: String, completion: @escaping @Sendable (Result<StoredRow?, StoreError>) -> Void)
    /// Writes `row` if `expected` stands there (nil: no row).
    func writeTask(
        _ name: String, expected: RowStamp?, row: StoredRow,
        completion: @escaping @Sendable (RowWrite) -> Void)
    /// Up to `most` rows, at most `StoredRow.mostListed`, in the order of their spelled names, those behind `after`
    /// (nil: from the start). Fewer than `most` are the last ones.
    func listTasks(
        after: String?, most: Int,
        completion: @escaping @Sendable (Result<[(name: String, row: StoredRow)], StoreError>) -> Void)
    /// Removes the row if `expected` stands there.
    func removeTask(
        _ name: String, expected: RowStamp, completion: @escaping @Sendable (RowWrite) -> Void)
}

/// A row as it stands in a store; `data` means something to the room of tasks only.
package struct StoredRow: Hashable, Sendable {
    package var stamp: RowStamp
    package var epoch: UInt64
    /// Of at most 64 bytes; may be empty.
    package var holder: String
    package var data: [UInt8]

    package init(stamp: RowStamp, epoch: UInt64, holder: String, data: [UInt8]) {
        self.stamp = stamp
        self.epoch = epoch
        self.holder = holder
        self.data = data
    }

    /// Bytes of `data` in the row of a task.
    package static let mostData = 4096
    /// Bytes of a task's name.
    package static let longestName = 64
    package static let mostListed = 1000

    /// Whether a task may be called so in a store, which takes any bytes.
    static func isName(_ name: String) -> Bool { !name.isEmpty && name.utf8.count <= longestName }
}

package enum RowWrite: Hashable, Sendable {
    case applied
    case conflict
    /// Certainly nothing happened.
    case failed(StoreError)
    /// It may have happened, or may yet happen.
    case unknown(StoreError)

    init(_ error: StoreError) { self = error.afterSending ? .unknown(error) : .failed(error) }
}
