import CStores

/// libsqlite3, loaded by whoever names such a store first.
struct SQLiteLibrary: @unchecked Sendable {
    let calls: stores_sqlite

    static let loaded: Result<SQLiteLibrary, StoreError> = {
        var trouble: UnsafePointer<CChar>?
        guard let table = stores_sqlite(&trouble) else {
            return .failure(StoreError(.noDriver, trouble.map { String(cString: $0) } ?? "no libsqlite3"))
        }
        return .success(SQLiteLibrary(calls: table.pointee))
    }()
}

/// The numbers of sqlite3.h.
enum SQLiteCode {
    static let ok: Int32 = 0
    static let busy: Int32 = 5
    static let readOnly: Int32 = 8
    static let full: Int32 = 13
    static let cannotOpen: Int32 = 14
    static let constraint: Int32 = 19
    static let notDatabase: Int32 = 26
    static let row: Int32 = 100
    static let done: Int32 = 101

    static let openReadWrite: Int32 = 0x2
    static let openCreate: Int32 = 0x4
    static let openFullMutex: Int32 = 0x1_0000
    /// Whether the file has been moved or deleted.
    static let hasMoved: Int32 = 20
}
