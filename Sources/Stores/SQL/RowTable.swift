import Basics

/// The statements on a table of rows that are compared and set, and a row as its columns show it.
///
/// The values stand in the text: numbers, hexadecimal digits and plain names, none of which any dialect reads in two
/// ways. That spares what drivers differ in: markers, types, and numbers above 2^53 that turn into fractions.
struct RowTable {
    let kind: RowKind
    let prefix: String
    let dialect: Dialect

    var name: String { "\(prefix)\(kind.rawValue)" }

    /// What makes it.
    var definition: String {
        let text = dialect.text(192)
        return """
            CREATE TABLE \(name) (
              \(dialect.cluster) \(text) NOT NULL,
              \(kind.column) \(text) NOT NULL,
              version \(dialect.bigInteger) NOT NULL,
              nonce \(dialect.text(32)) NOT NULL,
              epoch \(dialect.bigInteger) NOT NULL,
              holder \(text) NOT NULL,
              data \(dialect.longText) NOT NULL,
              PRIMARY KEY (\(dialect.cluster), \(kind.column))
            )\(dialect.tableOptions)
            """
    }

    func read(_ key: RowKey) -> String { "SELECT \(Self.columns) FROM \(name) WHERE \(match(key))" }

    func list(_ page: RowPage) -> String {
        let behind = page.after.map { " AND \(kind.column) > '\($0)'" } ?? ""
        return dialect.select(
            "\(kind.column), \(Self.columns)",
            """
            FROM \(name) WHERE \(dialect.cluster) = '\(page.cluster)'\(behind) \
            ORDER BY \(dialect.ordered(kind.column))
            """, first: page.most)
    }

    func create(_ key: RowKey, _ row: StoredRow) -> String {
        """
        INSERT INTO \(name) (\(dialect.cluster), \(kind.column), version, nonce, epoch, holder, data) \
        VALUES ('\(key.cluster)', '\(key.name)', \(row.stamp.version), '\(row.stamp.nonce.text)', \(row.epoch), \
        '\(PlainName.spelledOrDash(row.holder))', \(dialect.longLiteral(Hex.text(row.data))))
        """
    }

    func replace(_ key: RowKey, _ expected: RowStamp, by row: StoredRow) -> String {
        """
        UPDATE \(name) SET version = \(row.stamp.version), nonce = '\(row.stamp.nonce.text)', \
        epoch = \(row.epoch), holder = '\(PlainName.spelledOrDash(row.holder))', \
        data = \(dialect.longLiteral(Hex.text(row.data))) WHERE \(match(key, expected))
        """
    }

    func remove(_ key: RowKey, _ expected: RowStamp) -> String {
        "DELETE FROM \(name) WHERE \(match(key, expected))"
    }

    private func match(_ key: RowKey) -> String {
        "\(dialect.cluster) = '\(key.cluster)' AND \(kind.column) = '\(key.name)'"
    }

    private func match(_ key: RowKey, _ expected: RowStamp) -> String {
        "\(match(key)) AND version = \(expected.version) AND nonce = '\(expected.nonce.text)'"
    }

    // MARK: What was found

    private static let columns = "version, nonce, epoch, holder, data"

    /// The row that `read` found; whatever stands there, a row or an error.
    static func row(_ columns: some Collection<String?>, of kind: RowKind) throws(StoreError) -> StoredRow {
        let texts = columns.compactMap { $0 }
        guard texts.count == 5, let version = UInt64(texts[0]), let nonce = Nonce(text: texts[1]),
            let epoch = UInt64(texts[2]), let holder = PlainName.plainOrDash(texts[3]),
            let data = Hex.bytes(texts[4])
        else { throw kind.damaged }
        return StoredRow(
            stamp: RowStamp(version: version, nonce: nonce), epoch: epoch, holder: holder, data: data)
    }

    /// A row that `list` found.
    static func namedRow(_ columns: [String?], of kind: RowKind) throws(StoreError) -> NamedRow {
        let spelled = columns.first.flatMap { $0 } ?? ""
        guard let name = PlainName.exact(spelled), StoredRow.isName(name),
            let row = try? row(columns.dropFirst(), of: kind)
        else {
            throw kind.damaged(spelled)
        }
        return (name, row)
    }
}

extension RowKind {
    /// The column with the name of what the row is of.
    fileprivate var column: String {
        switch self {
        case .lease: "role"
        case .task: "name"
        }
    }
}
