import Basics
import CGuest
import CStores
import Glibc

/// libpq without blocking: whatever the server does, a call returns by its deadline.
final class PostgreSQLConnection: SQLConnection {
    private let pq: stores_pq
    private let targets: PostgreSQLTargets
    /// How long a request may take.
    private let patience: Interval
    private var connection: UnsafeMutableRawPointer?
    /// The socket that a forked child closes, -1 where none is noted.
    private var noted: Int32 = -1

    init(_ library: PostgreSQLLibrary, _ targets: PostgreSQLTargets, patience: Interval) {
        pq = library.calls
        self.targets = targets
        self.patience = patience
    }

    var dialect: Dialect { .postgresql }

    // MARK: Connecting

    func connect(until deadline: Instant) throws(SQLTrouble) {
        let count = targets.attempts.count
        for (index, parameters) in targets.attempts.enumerated() {
            let now = Waiting.now
            let share = (deadline - now) / Int64(count - index)
            do {
                try connect(parameters, until: now + share)
                return try prepare(until: deadline)
            } catch {
                close()
                if index == count - 1 { throw error }
            }
        }
    }

    private func connect(_ parameters: PostgreSQLTargets.Parameters, until deadline: Instant)
        throws(SQLTrouble)
    {
        let keywords = CStrings(parameters.map { $0.keyword })
        let values = CStrings(parameters.map { $0.value })
        guard let fresh = pq.connectStartParams(keywords.pointers, values.pointers, 0) else {
            throw SQLTrouble(StoreError(.engine, "out of memory"))
        }
        connection = fresh
        // Notices would go to the host's standard error.
        _ = pq.setNoticeProcessor(fresh, { _, _ in }, nil)
        var polled = pq.status(fresh) == 1 ? 0 : PostgreSQLCode.pollingWriting
        while polled == PostgreSQLCode.pollingReading || polled == PostgreSQLCode.pollingWriting {
            let events = polled == PostgreSQLCode.pollingReading ? POLLIN : POLLOUT
            guard wait(fresh, events, until: deadline) else {
                throw SQLTrouble(StoreError(.unreachable, "the PostgreSQL server does not answer"))
            }
            polled = pq.connectPoll(fresh)
        }
        guard polled == PostgreSQLCode.pollingOk else {
            let isRefused = pq.usedPassword(fresh) != 0 || pq.needsPassword(fresh) != 0
            throw SQLTrouble(StoreError(isRefused ? .refused : .unreachable, message(fresh)))
        }
        _ = pq.setnonblocking(fresh, 1)
    }

    /// Commits that are acknowledged are kept, and statements that nobody waits for any more end, however long it took to
    /// connect.
    private func prepare(until deadline: Instant) throws(SQLTrouble) {
        let longest = max(1, (patience * 2).milliseconds)
        _ = try run(
            """
            SELECT set_config('statement_timeout', '\(longest)', false), set_config('synchronous_commit', \
            CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN 'on' \
            ELSE current_setting('synchronous_commit') END, false)
            """, .read, until: deadline)
    }

    func close() {
        unnote()
        pq.finish(connection)
        connection = nil
    }

    // MARK: Forks

    /// A child that is forked now closes the socket, silently: to the server nothing has happened, and no word of
    /// the child's can get between ours. libpq closes and opens its socket as it sees fit, and a number that it
    /// gave back may be the host's at once; so it is noted only while libpq is not at work. A child that is forked
    /// in that short time keeps a socket that nobody uses, until it ends.
    private func note(_ connection: UnsafeMutableRawPointer) {
        noted = pq.socket(connection)
        guest_descriptor_opened(noted)
    }

    private func unnote() {
        guest_descriptor_closing(noted)
        noted = -1
    }

    // MARK: Statements

