import Basics
import Lease

/// The statements, and the row as its columns show it.
///
/// The values stand in the text: numbers, hexadecimal digits and plain names, none of which any dialect reads in two
/// ways. That spares what drivers differ in: markers, types, and numbers above 2^53 that turn into fractions.
struct LeaseTable {
    let prefix: String
    let dialect: Dialect

    func read(_ key: LeaseKey) -> String {
        "SELECT version, nonce, data FROM \(prefix)lease WHERE \(match(key))"
    }

    func create(_ key: LeaseKey, _ row: LeaseRow) -> String {
        """
        INSERT INTO \(prefix)lease (\(dialect.cluster), role, version, nonce, epoch, holder, data) \
        VALUES ('\(key.cluster)', '\(key.role)', \(row.version), '\(row.nonce.text)', \(row.epoch), \
        '\(Self.holder(row))', '\(Hex.text(row.encoded()))')
        """
    }

    func replace(_ key: LeaseKey, _ expected: RowStamp, by row: LeaseRow) -> String {
        """
        UPDATE \(prefix)lease SET version = \(row.version), nonce = '\(row.nonce.text)', epoch = \(row.epoch), \
        holder = '\(Self.holder(row))', data = '\(Hex.text(row.encoded()))' WHERE \(match(key)) \
        AND version = \(expected.version) AND nonce = '\(expected.nonce.text)'
        """
    }

    private func match(_ key: LeaseKey) -> String {
        "\(dialect.cluster) = '\(key.cluster)' AND role = '\(key.role)'"
    }

    /// For people and for fences; Oracle takes an empty text for NULL.
    private static func holder(_ row: LeaseRow) -> String {
        row.holder.isEmpty ? "-" : PlainName.spelled(row.holder)
    }

    /// The row that `read` found; whatever stands there, a row or an error.
    static func row(_ columns: [String?]) throws(StoreError) -> LeaseRow {
        guard columns.count == 3, let version = columns[0].flatMap({ UInt64($0) }), let nonce = columns[1],
            let data = columns[2]
        else { throw damaged }
        let row = try decoded(data)
        guard row.version == version, row.nonce.text == nonce else { throw damaged }
        return row
    }

    private static func decoded(_ data: String) throws(StoreError) -> LeaseRow {
        guard let bytes = Hex.bytes(data) else { throw damaged }
        do { return try LeaseRow(decoding: bytes[...]) } catch { throw damaged }
    }

    static let damaged = StoreError(.schema, "the row of the lease holds what Muster did not write")
}

extension Nonce {
    /// 32 hexadecimal digits.
    var text: String { Hex.text(high) + Hex.text(low) }
}
