import Basics
import Lease

/// One lease machine, a clock, and a register that the test plays.
struct Desk {
    var lease: Lease
    var now: Instant
    var actions: [LeaseAction] = []

    init(
        _ id: String = "n1", instance: UInt64 = 1, settings: LeaseSettings = .usual, floor: UInt64 = 0,
        seed: UInt64 = 1
    ) throws {
        now = Instant(nanoseconds: 5_000_000_000)
        let nonce = Nonce(high: seed, low: seed &* 77)
        guard
            let lease = Lease(
                id: id, instance: instance, settings: settings, floor: floor, seed: nonce, now: now)
        else { throw Impossible() }
        self.lease = lease
    }

    struct Impossible: Error {}

    /// A row that somebody else has written.
    static func row(
        _ holder: String = "n9", instance: UInt64 = 1, epoch: UInt64 = 7, version: UInt64 = 50,
        nonce: UInt64 = 1, hold: Interval = .seconds(3), successors: [String] = [], target: String = "",
        paused: Bool = false
    ) -> LeaseRow {
        LeaseRow(
            holder: holder, instance: instance, epoch: epoch, version: version,
            nonce: Nonce(high: nonce, low: version), hold: hold, successors: successors, target: target,
            paused: paused)
    }

    /// The row with a wish of somebody else.
    static func wish(_ target: String, in row: LeaseRow) -> LeaseRow {
        var wish = row
        wish.target = target
        wish.version += 1
        wish.nonce = Nonce(high: 9, low: wish.version)
        wish.wished = row.wished ?? row.nonce
        return wish
    }

    mutating func pass(_ milliseconds: Int64) { now = now + .milliseconds(milliseconds) }

    mutating func tick() { actions = lease.tick(now: now) }

    /// The read that is on its way.
    var read: UInt64? {
        actions.compactMap { if case .read(let id) = $0 { id } else { nil } }.last
    }

    var write: (id: UInt64, expected: RowStamp?, row: LeaseRow)? {
        for case .compareAndSet(let id, let expected, let row) in actions { return (id, expected, row) }
        return nil
    }

    mutating func answer(_ id: UInt64?, _ answer: RegisterAnswer) {
        guard let id else { return actions = [] }
        actions = lease.answered(id, answer, now: now)
    }

    /// Answers all reads with this row, at once, every half second until something else is wanted or the time is over.
    mutating func look(at row: LeaseRow?, for milliseconds: Int64) {
        var left = milliseconds
        while left > 0, write == nil {
            tick()
            if read != nil { answer(read, .row(row)) }
            if write != nil { return }
            pass(10)
            left -= 10
        }
    }

    /// Becomes the holder of a row that did not exist.
    mutating func becomeHolder() {
        look(at: nil, for: 4000)
        answer(write?.id, .applied)
    }

    var promoted: UInt64? {
        actions.compactMap { if case .promoted(let token) = $0 { token } else { nil } }.last
    }

    var demoted: LeaseLoss? {
        actions.compactMap { if case .demote(_, let reason) = $0 { reason } else { nil } }.last
    }

    var isForgotten: Bool {
        actions.contains { if case .storeForgot = $0 { true } else { false } }
    }
}
