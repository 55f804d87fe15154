package import Basics

/// Gives back what a dead process held, one step after the other: for its guardian, which writes to the store, and for
/// the voter that the guardian has sent the will to.
///
/// A row is written only where the very start that died holds it, and over nothing but what was read: whoever
/// has been given the lease meanwhile keeps it. When it is not known what became of a write, what stands there is read.
package struct Release: Sendable {
    package let id: String
    package let instance: UInt64

    package init(id: String, instance: UInt64) {
        self.id = id
        self.instance = instance
    }

    package enum Step: Hashable, Sendable {
        case read
        case write(expected: RowStamp, row: LeaseRow)
        /// The row does not name the dead one, or not any more.
        case done
    }

    /// `answer` is nil at first. `nonce` is fresh.
    package func next(after answer: RegisterAnswer?, nonce: Nonce) -> Step {
        switch answer {
        case nil, .conflict, .failed, .unknown: return .read
        case .applied: return .done
        case .row(let row):
            guard let row, row.holder == id, row.instance == instance, row.version < .max else {
                return .done
            }
            return .write(expected: row.stamp, row: emptied(row, nonce))
        }
    }

    /// As a holder writes it that resigns with nobody to follow. A wish for another stays.
    private func emptied(_ row: LeaseRow, _ nonce: Nonce) -> LeaseRow {
        var row = row
        if row.target == row.holder { row.target = "" }
        row.holder = ""
        row.instance = 0
        row.will = nil
        row.wished = nil
        row.version += 1
        row.nonce = nonce
        return row
    }
}
