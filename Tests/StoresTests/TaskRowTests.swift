import Basics
import Testing

@testable import Stores

/// Rows of tasks as engines hold them.
@Suite struct TaskRowTests {
    private let row = StoredRow(
        stamp: RowStamp(version: 1 << 63 - 1, nonce: Nonce(high: 1, low: .max)), epoch: 1 << 53 - 1,
        holder: "Ada, ä", data: Array(0...255))

    @Test func anEtcdValueIsReadAsItWasWritten() {
        for (holder, data) in [
            ("", []), ("-", [32, 32]), ("%2d", [10]), (row.holder, row.data),
            ("x", [UInt8](repeating: 255, count: 4096)),
        ] {
            var row = row
            row.holder = holder
            row.data = data
            #expect(RowKind.task.row(RowKind.task.value(of: row)) == row)
        }
    }

    @Test func anyChangedByteOfAValueEndsInARowOrInNone() {
        let value = RowKind.task.value(of: row)
        let head = value.count - row.data.count
        for place in value.indices {
            #expect((RowKind.task.row(Array(value[..<place])) == nil) == (place < head))
            for byte in UInt8.min...UInt8.max {
                var changed = value
                changed[place] = byte
                if let read = RowKind.task.row(changed) {
                    #expect((read == row) == (changed == value), "\(byte) at \(place)")
                }
            }
        }
    }

    @Test(arguments: [
        [nil, "00000000000000010000000000000002", "3", "ada", "00"],
        ["x", "00000000000000010000000000000002", "3", "ada", "00"],
        ["-1", "00000000000000010000000000000002", "3", "ada", "00"],
        ["1", "0000000000000001", "3", "ada", "00"], ["1", nil, "3", "ada", "00"],
        ["1", "0000000000000001000000000000000g", "3", "ada", "00"],
        ["1", "0000000000000001000000000000000A", "3", "ada", "00"],
        ["1", "00000000000000010000000000000002", "3.0", "ada", "00"],
        ["1", "00000000000000010000000000000002", "3", "Ada", "00"],
        ["1", "00000000000000010000000000000002", "3", "%4", "00"],
        ["1", "00000000000000010000000000000002", "3", "ada", "0"],
        ["1", "00000000000000010000000000000002", "3", "ada", nil], ["1"], [],
    ])
    func columnsThatMusterDidNotWriteAreAnError(_ columns: [String?]) {
        #expect(throws: StoreError.self) { try RowTable.row(columns, of: .task) }
    }

    @Test func aDamagedRowInAListIsNamed() {
        let good = ["1", "00000000000000010000000000000002", "3", "ada", "00"]
        #expect((try? RowTable.namedRow(["a%2fb"] + good, of: .task))?.name == "a/b")
        for name in ["", "A", "%", "%2D", "%41b%", "%2d", String(repeating: "x", count: 65), nil] {
            #expect(throws: RowKind.task.damaged(name ?? "")) {
                try RowTable.namedRow([name] + good, of: .task)
            }
        }
        #expect(throws: RowKind.task.damaged("ok")) {
            try RowTable.namedRow(["ok"] + good.dropLast() + ["zz"], of: .task)
        }
    }

    /// What keeps the parts of a statement apart.
    @Test(arguments: Dialect.allCases)
    func nothingInARowEndsAQuotedText(_ dialect: Dialect) {
        let table = RowTable(kind: .task, prefix: "m_", dialect: dialect)
        let key = RowKey(.task, cluster: "a'b", name: "x'; DROP TABLE m_task; --\\")
        var row = row
        row.holder = "o'n\\"
        let page = RowPage(kind: .task, cluster: key.cluster, after: key.name, most: 10)
        for sql in [
            table.read(key), table.create(key, row), table.replace(key, row.stamp, by: row),
            table.remove(key, row.stamp), table.list(page),
        ] {
            #expect(sql.filter { $0 == "'" }.count.isMultiple(of: 2))
            #expect(!sql.contains("\\") && !sql.contains("DROP") && !sql.contains(";"))
        }
    }

    /// Oracle takes no literal above 4000 bytes, and an empty one for NULL.
    @Test func longDataIsSaidInPiecesWhereItMustBe() {
        #expect(Dialect.oracle.longLiteral("") == "EMPTY_CLOB()")
        #expect(Dialect.oracle.longLiteral("0a") == "TO_CLOB('0a')")
        let long = Dialect.oracle.longLiteral(String(repeating: "00", count: 4096))
        let pieces = long.split(separator: " || ").map { $0.dropFirst(9).dropLast(2) }
        #expect(pieces.map(\.count) == [4000, 4000, 192])
        #expect(Dialect.postgresql.longLiteral("") == "''")
    }
}
