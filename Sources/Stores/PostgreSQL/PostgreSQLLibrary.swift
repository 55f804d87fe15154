import CStores

/// libpq, loaded by whoever names such a store first.
struct PostgreSQLLibrary: @unchecked Sendable {
    let calls: stores_pq

    static let loaded: Result<PostgreSQLLibrary, StoreError> = {
        var trouble: UnsafePointer<CChar>?
        guard let table = stores_pq(&trouble) else {
            return .failure(StoreError(.noDriver, trouble.map { String(cString: $0) } ?? "no libpq"))
        }
        return .success(PostgreSQLLibrary(calls: table.pointee))
    }()
}

/// The numbers of libpq-fe.h.
enum PostgreSQLCode {
    static let connectionOk: Int32 = 0
    static let pollingReading: Int32 = 1
    static let pollingWriting: Int32 = 2
    static let pollingOk: Int32 = 3
    static let commandOk: Int32 = 1
    static let tuplesOk: Int32 = 2
    static let messagePrimary = Int32(UInt8(ascii: "M"))
    static let sqlState = Int32(UInt8(ascii: "C"))
}
