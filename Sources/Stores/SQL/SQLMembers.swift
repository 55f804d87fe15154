import Basics

/// The directory in a table.
extension SQLSession {
    func exchange(
        _ exchange: MemberExchange, in cluster: String, until deadline: Instant
    ) throws(StoreError) -> [MemberEntry] {
        let result = try once(until: deadline, mayRepeat: true) { connection throws(SQLTrouble) in
            let table = MemberTable(prefix: prefix, dialect: connection.dialect, cluster: cluster)
            do throws(SQLTrouble) {
                return try Self.perform(exchange, table, connection, deadline)
            } catch {
                guard error.what == .noTable else { throw error }
            }
            try makeMembers(table, connection, deadline)
            return try Self.perform(exchange, table, connection, deadline)
        }
        return MemberTable.entries(result.rows)
    }

    private static func perform(
        _ exchange: MemberExchange, _ table: MemberTable, _ connection: any SQLConnection, _ deadline: Instant
    ) throws(SQLTrouble) -> SQLResult {
        for entry in exchange.remove { _ = try connection.run(table.remove(entry), .write, until: deadline) }
        if let own = exchange.announce,
            try connection.run(table.replace(by: own), .write, until: deadline).written == 0
        {
            do throws(SQLTrouble) {
                _ = try connection.run(table.create(own), .write, until: deadline)
            } catch {
                // Another of the same name was there first: what is read now will show it.
                guard error.what == .duplicate else { throw error }
            }
        }
        return try connection.run(table.read, .read, until: deadline)
    }

    /// For databases whose tables were made before there was one of members. Not being able to is no reason to drop the
    /// connection: leases do without.
    private func makeMembers(_ table: MemberTable, _ connection: any SQLConnection, _ deadline: Instant)
        throws(SQLTrouble)
    {
        let dialect = connection.dialect
        var reason = ""
        if makesTables {
            do throws(SQLTrouble) {
                let statement = StoreSchema.members(for: dialect, prefix: prefix)
                _ = try connection.run(statement, .define, until: deadline)
                return
            } catch {
                guard !error.breaks else { throw error }
                // Perhaps another has just made it; only what stands there counts.
                do throws(SQLTrouble) {
                    _ = try connection.run(table.read, .read, until: deadline)
                    return
                } catch let missing {
                    guard missing.what == .noTable else { throw missing }
                }
                reason = " and cannot be made (\(error.error.text))"
            }
        }
        throw SQLTrouble(
            StoreError(
                .schema,
                """
                the table \(table.name) is missing\(reason); `muster schema \(dialect.rawValue)` prints the SQL \
                that makes it
                """), breaks: false)
    }
}
