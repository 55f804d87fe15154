import Basics
import CStores

/// Every database that has an ODBC driver.
///
/// No driver keeps a deadline when its server hangs: a call may block for ever, in which case the store's clerk gives
/// this connection up. Time-outs are asked for all the same, for the drivers that know them.
final class ODBCConnection: SQLConnection {
    private let odbc: stores_odbc
    private let text: String
    private var environment: UnsafeMutableRawPointer?
    private var connection: UnsafeMutableRawPointer?
    private(set) var dialect = Dialect.mysql

    /// `text` is a connection string: `DSN=...;UID=...;PWD=...`.
    init(_ library: ODBCLibrary, text: String) {
        odbc = library.calls
        self.text = text
    }

    // MARK: Connecting

    func connect(until deadline: Instant) throws(SQLTrouble) {
        guard ODBCCode.isSuccess(odbc.allocHandle(ODBCCode.environment, nil, &environment)), let environment,
            ODBCCode.isSuccess(
                odbc.setEnvAttr(
                    environment, ODBCCode.version, UnsafeMutableRawPointer(bitPattern: ODBCCode.version3), 0)),
            ODBCCode.isSuccess(odbc.allocHandle(ODBCCode.connection, environment, &connection)),
            let connection
        else { throw SQLTrouble(StoreError(.engine, "unixODBC gives no handle")) }
        let seconds = Self.seconds(until: deadline)
        let timeout = UnsafeMutableRawPointer(bitPattern: seconds)
        _ = odbc.setConnectAttr(connection, ODBCCode.loginTimeout, timeout, 0)
        _ = odbc.setConnectAttr(connection, ODBCCode.connectionTimeout, timeout, 0)
        let bytes = Array(text.utf8) + [0]
        let code = odbc.driverConnect(
            connection, nil, bytes, Int16(clamping: bytes.count - 1), nil, 0, nil, ODBCCode.noPrompt)
        guard ODBCCode.isSuccess(code) else { throw refusal(connection) }
        dialect = try knownDialect(connection)
    }

    func close() {
        if let connection { _ = odbc.disconnect(connection) }
        _ = odbc.freeHandle(ODBCCode.connection, connection)
        _ = odbc.freeHandle(ODBCCode.environment, environment)
        connection = nil
        environment = nil
    }

    /// At least one: zero means for ever.
    private static func seconds(until deadline: Instant) -> Int {
        max(1, Int((deadline - Waiting.now).milliseconds / 1000))
    }

    private func knownDialect(_ connection: UnsafeMutableRawPointer) throws(SQLTrouble) -> Dialect {
        var buffer = [UInt8](repeating: 0, count: 128)
        _ = odbc.getInfo(connection, ODBCCode.databaseName, &buffer, Int16(buffer.count - 1), nil)
        let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        let small = name.lowercased()
        let names: [(String, Dialect)] = [
            ("mysql", .mysql), ("mariadb", .mysql), ("microsoft sql server", .sqlserver), ("oracle", .oracle),
            ("db2", .db2), ("postgresql", .postgresql), ("sqlite", .sqlite),
        ]
        guard let found = names.first(where: { small.hasPrefix($0.0) }) else {
            throw SQLTrouble(StoreError(.unsupported, "no dialect is known for the database '\(name)'"))
        }
        return found.1
    }

    // MARK: Statements

