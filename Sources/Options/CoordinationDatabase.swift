/// The data source of a `deployment.toml` that WSO2 coordinates by: the `[[datasource]]` with the id
/// `WSO2_COORDINATION_DB`.
struct CoordinationDatabase {
    private(set) var id: FileEntry?
    private(set) var url: FileEntry?
    private var username: FileEntry?
    private var password: FileEntry?

    init(_ entries: [FileEntry]) {
        let found = entries.first {
            $0.key.hasPrefix("datasource[") && $0.key.hasSuffix("].id")
                && trimmed($0.text) == "WSO2_COORDINATION_DB"
        }
        guard let found else { return }
        id = found
        let table = String(found.key.dropLast(2))
        let entry = { (name: String) in entries.first { $0.key == table + name && !$0.isOther && !$0.isList }
        }
        url = entry("url")
        username = entry("username")
        password = entry("password")
    }

    /// What is read of it.
    var entries: [FileEntry] { [id, url, username, password].compactMap { $0 } }

    /// Who asks the database in.
    var login: [FileEntry] { [username, password].compactMap { $0 } }

    /// Whether the key is one of these. The rest of the data source is Java's.
    func holds(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// The URL of the store, and the names of the parameters that it has no place for.
    func store() throws(OptionError) -> (url: String, ignored: [String]) {
        for entry in entries { try CoordinationDatabase.checkWritten(entry) }
        do throws(OptionError) {
            return try JdbcUrl.store(
                trimmed(url?.text ?? ""), user: username?.text ?? "", password: password?.text ?? "")
        } catch {
            throw OptionError(error.kind, "option \(quoted(url?.key ?? "")) \(error.message)")
        }
    }

    /// Refuses what stands for a variable or a secret that only WSO2 knows.
    static func checkWritten(_ entry: FileEntry) throws(OptionError) {
        let marks = ["$env{", "$sys{", "$ref{", "$secret{"]
        for place in entry.text.utf8.indices where entry.text.utf8[place] == UInt8(ascii: "$") {
            let rest = entry.text[place...]
            guard marks.contains(where: { rest.hasPrefix($0) }) else { continue }
            throw OptionError(
                .badValue,
                "option \(quoted(entry.key)) has a placeholder, which only WSO2 fills in: write the value, or give the option "
                    + "in another place")
        }
    }
}
