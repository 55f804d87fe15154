import Basics
import CStores
import Glibc

/// A file that the processes of one host share.
final class SQLiteConnection: SQLConnection {
    private let sqlite: stores_sqlite
    private let path: String
    private var database: UnsafeMutableRawPointer?

    init(_ library: SQLiteLibrary, path: String) {
        sqlite = library.calls
        self.path = path
    }

    var dialect: Dialect { .sqlite }

    /// What follows `sqlite:`: a path, or `///` and an absolute path.
    static func path(in rest: String) throws(StoreError) -> String {
        var path = rest
        if rest.hasPrefix("///") {
            path = String(rest.dropFirst(2))
        } else if rest.hasPrefix("//") {
            throw StoreError(.badSettings, "sqlite://HOST names no file: write sqlite:PATH or sqlite:///PATH")
        }
        guard !path.isEmpty, path != ":memory:", path != "/" else {
            throw StoreError(.badSettings, "sqlite: needs the path of a file, that all processes share")
        }
        return path
    }

    func connect(until deadline: Instant) throws(SQLTrouble) {
        var status = stat()
        if stat(path, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFREG else {
                throw SQLTrouble(
                    StoreError(.engine, "\(path) is \(kind == S_IFDIR ? "a directory" : "no file")"))
            }
        }
        let flags = SQLiteCode.openReadWrite | SQLiteCode.openCreate | SQLiteCode.openFullMutex
        let code = sqlite.open_v2(path, &database, flags, nil)
        guard code == SQLiteCode.ok, let database else { throw trouble(code) }
        _ = sqlite.extended_result_codes(database, 1)
        // What was acknowledged survives the loss of power, the journal's directory entry too.
        _ = try step("PRAGMA synchronous = EXTRA", until: deadline)
    }

    func run(_ sql: String, _ purpose: SQLPurpose, until deadline: Instant) throws(SQLTrouble) -> SQLResult {
        guard purpose != .read else {
            let result = try step(sql, until: deadline)
            try checkPlace()
            return result
        }
        _ = try step("BEGIN IMMEDIATE", until: deadline)
        var result = SQLResult()
        do {
            try checkPlace()
            result = try step(sql, until: deadline)
            if let database { result.written = Int(sqlite.changes(database)) }
        } catch {
            rollBack()
            throw error
        }
        do { _ = try step("COMMIT", until: deadline) } catch {
            rollBack()
            // Readers kept the lock: certainly undone. A disk that failed: who knows what it holds.
            var error = error
            error.error.afterSending = error.error.kind != .busy
            throw error
        }
        return result
    }

    func close() {
        _ = sqlite.close_v2(database)
        database = nil
    }

    private func rollBack() { _ = try? step("ROLLBACK", until: .distantPast) }

    /// A file that was deleted or replaced can still be written, by this process alone.
    private func checkPlace() throws(SQLTrouble) {
        guard let database else { throw SQLTrouble(StoreError(.engine, "not open")) }
        var hasMoved: Int32 = 0
        let code = sqlite.file_control(database, "main", SQLiteCode.hasMoved, &hasMoved)
        guard code == SQLiteCode.ok, hasMoved == 0 else {
            throw SQLTrouble(StoreError(.engine, "\(path) has been moved or deleted"))
        }
    }

    /// Who waits for the file looks at intervals that do not grow. SQLite's own wait looks less and less often, at last each
    /// 100 ms, and is overtaken by all who come later: while many jobs write, a lease was not renewed.
    private func step(_ sql: String, until deadline: Instant) throws(SQLTrouble) -> SQLResult {
        while true {
            do { return try attempt(sql) } catch {
                guard error.error.kind == .busy, Waiting.now < deadline else { throw error }
            }
            usleep(.random(in: 1_000...4_000))
        }
    }

    private func attempt(_ sql: String) throws(SQLTrouble) -> SQLResult {
        guard let database else { throw SQLTrouble(StoreError(.engine, "not open")) }
        var statement: UnsafeMutableRawPointer?
        var code = sqlite.prepare_v2(database, sql, -1, &statement, nil)
        guard code == SQLiteCode.ok else { throw trouble(code) }
        var result = SQLResult()
        code = sqlite.step(statement)
        while code == SQLiteCode.row {
            result.rows.append(
                (0..<sqlite.column_count(statement)).map { column in
                    sqlite.column_text(statement, column).map { String(cString: $0) }
                })
            code = sqlite.step(statement)
        }
        guard code == SQLiteCode.done else {
            let found = trouble(code)
            _ = sqlite.finalize(statement)
            throw found
        }
        _ = sqlite.finalize(statement)
        return result
    }

    private func trouble(_ code: Int32) -> SQLTrouble {
        let said =
            (database.map { sqlite.errmsg($0) } ?? sqlite.errstr(code)).map { String(cString: $0) } ?? ""
        switch code & 0xff {
        case SQLiteCode.busy:
            return SQLTrouble(StoreError(.busy, "\(path) is locked by another process"), breaks: false)
        case SQLiteCode.constraint: return SQLTrouble(StoreError(.engine, said), .duplicate, breaks: false)
        case SQLiteCode.readOnly: return SQLTrouble(StoreError(.engine, "\(path) cannot be written: \(said)"))
        case SQLiteCode.full: return SQLTrouble(StoreError(.engine, "no space is left for \(path)"))
        case SQLiteCode.cannotOpen:
            return SQLTrouble(
                StoreError(.unreachable, "\(path) cannot be opened: no such directory, or no right to use it")
            )
        case SQLiteCode.notDatabase:
            return SQLTrouble(StoreError(.schema, "\(path) is no SQLite database"))
        case 1 where said.hasPrefix("no such table"):
            return SQLTrouble(StoreError(.schema, said), .noTable, breaks: false)
        case 1: return SQLTrouble(StoreError(.engine, "\(path): \(said)"), breaks: false)
        default: return SQLTrouble(StoreError(.engine, "\(path): \(said) (\(code))"))
        }
    }
}
