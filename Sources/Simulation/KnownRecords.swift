import Wire

/// The records that were read lately, by their bytes: the same news comes thousands of times, and all who hear it share
/// one object, as those within one node do.
struct KnownRecords: Sendable {
    private var known: [Key: MemberRecord] = [:]

    private struct Key: Hashable, Sendable {
        let bytes: [UInt8]
        private let sum: UInt64

        init(_ slice: ArraySlice<UInt8>) {
            bytes = Array(slice)
            var sum = UInt64(bytes.count)
            for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0100_0000_01B3 }
            self.sum = sum
        }

        func hash(into hasher: inout Hasher) { hasher.combine(sum) }
    }

    /// What has been forgotten is read again, into an object of its own.
    private static let most = 1 << 16

    mutating func read(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MemberRecord {
        let key = Key(bytes)
        if let record = known[key] { return record }
        let record = try MemberRecord(decoding: bytes)
        if known.count >= KnownRecords.most { known.removeAll(keepingCapacity: true) }
        known[key] = record
        return record
    }
}
