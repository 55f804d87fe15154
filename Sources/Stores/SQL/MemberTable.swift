/// The statements on the table of members, with the values in the text as in `RowTable`.
struct MemberTable {
    let prefix: String
    let dialect: Dialect

    var name: String { "\(prefix)member" }

    /// What makes it.
    var definition: String {
        """
        CREATE TABLE \(name) (
          \(dialect.cluster) \(dialect.text(192)) NOT NULL,
          id \(dialect.text(192)) NOT NULL,
          instance \(dialect.text(16)) NOT NULL,
          counter \(dialect.bigInteger) NOT NULL,
          address \(dialect.text(MemberEntry.longestAddress)) NOT NULL,
          PRIMARY KEY (\(dialect.cluster), id)
        )\(dialect.tableOptions)
        """
    }

    /// `cluster` as stores spell it, here and below.
    func read(_ cluster: String) -> String {
        dialect.select(
            "id, instance, counter, address",
            "FROM \(name) WHERE \(dialect.cluster) = '\(cluster)' ORDER BY id", first: MemberEntry.mostEntries
        )
    }

    func replace(by entry: MemberEntry, in cluster: String) -> String {
        """
        UPDATE \(name) SET instance = '\(entry.spelledInstance)', counter = \(entry.counter), \
        address = '\(entry.address)' WHERE \(match(entry, cluster))
        """
    }

    func create(_ entry: MemberEntry, in cluster: String) -> String {
        """
        INSERT INTO \(name) (\(dialect.cluster), id, instance, counter, address) VALUES ('\(cluster)', \
        '\(entry.spelledId)', '\(entry.spelledInstance)', \(entry.counter), '\(entry.address)')
        """
    }

    func remove(_ entry: MemberEntry, from cluster: String) -> String {
        """
        DELETE FROM \(name) WHERE \(match(entry, cluster)) AND instance = '\(entry.spelledInstance)' \
        AND counter = \(entry.counter)
        """
    }

    private func match(_ entry: MemberEntry, _ cluster: String) -> String {
        "\(dialect.cluster) = '\(cluster)' AND id = '\(entry.spelledId)'"
    }

    /// Those rows of `read` that are entries.
    static func entries(_ rows: [[String?]]) -> [MemberEntry] {
        rows.compactMap { row in
            let texts = row.compactMap { $0 }
            guard texts.count == 4 else { return nil }
            return MemberEntry(spelledId: texts[0], instance: texts[1], counter: texts[2], address: texts[3])
        }
    }
}
