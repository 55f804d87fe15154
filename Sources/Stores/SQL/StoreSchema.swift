/// The tables: one row for each role of each cluster, one for each member, one for each task, and one that says which
/// version of the tables these are.
package enum StoreSchema {
    /// Grows with every change that older releases cannot work with.
    package static let version = 1

    /// The SQL that makes the tables, for people.
    package static func script(for dialect: Dialect, prefix: String = "muster_") -> String {
        statements(for: dialect, prefix: prefix).map { $0 + ";\n" }.joined(separator: "\n")
    }

    /// The same, one statement each. The table of versions and its row come last: where they are, all is.
    static func statements(for dialect: Dialect, prefix: String) -> [String] {
        [
            RowTable(kind: .lease, prefix: prefix, dialect: dialect).definition,
            MemberTable(prefix: prefix, dialect: dialect).definition,
            RowTable(kind: .task, prefix: prefix, dialect: dialect).definition,
            """
            CREATE TABLE \(prefix)schema (
              id \(dialect.bigInteger) NOT NULL PRIMARY KEY,
              version \(dialect.bigInteger) NOT NULL
            )\(dialect.tableOptions)
            """,
            "INSERT INTO \(prefix)schema (id, version) VALUES (1, \(version))",
        ]
    }

    static func readVersion(prefix: String) -> String { "SELECT version FROM \(prefix)schema WHERE id = 1" }

    /// Lower-case letters, digits and underlines, so that it needs quotes in no dialect.
    package static func isValidPrefix(_ prefix: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let first = prefix.utf8.first, letters.contains(first) else { return false }
        return prefix.utf8.count <= 40
            && prefix.utf8.allSatisfy {
                letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
            }
    }
}
