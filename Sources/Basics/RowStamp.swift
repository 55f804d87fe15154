/// What compare-and-set compares: which writing of a row it is.
package struct RowStamp: Hashable, Sendable {
    /// Grows by one with every write.
    package var version: UInt64
    /// Fresh with every write, since a store that was rolled back may reach a version twice.
    package var nonce: Nonce

    package init(version: UInt64, nonce: Nonce) {
        self.version = version
        self.nonce = nonce
    }
}

/// 128 random bits.
package struct Nonce: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