    func run(_ sql: String, _ purpose: SQLPurpose, until deadline: Instant) throws(SQLTrouble) -> SQLResult {
        guard let connection else { throw SQLTrouble(StoreError(.unreachable, "not connected")) }
        var handle: UnsafeMutableRawPointer?
        guard ODBCCode.isSuccess(odbc.allocHandle(ODBCCode.statement, connection, &handle)), let handle else {
            throw SQLTrouble(StoreError(.unreachable, "the driver gives no statement"))
        }
        defer { _ = odbc.freeHandle(ODBCCode.statement, handle) }
        let timeout = UnsafeMutableRawPointer(bitPattern: Self.seconds(until: deadline))
        _ = odbc.setStmtAttr(handle, ODBCCode.queryTimeout, timeout, 0)
        let code = odbc.execDirect(handle, Array(sql.utf8) + [0], -3)
        // Some drivers say "no data" where no row was written.
        if code == ODBCCode.noData { return SQLResult() }
        guard ODBCCode.isSuccess(code) else { throw trouble(handle) }
        if purpose == .read { return SQLResult(rows: try rows(handle)) }
        var count = 0
        _ = odbc.rowCount(handle, &count)
        return SQLResult(written: max(0, count))
    }

    private func rows(_ handle: UnsafeMutableRawPointer) throws(SQLTrouble) -> [[String?]] {
        var columns: Int16 = 0
        guard ODBCCode.isSuccess(odbc.numResultCols(handle, &columns)), columns > 0 else {
            throw trouble(handle)
        }
        var rows: [[String?]] = []
        var buffer = [UInt8](repeating: 0, count: Self.longest)
        while true {
            let code = odbc.fetch(handle)
            if code == ODBCCode.noData { return rows }
            guard ODBCCode.isSuccess(code) else { throw trouble(handle) }
            var row: [String?] = []
            for column in 1...UInt16(clamping: columns) { row.append(try text(handle, column, &buffer)) }
            rows.append(row)
        }
    }

    private static let longest = 32768

    private func text(
        _ handle: UnsafeMutableRawPointer, _ column: UInt16, _ buffer: inout [UInt8]
    ) throws(SQLTrouble) -> String? {
        var length = 0
        let code = odbc.getData(handle, column, ODBCCode.characters, &buffer, buffer.count, &length)
        guard ODBCCode.isSuccess(code) else { throw trouble(handle) }
        if length == ODBCCode.nullData { return nil }
        // What is longer was not written by Muster.
        return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }

    // MARK: Troubles

    private func refusal(_ connection: UnsafeMutableRawPointer) -> SQLTrouble {
        let (state, text) = diagnosis(ODBCCode.connection, connection)
        let kind: StoreError.Kind =
            switch state {
            case "28000": .refused
            case "IM002", "01000", "IM003", "IM004": .noDriver
            default: text.mentions("Access denied") ? .refused : .unreachable
            }
        return SQLTrouble(StoreError(kind, text))
    }

    /// The SQLSTATE tells whether the database refused the statement, which is then undone, or whether nobody knows.
    private func trouble(_ handle: UnsafeMutableRawPointer) -> SQLTrouble {
        let (state, text) = diagnosis(ODBCCode.statement, handle)
        switch state {
        case "42S02", "42P01": return SQLTrouble(StoreError(.schema, text), .noTable, breaks: false)
        case "42S01": return SQLTrouble(StoreError(.engine, text), breaks: false)
        case "42501": return SQLTrouble(StoreError(.refused, text), breaks: false)
        case let other where other.hasPrefix("23"):
            return SQLTrouble(StoreError(.engine, text), .duplicate, breaks: false)
        case let other where other.hasPrefix("42"):
            return SQLTrouble(StoreError(.engine, text), breaks: false)
        default: return SQLTrouble(StoreError(.engine, text, afterSending: true))
        }
    }

    private func diagnosis(_ type: Int16, _ handle: UnsafeMutableRawPointer) -> (state: String, text: String)
    {
        var state = [UInt8](repeating: 0, count: 6)
        var text = [UInt8](repeating: 0, count: 1024)
        var native: Int32 = 0
        guard
            ODBCCode.isSuccess(
                odbc.getDiagRec(type, handle, 1, &state, &native, &text, Int16(text.count - 1), nil))
        else { return ("", "the driver gives no reason") }
        let says = { (bytes: [UInt8]) in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        return (says(state), "\(says(text)) (\(says(state)), \(native))")
    }
}
