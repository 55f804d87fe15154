import CStores

/// unixODBC, loaded by whoever names such a store first.
struct ODBCLibrary: @unchecked Sendable {
    let calls: stores_odbc

    static let loaded: Result<ODBCLibrary, StoreError> = {
        var trouble: UnsafePointer<CChar>?
        guard let table = stores_odbc(&trouble) else {
            return .failure(StoreError(.noDriver, trouble.map { String(cString: $0) } ?? "no libodbc"))
        }
        return .success(ODBCLibrary(calls: table.pointee))
    }()
}

/// The numbers of sql.h and sqlext.h.
enum ODBCCode {
    static let success: Int16 = 0
    static let successWithInfo: Int16 = 1
    static let noData: Int16 = 100
    static let environment: Int16 = 1
    static let connection: Int16 = 2
    static let statement: Int16 = 3
    static let version: Int32 = 200
    static let version3 = 3
    static let queryTimeout: Int32 = 0
    static let loginTimeout: Int32 = 103
    static let connectionTimeout: Int32 = 113
    static let noPrompt: UInt16 = 0
    static let databaseName: UInt16 = 17
    static let characters: Int16 = 1
    static let nullData = -1

    static func isSuccess(_ code: Int16) -> Bool { code == success || code == successWithInfo }
}
