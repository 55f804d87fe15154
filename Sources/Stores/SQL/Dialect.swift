/// In what the engines that speak SQL differ.
package enum Dialect: String, CaseIterable, Sendable {
    case sqlite
    case postgresql
    case mysql
    case sqlserver
    case oracle
    case db2

    /// Text that is compared byte by byte. The names are ASCII in one case, see `PlainName`; this keeps an engine from
    /// spending more on them than it must.
    func text(_ length: Int) -> String {
        switch self {
        case .sqlite: "TEXT"
        case .postgresql: "VARCHAR(\(length)) COLLATE \"C\""
        case .mysql: "VARCHAR(\(length)) CHARACTER SET ascii COLLATE ascii_bin"
        case .sqlserver: "VARCHAR(\(length)) COLLATE Latin1_General_BIN2"
        case .oracle: "VARCHAR2(\(length))"
        case .db2: "VARCHAR(\(length))"
        }
    }

    var longText: String {
        switch self {
        case .sqlite, .postgresql: "TEXT"
        case .mysql: "VARCHAR(16000) CHARACTER SET ascii COLLATE ascii_bin"
        case .sqlserver: "VARCHAR(MAX) COLLATE Latin1_General_BIN2"
        case .oracle: "CLOB"
        case .db2: "VARCHAR(16000)"
        }
    }

    var bigInteger: String { self == .oracle ? "NUMBER(19)" : "BIGINT" }

    /// The column with the cluster's name: to Oracle CLUSTER is a reserved word.
    var cluster: String { self == .oracle ? "cluster_name" : "cluster" }

    /// A value of `longText`, which may be empty; of letters and digits only.
    func longLiteral(_ text: String) -> String {
        guard self == .oracle else { return "'\(text)'" }
        // There no literal is longer than 4000 bytes, and an empty one is NULL.
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append("TO_CLOB('\(rest.prefix(4000))')")
            rest = rest.dropFirst(4000)
        }
        return pieces.isEmpty ? "EMPTY_CLOB()" : pieces.joined(separator: " || ")
    }

    /// What to order by for the order in which `>` compares: Oracle orders by the session's language.
    func ordered(_ column: String) -> String {
        self == .oracle ? "NLSSORT(\(column), 'NLS_SORT=BINARY')" : column
    }

    /// A query for the first rows only.
    func select(_ columns: String, _ rest: String, first count: Int) -> String {
        switch self {
        case .sqlite, .postgresql, .mysql: "SELECT \(columns) \(rest) LIMIT \(count)"
        case .sqlserver: "SELECT TOP (\(count)) \(columns) \(rest)"
        case .oracle, .db2: "SELECT \(columns) \(rest) FETCH FIRST \(count) ROWS ONLY"
        }
    }

    /// What follows the columns of a table.
    var tableOptions: String { self == .mysql ? " ENGINE=InnoDB" : "" }
}
