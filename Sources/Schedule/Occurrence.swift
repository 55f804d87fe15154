/// One run that a schedule asks for.
package struct Occurrence: Hashable, Sendable, CustomStringConvertible {
    /// When, in milliseconds since 1970 UTC.
    package let moment: Int64
    /// Which schedule: a hash of what decides the moments, the same on every node and however the text is spelled.
    package let schedule: UInt64

    package init(moment: Int64, schedule: UInt64) {
        self.moment = moment
        self.schedule = schedule
    }

    /// What nodes claim, together with the job's name: `1796112000000-00c0ffee00c0ffee`.
    package var id: String {
        let digits = String(schedule, radix: 16)
        return "\(moment)-\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }

    /// Reads an id back; nil where it is none.
    package init?(id: some StringProtocol) {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let moment = Int64(parts[0]), parts[1].utf8.count == 16,
            let schedule = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(moment: moment, schedule: schedule)
        // One occurrence has one spelling.
        guard self.id == id else { return nil }
    }

    package var description: String { id }
}
