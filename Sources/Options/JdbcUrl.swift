/// The address of a database as Java writes it, with the user beside it, as the URL of a store.
///
/// Neither the address nor the password is ever part of an error: either may hold a secret.
struct JdbcUrl {
    private let driver: String
    private let host: String
    private let database: String
    private var parameters: [(name: String, value: String)]
    private let user: String
    private let password: String

    /// The store's URL, and the names of parameters that have no meaning there.
    static func store(
        _ text: String, user: String, password: String
    ) throws(OptionError) -> (url: String, ignored: [String]) {
        let url = try JdbcUrl(text, user: user, password: password)
        switch url.driver {
        case "postgresql": return try url.postgresql()
        case "mysql", "mariadb": return try url.mariadb()
        case "sqlserver", "jtds":
            throw byHand(
                "odbc:DRIVER={ODBC Driver 18 for SQL Server};SERVER=HOST,1433;DATABASE=NAME;UID=USER;PWD=PASSWORD"
            )
        case "oracle": throw byHand("odbc:DRIVER={Oracle};DBQ=HOST:1521/SERVICE;UID=USER;PWD=PASSWORD")
        case "db2":
            throw byHand(
                "odbc:DRIVER={IBM DB2 ODBC DRIVER};HOSTNAME=HOST;PORT=50000;PROTOCOL=TCPIP;DATABASE=NAME;UID=USER;"
                    + "PWD=PASSWORD")
        case "h2", "hsqldb", "derby":
            throw byHand("sqlite:PATH, where all nodes are on this host, or postgresql://...")
        default:
            throw OptionError(
                .badValue,
                "must be jdbc:postgresql://HOST:PORT/DATABASE, jdbc:mysql://... or jdbc:mariadb://...; for another database "
                    + "give 'failover.store' and 'seed_store' here")
        }
    }

    private static func byHand(_ example: String) -> OptionError {
        OptionError(
            .badValue,
            "is a database that is not translated: give 'failover.store' and 'seed_store' here, such as \(example)"
        )
    }

    private init(_ text: String, user: String, password: String) throws(OptionError) {
        let parts = text.split(maxSplits: 2, omittingEmptySubsequences: false) { $0 == ":" }
        guard parts.count == 3, parts[0].lowercased() == "jdbc" else {
            throw OptionError(.badValue, "must begin with jdbc:")
        }
        driver = parts[1].lowercased()
        let (address, query) = JdbcUrl.cut(parts[2], at: "?")
        if address.hasPrefix("//") {
            let (host, database) = JdbcUrl.cut(address.dropFirst(2), at: "/")
            self.host = host.isEmpty ? "localhost" : String(host)
            self.database = String(database)
        } else {
            // Only PostgreSQL's may leave the host out.
            host = driver == "postgresql" ? "localhost" : ""
            database = String(address)
        }
        var names = (user: user, password: password)
        parameters = []
        for parameter in query.split(whereSeparator: { $0 == "&" }) {
            // WSO2 writes these texts into XML, so that its own examples escape the "&".
            let plain = parameter.hasPrefix("amp;") ? parameter.dropFirst(4) : parameter
            let (name, value) = JdbcUrl.cut(plain, at: "=")
            // Beside the URL they count more.
            switch name {
            case "user": if names.user.isEmpty { names.user = JdbcUrl.unescaped(value) }
            case "password": if names.password.isEmpty { names.password = JdbcUrl.unescaped(value) }
            default: parameters.append((String(name), String(value)))
            }
        }
        (self.user, self.password) = names
    }

    private static func cut(_ text: Substring, at mark: Character) -> (Substring, Substring) {
        guard let place = text.firstIndex(of: mark) else { return (text, "") }
        return (text[..<place], text[text.index(after: place)...])
    }

    private func postgresql() throws(OptionError) -> (url: String, ignored: [String]) {
        var words: [String] = []
        var ignored: [String] = []
        let hasMode = parameters.contains { $0.name == "sslmode" }
        for (name, value) in parameters {
            switch name {
            case "sslmode", "sslrootcert": words.append("\(name)=\(value)")
            // What Java's driver means by it.
            case "ssl" where value.lowercased() != "false":
                if !hasMode { words.append("sslmode=verify-full") }
            case "currentSchema": words.append("options=-csearch_path%3D\(value)")
            default: ignored.append(name)
            }
        }
        var login = JdbcUrl.escaped(user)
        if !password.isEmpty { login += ":" + JdbcUrl.escaped(password) }
        let url = "postgresql://\(login.isEmpty ? "" : login + "@")\(host)/\(database)"
        return (words.isEmpty ? url : url + "?" + words.joined(separator: "&"), ignored)
    }

    /// Through MariaDB's ODBC driver, which speaks to MySQL too.
    private func mariadb() throws(OptionError) -> (url: String, ignored: [String]) {
        guard let server = Seed(host) else {
            throw OptionError(.badValue, "must name one server, host or host:port")
        }
        // The driver takes what these stand in for something else.
        guard [database, user, password].allSatisfy({ !$0.contains { ";{}".contains($0) } }) else {
            throw OptionError(
                .badValue,
                "cannot be translated, because user, password or database hold one of ; { }: name a data source of odbc.ini "
                    + "that has them, by 'failover.store' and 'seed_store' = odbc:DSN=NAME")
        }
        var words = [
            "DRIVER={MariaDB Unicode}", "SERVER=\(server.host)", "PORT=\(server.port ?? 3306)",
            "DATABASE=\(database)",
            "UID=\(user)", "PWD=\(password)", "CONN_TIMEOUT=2", "READ_TIMEOUT=2", "WRITE_TIMEOUT=2",
        ]
        var ignored: [String] = []
        for (name, value) in parameters {
            let wantsTls =
                switch name {
                case "useSSL", "requireSSL": value.lowercased() == "true"
                case "sslMode": !["disable", "disabled", "preferred"].contains(value.lowercased())
                default: false
                }
            if wantsTls, !words.contains("FORCETLS=1") { words.append("FORCETLS=1") }
            // The certificate is looked at only where that is asked for.
            if name == "sslMode", value.lowercased().hasPrefix("verify") { words.append("SSLVERIFY=1") }
            if !wantsTls { ignored.append(name) }
        }
        return ("odbc:" + words.joined(separator: ";"), ignored)
    }

    /// The text without escapes; one that is broken stands for itself.
    private static func unescaped(_ text: Substring) -> String {
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let high = rest.first.flatMap(hexDigit),
                let low = rest.dropFirst().first.flatMap(hexDigit)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(high << 4 | low)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// RFC 3986, 2: what is not unreserved as `%xx`.
    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isLetterOrDigit(byte) || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
