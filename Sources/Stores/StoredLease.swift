import Basics
import Lease

/// The lease of a role as a row: all of it stands in `data`, the rest is for people and for fences.
extension StoredRow {
    init(_ lease: LeaseRow) {
        self.init(stamp: lease.stamp, epoch: lease.epoch, holder: lease.holder, data: lease.encoded())
    }

    func lease() throws(StoreError) -> LeaseRow {
        guard let lease = try? LeaseRow(decoding: data[...]), lease.stamp == stamp else {
            throw RowKind.lease.damaged
        }
        return lease
    }
}