    func run(_ sql: String, _ purpose: SQLPurpose, until deadline: Instant) throws(SQLTrouble) -> SQLResult {
        guard let connection else { throw SQLTrouble(StoreError(.unreachable, "not connected")) }
        unnote()
        defer { note(connection) }
        // A server that has been restarted closed the connection, perhaps with a word of farewell before: better known
        // before sending than after.
        for _ in 0..<8 where Waiting.isReady(pq.socket(connection), POLLIN) {
            guard pq.consumeInput(connection) == 1 else {
                throw SQLTrouble(StoreError(.unreachable, message(connection)))
            }
        }
        guard pq.sendQuery(connection, sql) == 1 else { throw lost(connection) }
        try flush(connection, until: deadline)
        var result = SQLResult()
        var refusal: SQLTrouble?
        while let found = try next(connection, until: deadline) {
            defer { pq.clear(found) }
            switch pq.resultStatus(found) {
            case PostgreSQLCode.commandOk:
                result.written = pq.cmdTuples(found).flatMap { Int(String(cString: $0)) } ?? 0
            case PostgreSQLCode.tuplesOk: result.rows = rows(of: found)
            default: refusal = trouble(found, connection)
            }
        }
        if let refusal { throw refusal }
        return result
    }

    private func flush(_ connection: UnsafeMutableRawPointer, until deadline: Instant) throws(SQLTrouble) {
        while true {
            switch pq.flush(connection) {
            case 0: return
            case 1:
                guard wait(connection, POLLIN | POLLOUT, until: deadline) else { throw silence }
                guard pq.consumeInput(connection) == 1 else { throw lost(connection) }
            default: throw lost(connection)
            }
        }
    }

    private func next(
        _ connection: UnsafeMutableRawPointer, until deadline: Instant
    ) throws(SQLTrouble) -> UnsafeMutableRawPointer? {
        while pq.isBusy(connection) == 1 {
            guard wait(connection, POLLIN, until: deadline) else { throw silence }
            guard pq.consumeInput(connection) == 1 else { throw lost(connection) }
        }
        return pq.getResult(connection)
    }

    private func wait(
        _ connection: UnsafeMutableRawPointer, _ events: Int32, until deadline: Instant
    ) -> Bool {
        note(connection)
        defer { unnote() }
        return Waiting.ready(pq.socket(connection), events, until: deadline)
    }

    private func rows(of result: UnsafeMutableRawPointer) -> [[String?]] {
        (0..<pq.ntuples(result)).map { row in
            (0..<pq.nfields(result)).map { column in
                guard pq.getisnull(result, row, column) == 0 else { return nil }
                return pq.getvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    // MARK: Troubles

    private var silence: SQLTrouble {
        SQLTrouble(StoreError(.hangs, "the PostgreSQL server does not answer", afterSending: true))
    }

    private func lost(_ connection: UnsafeMutableRawPointer) -> SQLTrouble {
        SQLTrouble(StoreError(.unreachable, message(connection), afterSending: true))
    }

    /// What the server said. It rolled the statement back, unless it says that it is not sure.
    private func trouble(
        _ result: UnsafeMutableRawPointer, _ connection: UnsafeMutableRawPointer
    ) -> SQLTrouble {
        let state = pq.resultErrorField(result, PostgreSQLCode.sqlState).map { String(cString: $0) } ?? ""
        let text = pq.resultErrorField(result, PostgreSQLCode.messagePrimary).map { String(cString: $0) }
        let isSure =
            state.utf8.count == 5 && pq.status(connection) == PostgreSQLCode.connectionOk
            && state != "40003" && !["08", "57P", "58", "XX"].contains { state.hasPrefix($0) }
        var error = StoreError(.engine, text ?? message(connection), afterSending: !isSure)
        switch state {
        case "42P01":
            error.kind = .schema
            return SQLTrouble(error, .noTable, breaks: false)
        case "23505": return SQLTrouble(error, .duplicate, breaks: false)
        // A server that has become a standby, or that is asked to write by a transaction that may not.
        case "25006": return SQLTrouble(error)
        case "42501":
            error.kind = .refused
            return SQLTrouble(error, breaks: false)
        default: return SQLTrouble(error, breaks: !isSure)
        }
    }

    private func message(_ connection: UnsafeMutableRawPointer) -> String {
        let text = pq.errorMessage(connection).map { String(cString: $0) } ?? ""
        return text.isEmpty ? "the connection to the PostgreSQL server is lost" : text
    }
}

/// A list of C texts that ends with NULL.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() {
            (pointers + index).initialize(to: UnsafePointer(strdup(text)))
        }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(UnsafeMutableRawPointer(mutating: pointers[index])) }
        pointers.deallocate()
    }
}
