import Basics
import Lease

/// Gives back what a dead process held, one step after the other.
///
/// A row is written only where the very start that died holds it, and over nothing but what was read: whoever
/// has been given the lease meanwhile keeps it. When it is not known what became of a write, what stands there is read.
struct Release {
    let id: String
    let instance: UInt64

    enum Step: Hashable {
        case read
        case write(expected: RowStamp, row: LeaseRow)
        /// The row does not name the dead one, or not any more.
        case done
    }

    /// `answer` is nil at first. `nonce` is fresh.
    func next(after answer: RegisterAnswer?, nonce: Nonce) -> Step {
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
        row.version += 1
        row.nonce = nonce
        return row
    }
}
