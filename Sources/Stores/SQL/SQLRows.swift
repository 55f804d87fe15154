import Basics

/// The rows that are compared and set, each kind in a table.
extension SQLSession {
    func read(_ key: RowKey, until deadline: Instant) throws(StoreError) -> StoredRow? {
        let rows = try query(key.kind, until: deadline) { $0.read(key) }
        guard let first = rows.first else { return nil }
        return try RowTable.row(first, of: key.kind)
    }

    func list(_ page: RowPage, until deadline: Instant) throws(StoreError) -> [NamedRow] {
        var rows: [NamedRow] = []
        for columns in try query(page.kind, until: deadline, { $0.list(page) }) {
            rows.append(try RowTable.namedRow(columns, of: page.kind))
        }
        return rows
    }

    func write(
        _ key: RowKey, expected: RowStamp?, row: StoredRow, until deadline: Instant
    ) throws(StoreError) -> Bool {
        let numbers = [row.stamp.version, row.epoch, expected?.version ?? 0]
        guard numbers.allSatisfy({ $0 <= Self.highest }) else {
            throw StoreError(.engine, "a version or an epoch above 2^63 - 1")
        }
        return try change(key.kind, mayBeThere: expected == nil, until: deadline) { table in
            expected.map { table.replace(key, $0, by: row) } ?? table.create(key, row)
        }
    }

    func remove(_ key: RowKey, expected: RowStamp, until deadline: Instant) throws(StoreError) -> Bool {
        guard expected.version <= Self.highest else { return false }
        return try change(key.kind, mayBeThere: false, until: deadline) { $0.remove(key, expected) }
    }

    private static let highest = UInt64(Int64.max)

    private func query(
        _ kind: RowKind, until deadline: Instant, _ sql: (RowTable) -> String
    ) throws(StoreError) -> [[String?]] {
        try once(until: deadline, mayRepeat: true) { connection throws(SQLTrouble) in
            let table = RowTable(kind: kind, prefix: prefix, dialect: connection.dialect)
            return try run(sql(table), .read, on: table, connection, deadline)
        }.rows
    }

    /// Whether the one row that was meant has changed.
    private func change(
        _ kind: RowKind, mayBeThere: Bool, until deadline: Instant, _ sql: (RowTable) -> String
    ) throws(StoreError) -> Bool {
        let result = try once(until: deadline) { connection throws(SQLTrouble) in
            let table = RowTable(kind: kind, prefix: prefix, dialect: connection.dialect)
            do throws(SQLTrouble) {
                return try run(sql(table), .write, on: table, connection, deadline)
            } catch {
                guard mayBeThere, error.what == .duplicate else { throw error }
                return SQLResult(written: 0)
            }
        }
        switch result.written {
        case 0: return false
        case 1: return true
        default:
            throw StoreError(
                .engine, "the store says that \(result.written) rows were written", afterSending: true)
        }
    }

    private func run(
        _ sql: String, _ purpose: SQLPurpose, on table: RowTable, _ connection: any SQLConnection,
        _ deadline: Instant
    ) throws(SQLTrouble) -> SQLResult {
        // Without the table of leases there is no schema: the connection is checked anew.
        guard table.kind != .lease else { return try connection.run(sql, purpose, until: deadline) }
        return try making(table.name, table.definition, connection, until: deadline) {
            () throws(SQLTrouble) in
            try connection.run(sql, purpose, until: deadline)
        }
    }
}
