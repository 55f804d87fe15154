import Wire

/// The records that were read lately, by their bytes: the same news comes thousands of times, and all who hear it share
/// one object, as those within one node do.
struct KnownRecords: Sendable {
    /// By a sum of the bytes. Where two have the same sum, the later one has the place.
    private var known: [UInt64: (bytes: [UInt8], record: MemberRecord)] = [:]

    /// What has been forgotten is read again, into an object of its own.
    private static let most = 1 << 16

    mutating func read(_ bytes: ArraySlice<UInt8>) throws(WireError) -> MemberRecord {
        var sum = UInt64(bytes.count)
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x0100_0000_01B3 }
        if let found = known[sum], found.bytes[...] == bytes { return found.record }
        let record = try MemberRecord(decoding: bytes)
        if known.count >= KnownRecords.most { known.removeAll(keepingCapacity: true) }
        known[sum] = (Array(bytes), record)
        return record
    }
}
