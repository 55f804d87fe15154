import Stores
import Testing

/// What can be said of dialects whose databases are not at hand.
@Suite struct SchemaTests {
    @Test(arguments: Dialect.allCases)
    func aScriptMakesAllTables(_ dialect: Dialect) {
        let script = StoreSchema.script(for: dialect, prefix: "mine_")
        for table in ["lease", "member", "task", "schema"] {
            #expect(script.contains("CREATE TABLE mine_\(table) ("))
        }
        // Where the row with the version stands, all tables do.
        #expect(script.hasSuffix("INSERT INTO mine_schema (id, version) VALUES (1, 1);\n"))
    }

    /// Of Oracle's reserved words, those that one might call a column.
    @Test func noColumnIsCalledWhatOracleReserves() {
        let reserved = [
            "access", "cluster", "comment", "date", "file", "level", "mode", "number", "row", "session",
            "size",
            "start", "uid", "user", "values",
        ]
        for line in StoreSchema.script(for: .oracle).split(separator: "\n") where line.hasPrefix("  ") {
            #expect(!reserved.contains(String(line.split(separator: " ")[0])))
        }
    }
}
