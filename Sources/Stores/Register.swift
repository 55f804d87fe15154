package import Basics
package import Lease

/// The row of each role, wherever it is kept.
///
/// Neither call blocks. Each is answered exactly once, on a thread of the register, within its patience.
package protocol Register: AnyObject, Sendable {
    /// To be answered with `row` or `failed`.
    func read(role: String, completion: @escaping @Sendable (RegisterReply) -> Void)
    /// Writes `row` if `expected` stands there (nil: no row); to be answered with `applied`, `conflict`, `failed` or
    /// `unknown`.
    func compareAndSet(
        role: String, expected: RowStamp?, row: LeaseRow,
        completion: @escaping @Sendable (RegisterReply) -> Void)
    /// Ends it; what was asked before is still answered.
    func close()
}

package struct RegisterReply: Hashable, Sendable {
    package var answer: RegisterAnswer
    /// Why it is `failed` or `unknown`.
    package var error: StoreError?

    package init(answer: RegisterAnswer, error: StoreError? = nil) {
        self.answer = answer
        self.error = error
    }
}
