/// The engines, by the scheme of the URL.
enum Engine {
    /// Checks the URL, loads the client library, and returns what makes connections. A URL may hold a password: no
    /// error repeats it.
    static func connector(for settings: StoreSettings) throws(StoreError) -> @Sendable () -> any Session {
        let url = settings.url
        guard !url.utf8.contains(0), let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw StoreError(.badSettings, "a store is named by a URL: \(known)")
        }
        switch String(url[..<colon]).lowercased() {
        case "sqlite":
            let path = try SQLiteConnection.path(in: String(url[url.index(after: colon)...]))
            let library = try SQLiteLibrary.loaded.get()
            return { SQLSession(settings) { SQLiteConnection(library, path: path) } }
        case "postgresql", "postgres":
            let library = try PostgreSQLLibrary.loaded.get()
            let targets = try PostgreSQLTargets(library, url: url)
            return {
                SQLSession(settings) { PostgreSQLConnection(library, targets, patience: settings.patience) }
            }
        case "etcd", "etcds":
            let address = try EtcdAddress(url)
            guard let files = address.files else { return { EtcdSession(settings, address, secure: nil) } }
            let library = try TlsLibrary.loaded.get()
            // A file that cannot be used is said now, and not with the first request.
            _ = try TlsContext(library, files)
            return { EtcdSession(settings, address, secure: (library, files)) }
        case "odbc":
            let text = String(url[url.index(after: colon)...])
            guard text.utf8.contains(UInt8(ascii: "=")) else {
                throw StoreError(
                    .badSettings, "odbc: needs a connection string: odbc:DSN=NAME;UID=USER;PWD=PASSWORD")
            }
            let library = try ODBCLibrary.loaded.get()
            return { SQLSession(settings) { ODBCConnection(library, text: text) } }
        default:
            throw StoreError(.unsupported, "no store of this kind is known: \(known)")
        }
    }

    private static let known =
        "sqlite:PATH, postgresql://HOST/DATABASE, etcd://HOST:PORT, etcds://HOST:PORT or odbc:DSN=NAME"
}
