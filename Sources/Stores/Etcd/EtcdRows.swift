import Basics

/// The rows in etcd: one key for each, `PREFIXlease/CLUSTER/ROLE` or `PREFIXtask/CLUSTER/NAME`.
///
/// A write is a transaction that compares the key's `mod_revision` and its whole value with what was read: no etcd
/// lease, no election.
extension EtcdSession {
    /// A row as it was found.
    struct Found {
        let row: StoredRow
        let revision: String
        /// In base64.
        let value: String
    }

    func read(_ key: RowKey, until deadline: Instant) throws(StoreError) -> StoredRow? {
        let found = try find(key, until: deadline)
        remember(found, key)
        return found?.row
    }

    func write(
        _ key: RowKey, expected: RowStamp?, row: StoredRow, until deadline: Instant
    ) throws(StoreError) -> Bool {
        let value = Base64.text(key.kind.value(of: row))
        let put = #"{"request_put":{"key":"\#(name(of: key))","value":"\#(value)"}}"#
        guard let revision = try change(key, expected, put, until: deadline) else { return false }
        remember(Found(row: row, revision: revision, value: value), key)
        return true
    }

    func remove(_ key: RowKey, expected: RowStamp, until deadline: Instant) throws(StoreError) -> Bool {
        let removal = #"{"request_delete_range":{"key":"\#(name(of: key))"}}"#
        return try change(key, expected, removal, until: deadline) != nil
    }

    func list(_ page: RowPage, until deadline: Instant) throws(StoreError) -> [NamedRow] {
        var rows: [NamedRow] = []
        var after = page.after
        while rows.count < page.most {
            let most = min(page.most - rows.count, Self.mostAtOnce)
            let folder = folder(page.kind, page.cluster)
            // The first key behind another is the same with a zero; "0" follows "/".
            let start = Base64.text(Array((after.map { folder + $0 + "\0" } ?? folder).utf8))
            let end = Base64.text(Array((folder.dropLast() + "0").utf8))
            let answer = try ask(
                "/v3/kv/range", #"{"key":"\#(start)","range_end":"\#(end)","limit":"\#(most)"}"#,
                mayRepeat: true, until: deadline)
            guard answer["header", "revision"] != nil else { throw Self.notUnderstood }
            var count = 0
            while count < most, let key = answer["kvs", String(count), "key"] {
                let (name, row) = try Self.named(answer, count, key, folder, page.kind)
                rows.append((name, row))
                after = PlainName.spelled(name)
                count += 1
            }
            if count < most { break }
        }
        return rows
    }

    /// So that no answer is longer than `HttpReader` reads.
    private static let mostAtOnce = 250

    /// The revision of what was put there; nil where something else stands there.
    private func change(
        _ key: RowKey, _ expected: RowStamp?, _ request: String, until deadline: Instant
    ) throws(StoreError) -> String? {
        let found = try standing(key, expected, until: deadline)
        guard found?.row.stamp == expected else { return nil }
        remembered[key] = nil
        let name = name(of: key)
        var comparisons =
            #"{"key":"\#(name)","target":"MOD","result":"EQUAL","mod_revision":"\#(found?.revision ?? "0")"}"#
        if let found {
            comparisons += #",{"key":"\#(name)","target":"VALUE","result":"EQUAL","value":"\#(found.value)"}"#
        }
        let answer = try ask(
            "/v3/kv/txn", #"{"compare":[\#(comparisons)],"success":[\#(request)]}"#, mayRepeat: false,
            until: deadline)
        // The gateway leaves out what is false.
        guard let revision = answer["header", "revision"], UInt64(revision) != nil else {
            var error = Self.notUnderstood
            error.afterSending = true
            throw error
        }
        return answer["succeeded"] == "true" ? revision : nil
    }

    /// What is to be compared with. Where it was seen before, it need not be read again: if something else stands there
    /// by now, the transaction will find out.
    private func standing(
        _ key: RowKey, _ expected: RowStamp?, until deadline: Instant
    ) throws(StoreError) -> Found? {
        guard let expected else { return nil }
        if let known = remembered[key], known.row.stamp == expected { return known }
        do throws(StoreError) {
            return try find(key, until: deadline)
        } catch {
            throw StoreError(error.kind, error.text)
        }
    }

    private func find(_ key: RowKey, until deadline: Instant) throws(StoreError) -> Found? {
        let answer = try ask(
            "/v3/kv/range", #"{"key":"\#(name(of: key))"}"#, mayRepeat: true, until: deadline)
        return try Self.found(answer, key.kind)
    }

    /// What an answer says of one row; nil where it says that there is none.
    static func found(_ answer: JsonText, _ kind: RowKind) throws(StoreError) -> Found? {
        guard answer["header", "revision"] != nil else { throw notUnderstood }
        guard (answer["count"] ?? "0") != "0" else { return nil }
        guard let revision = answer["kvs", "0", "mod_revision"], UInt64(revision) != nil,
            let value = answer["kvs", "0", "value"], let bytes = Base64.bytes(value),
            let row = kind.row(bytes)
        else { throw kind.damaged }
        return Found(row: row, revision: revision, value: value)
    }

    static func named(
        _ answer: JsonText, _ index: Int, _ key: String, _ folder: String, _ kind: RowKind
    ) throws(StoreError) -> NamedRow {
        let path = Base64.bytes(key).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let spelled = path.dropFirst(folder.count)
        guard path.hasPrefix(folder), let name = PlainName.exact(spelled),
            StoredRow.isName(name),
            let row = answer["kvs", String(index), "value"].flatMap({ Base64.bytes($0) }).flatMap(kind.row)
        else { throw kind.damaged(String(spelled)) }
        return (name, row)
    }

    /// Forgets all when it has become much: what was forgotten is read once more.
    private func remember(_ found: Found?, _ key: RowKey) {
        if remembered.count >= Self.mostRemembered { remembered = [:] }
        remembered[key] = found
    }

    private static let mostRemembered = 1000

    private func folder(_ kind: RowKind, _ cluster: String) -> String {
        "\(prefix)\(kind.rawValue)/\(cluster)/"
    }

    /// The key in base64.
    private func name(of key: RowKey) -> String {
        Base64.text(Array((folder(key.kind, key.cluster) + key.name).utf8))
    }

    private static var notUnderstood: StoreError {
        StoreError(.engine, "etcd answered what was not understood")
    }
}
