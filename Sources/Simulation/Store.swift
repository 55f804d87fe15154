package import Basics
package import Lease

/// A register in one place, with the faults of real ones: it answers late, not at all, or with an error after the write
/// took effect; it is down for a while; it forgets the row, or comes back with an older one.
package struct Store: Sendable {
    package private(set) var row: LeaseRow?
    /// All that it ever showed, the newest last.
    package private(set) var history: [LeaseRow] = []
    package internal(set) var downUntil = Instant.distantPast
    /// Grows when it fails over: whatever was on its way to the former one is lost with its connection.
    package private(set) var incarnation = 0
    let comparesHolder: Bool

    init(comparesHolder: Bool) { self.comparesHolder = comparesHolder }

    /// `holder` is the holder that the writer has seen, for the broken comparison only.
    mutating func compareAndSet(_ expected: RowStamp?, holder: String?, _ row: LeaseRow) -> Bool {
        let isSame = comparesHolder ? self.row?.holder == holder : self.row?.stamp == expected
        guard isSame else { return false }
        self.row = row
        history.append(row)
        if history.count > 40 { history.removeFirst(20) }
        return true
    }

    mutating func set(back row: LeaseRow?) {
        self.row = row
        incarnation += 1
    }
}
