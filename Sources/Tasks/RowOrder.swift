import Basics

/// Of two rows of one task, which nobody compared when they were written, the one that counts, and what is true of both.
///
/// Each coordinator knows all that its nodes had when it began. A former one that was cut off may have written on, for
/// itself or for its side of a partition: however often it wrote a row, that of its successor counts.
extension TaskRow {
    /// What was offered since it was forgotten counts, however often its former row had been written.
    func isLater(than other: TaskRow) -> Bool {
        if isForgotten != other.isForgotten {
            let (blank, row) = isForgotten ? (self, other) : (other, self)
            if row.definition.offeredAt > blank.definition.offeredAt { return !isForgotten }
        }
        guard epoch == other.epoch else { return epoch > other.epoch }
        return stamp.isLater(than: other.stamp)
    }

    /// With what an earlier row, written under another coordinator, says beyond it: the run begun last, its end, and that
    /// the task has come to its own, whoever wrote it down.
    func learning(from earlier: TaskRow) -> TaskRow {
        guard epoch != earlier.epoch, !isForgotten, !earlier.isForgotten else { return self }
        var row = self
        if earlier.progress > progress {
            row.handled = max(handled, earlier.handled)
            row.run = earlier.run ?? run
        } else if let theirs = earlier.run, let ours = run, ours.status == .begun, ours.isSame(as: theirs) {
            row.run = theirs
        }
        let isOfThis = earlier.definition.isSame(as: definition)
        if earlier.isCompleted, isOfThis, earlier.definition.offeredAt >= definition.offeredAt {
            row.isCompleted = true
        }
        return row
    }

    /// Grows with each run of the schedule that is begun.
    private var progress: (handled: Int64, moment: Int64, attempt: UInt32) {
        (handled, run?.moment ?? .min, run?.attempt ?? 0)
    }
}

extension TaskRun {
    /// Whatever became of it.
    fileprivate func isSame(as other: TaskRun) -> Bool {
        var other = other
        other.status = status
        return self == other
    }
}

extension RowStamp {
    fileprivate func isLater(than other: RowStamp) -> Bool {
        guard version == other.version else { return version > other.version }
        return (nonce.high, nonce.low) > (other.nonce.high, other.nonce.low)
    }
}
