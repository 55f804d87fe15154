/// The statements on the table of members, with the values in the text as in `LeaseTable`.
struct MemberTable {
    let prefix: String
    let dialect: Dialect
    /// As stores spell it.
    let cluster: String

    var name: String { "\(prefix)member" }

    var read: String {
        dialect.select(
            "id, instance, counter, address",
            "FROM \(name) WHERE \(dialect.cluster) = '\(cluster)' ORDER BY id", first: MemberEntry.mostEntries
        )
    }

    func replace(by entry: MemberEntry) -> String {
        """
        UPDATE \(name) SET instance = '\(entry.spelledInstance)', counter = \(entry.counter), \
        address = '\(entry.address)' WHERE \(match(entry))
        """
    }

    func create(_ entry: MemberEntry) -> String {
        """
        INSERT INTO \(name) (\(dialect.cluster), id, instance, counter, address) VALUES ('\(cluster)', \
        '\(entry.spelledId)', '\(entry.spelledInstance)', \(entry.counter), '\(entry.address)')
        """
    }

    func remove(_ entry: MemberEntry) -> String {
        """
        DELETE FROM \(name) WHERE \(match(entry)) AND instance = '\(entry.spelledInstance)' \
        AND counter = \(entry.counter)
        """
    }

    private func match(_ entry: MemberEntry) -> String {
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
