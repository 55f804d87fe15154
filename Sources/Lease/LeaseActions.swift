package import Basics

/// What the lease machine wants done, in order.
package enum LeaseAction: Hashable, Sendable {
    /// Read the register; to be answered with `row`, `failed` or `unknown`.
    case read(UInt64)
    /// Write `row` if the register shows `expected` (nil: no row); to be answered with `applied`, `conflict`,
    /// `failed` or `unknown`.
    case compareAndSet(UInt64, expected: RowStamp?, row: LeaseRow)
    /// The host is primary now.
    case promoted(token: UInt64)
    /// The host must stop, and say so with `hostStopped`.
    case demote(token: UInt64, reason: LeaseLoss)
    /// The process stood still; `trustUntil` says nothing until a fresh renewal.
    case suspended(token: UInt64)
    /// A fresh renewal came; the same token holds again.
    case resumed(token: UInt64)
    /// Half of the trust is gone and no renewal has come.
    case warning(token: UInt64, remaining: Interval)
    /// The register shows less than it did: it lost what it had acknowledged.
    case storeForgot(floor: UInt64, found: UInt64?)
    /// The row names the target now; nil: nobody.
    case handedOver(to: String?)
    /// The floor has risen: to be saved and told to the others.
    case floor(UInt64)
}

/// Why the host must stop.
package enum LeaseLoss: Hashable, Sendable {
    /// No renewal came in time.
    case expired
    /// The row names another.
    case replaced
    /// The store forgot, or a higher epoch was heard of.
    case storeForgot
    /// It was asked to hand over.
    case handOver
}

/// What the register said.
package enum RegisterAnswer: Hashable, Sendable {
    /// A read: what stands there; nil is no row.
    case row(LeaseRow?)
    /// The write took effect.
    case applied
    /// The write did not take effect: something else stands there.
    case conflict
    /// Certainly nothing happened.
    case failed
    /// Perhaps it happened, perhaps it will.
    case unknown
}

/// One that can be promoted, as the members know it.
package struct LeaseCandidate: Hashable, Sendable {
    package var id: String
    package var instance: UInt64

    package init(id: String, instance: UInt64) {
        self.id = id
        self.instance = instance
    }
}
