import Basics

/// One connection to a database.
protocol SQLConnection: AnyObject {
    /// What the database turns out to be, once it is connected.
    var dialect: Dialect { get }
    func connect(until deadline: Instant) throws(SQLTrouble)
    /// Runs one statement in a transaction of its own.
    func run(_ sql: String, _ purpose: SQLPurpose, until deadline: Instant) throws(SQLTrouble) -> SQLResult
    func close()
}

enum SQLPurpose { case read, write, define }

struct SQLResult {
    var rows: [[String?]] = []
    /// How many rows were written.
    var written = 0
}

/// Why a statement had no effect, or perhaps had one.
struct SQLTrouble: Error {
    enum Class: Equatable {
        case noTable
        case duplicate
        case other
    }
    var error: StoreError
    var what = Class.other
    /// Whether the connection may be used again.
    var breaks = true

    init(_ error: StoreError, _ what: Class = .other, breaks: Bool = true) {
        self.error = error
        self.what = what
        self.breaks = breaks
    }
}
