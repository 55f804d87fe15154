import CStores

/// libssl, loaded by whoever names a store behind TLS first.
struct TlsLibrary: @unchecked Sendable {
    let calls: stores_tls

    static let loaded: Result<TlsLibrary, StoreError> = {
        var trouble: UnsafePointer<CChar>?
        guard let table = stores_tls(&trouble) else {
            return .failure(StoreError(.noDriver, trouble.map { String(cString: $0) } ?? "no libssl"))
        }
        return .success(TlsLibrary(calls: table.pointee))
    }()
}

/// The numbers of ssl.h, tls1.h and x509_vfy.h.
enum TlsCode {
    static let verifyPeer: Int32 = 1
    static let pemFile: Int32 = 1
    static let setMinimumVersion: Int32 = 123
    static let version12 = 0x0303
    static let setServerName: Int32 = 55
    static let hostNameType = 0
    /// "*" stands for one whole label, never for part of one.
    static let noPartialWildcards: UInt32 = 0x4
    static let wantRead: Int32 = 2
    /// The other side closed in order.
    static let closed: Int32 = 6
    static let verified = 0
    /// The reason of an error that is an alert of the other side: this and the alert's number.
    static let alert: UInt = 1000

    static func reason(_ error: UInt) -> UInt { error & 0x7f_ffff }

    /// The `errno` that an error stands for; nil where it is one of libssl's own.
    static func systemError(_ error: UInt) -> Int32? {
        error & 0x8000_0000 == 0 ? nil : Int32(truncatingIfNeeded: error & 0x7fff_ffff)
    }
}
