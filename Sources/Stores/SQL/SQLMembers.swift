import Basics

/// The directory in a table.
extension SQLSession {
    func exchange(
        _ exchange: MemberExchange, in cluster: String, until deadline: Instant
    ) throws(StoreError) -> [MemberEntry] {
        let result = try once(until: deadline, mayRepeat: true) { connection throws(SQLTrouble) in
            let table = MemberTable(prefix: prefix, dialect: connection.dialect)
            return try making(table.name, table.definition, connection, until: deadline) {
                () throws(SQLTrouble) in
                try Self.perform(exchange, cluster, table, connection, deadline)
            }
        }
        return MemberTable.entries(result.rows)
    }

    private static func perform(
        _ exchange: MemberExchange, _ cluster: String, _ table: MemberTable, _ connection: any SQLConnection,
        _ deadline: Instant
    ) throws(SQLTrouble) -> SQLResult {
        for entry in exchange.remove {
            _ = try connection.run(table.remove(entry, from: cluster), .write, until: deadline)
        }
        if let own = exchange.announce,
            try connection.run(table.replace(by: own, in: cluster), .write, until: deadline).written == 0
        {
            do throws(SQLTrouble) {
                _ = try connection.run(table.create(own, in: cluster), .write, until: deadline)
            } catch {
                // Another of the same name was there first: what is read now will show it.
                guard error.what == .duplicate else { throw error }
            }
        }
        return try connection.run(table.read(cluster), .read, until: deadline)
    }
}
