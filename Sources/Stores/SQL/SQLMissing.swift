import Basics

/// Tables that came later than those of the leases, which do without them: a database that was made before is of the
/// same version, and whoever needs such a table first makes it.
extension SQLSession {
    /// Runs `body`, and again where its table was missing and could be made.
    func making(
        _ name: String, _ definition: String, _ connection: any SQLConnection, until deadline: Instant,
        _ body: () throws(SQLTrouble) -> SQLResult
    ) throws(SQLTrouble) -> SQLResult {
        do throws(SQLTrouble) {
            return try body()
        } catch {
            guard error.what == .noTable else { throw error }
        }
        do throws(SQLTrouble) {
            try make(name, definition, connection, deadline)
        } catch {
            // Whatever was sent was not the write that was asked for.
            var error = error
            error.error.afterSending = false
            throw error
        }
        return try body()
    }

    /// Not being able to is no reason to drop the connection.
    private func make(
        _ name: String, _ definition: String, _ connection: any SQLConnection, _ deadline: Instant
    ) throws(SQLTrouble) {
        var reason = ""
        if makesTables {
            do throws(SQLTrouble) {
                _ = try connection.run(definition, .define, until: deadline)
                return
            } catch {
                guard !error.breaks else { throw error }
                // Perhaps another has just made it; only what stands there counts.
                do throws(SQLTrouble) {
                    _ = try connection.run(
                        "SELECT COUNT(*) FROM \(name) WHERE 1 = 0", .read, until: deadline)
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
                the table \(name) is missing\(reason); `muster store schema --for \(connection.dialect.rawValue)` prints the \
                SQL that makes it
                """), breaks: false)
    }
}
