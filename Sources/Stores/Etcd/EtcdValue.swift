import Basics
import Lease

/// A row as the value of a key: that of a lease is what its row holds, in Protocol Buffers encoding; that of a task is
/// `VERSION NONCE EPOCH HOLDER ` and its data.
extension RowKind {
    func value(of row: StoredRow) -> [UInt8] {
        switch self {
        case .lease: row.data
        case .task:
            Array(
                [
                    "\(row.stamp.version)", row.stamp.nonce.text, "\(row.epoch)",
                    PlainName.spelledOrDash(row.holder), "",
                ].joined(separator: " ").utf8) + row.data
        }
    }

    /// Nil where it is no such value.
    func row(_ value: [UInt8]) -> StoredRow? {
        switch self {
        case .lease: (try? LeaseRow(decoding: value[...])).map { StoredRow($0) }
        case .task: Self.task(value)
        }
    }

    private static func task(_ value: [UInt8]) -> StoredRow? {
        let words = value.split(separator: UInt8(ascii: " "), maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count == 5 else { return nil }
        let texts = words.prefix(4).map { String(decoding: $0, as: UTF8.self) }
        guard let version = UInt64(texts[0]), let nonce = Nonce(text: texts[1]), let epoch = UInt64(texts[2]),
            let holder = PlainName.plainOrDash(texts[3])
        else { return nil }
        return StoredRow(
            stamp: RowStamp(version: version, nonce: nonce), epoch: epoch, holder: holder,
            data: Array(words[4]))
    }
}
