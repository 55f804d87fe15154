import Basics

/// A connection to a database, and its tables. (The rows are in `SQLRows`, the directory is in `SQLMembers`.)
final class SQLSession: Session {
    let prefix: String
    let makesTables: Bool
    private let make: () -> any SQLConnection
    private var connection: (any SQLConnection)?

    init(_ settings: StoreSettings, connect: @escaping () -> any SQLConnection) {
        prefix = settings.prefix
        makesTables = settings.makesTables
        make = connect
    }

    var isUnconnected: Bool { connection == nil }

    func connect(until deadline: Instant) throws(StoreError) {
        do throws(SQLTrouble) { _ = try connected(until: deadline) } catch { throw error.error }
    }

    func close() {
        connection?.close()
        connection = nil
    }

    /// Connects where there is no connection, and drops it where the trouble broke it. A connection that turns out to
    /// have ended since it was last used is made anew once, if nothing had been sent or all may be sent again.
    func once(
        until deadline: Instant, mayRepeat: Bool = false,
        _ body: (any SQLConnection) throws(SQLTrouble) -> SQLResult
    ) throws(StoreError) -> SQLResult {
        let isUsed = connection != nil
        do throws(SQLTrouble) {
            return try body(try connected(until: deadline))
        } catch {
            if error.breaks || error.what == .noTable { close() }
            guard isUsed, connection == nil, mayRepeat || !error.error.afterSending, Waiting.now < deadline
            else {
                throw error.error
            }
        }
        do throws(SQLTrouble) {
            return try body(try connected(until: deadline))
        } catch {
            if error.breaks { close() }
            throw error.error
        }
    }

    private func connected(until deadline: Instant) throws(SQLTrouble) -> any SQLConnection {
        if let connection { return connection }
        let fresh = make()
        do {
            try fresh.connect(until: deadline)
            try checkTables(of: fresh, until: deadline)
        } catch {
            fresh.close()
            // Whatever was sent so far was not the write that was asked for.
            var error = error
            error.error.afterSending = false
            throw error
        }
        connection = fresh
        // A driver that hung may come back when nobody expects the write any more.
        guard Waiting.now < deadline else {
            throw SQLTrouble(StoreError(.hangs, "connecting took too long"), breaks: false)
        }
        return fresh
    }

    private func checkTables(of connection: any SQLConnection, until deadline: Instant) throws(SQLTrouble) {
        var found = try version(connection, until: deadline)
        var refusal: SQLTrouble?
        if found == nil && makesTables {
            // Several nodes may do so at once; only what stands there afterwards counts.
            for statement in StoreSchema.statements(for: connection.dialect, prefix: prefix) {
                do { _ = try connection.run(statement, .define, until: deadline) } catch {
                    guard !error.breaks else { throw error }
                    refusal = refusal ?? error
                }
            }
            found = try version(connection, until: deadline)
        }
        guard let found else {
            let reason = refusal.map { " and cannot be made (\($0.error.text))" } ?? ""
            throw SQLTrouble(
                StoreError(
                    .schema,
                    """
                    the tables \(prefix)lease and \(prefix)schema are missing\(reason); \
                    `muster store schema --for \(connection.dialect.rawValue)` prints the SQL that makes them
                    """))
        }
        guard found == StoreSchema.version else {
            throw SQLTrouble(
                StoreError(
                    .schema,
                    """
                    the tables are of version \(found), made by another release of Muster; \
                    this one works with version \(StoreSchema.version)
                    """))
        }
    }

    /// Nil where there is no table or no row.
    private func version(
        _ connection: any SQLConnection, until deadline: Instant
    ) throws(SQLTrouble) -> Int? {
        do throws(SQLTrouble) {
            let sql = StoreSchema.readVersion(prefix: prefix)
            let rows = try connection.run(sql, .read, until: deadline).rows
            guard let first = rows.first else { return nil }
            guard let version = first.first.flatMap({ $0 }).flatMap({ Int($0) }) else {
                throw SQLTrouble(StoreError(.schema, "\(prefix)schema holds no number"))
            }
            return version
        } catch {
            guard error.what == .noTable else { throw error }
            return nil
        }
    }
}
