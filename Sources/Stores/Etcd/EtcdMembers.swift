import Basics

/// The directory in etcd: one key for each member, `PREFIXmember/CLUSTER/ID`, with `INSTANCE COUNTER ADDRESS` for people
/// and for us.
extension EtcdSession {
    func exchange(
        _ exchange: MemberExchange, in cluster: String, until deadline: Instant
    ) throws(StoreError) -> [MemberEntry] {
        let folder = "\(prefix)member/\(cluster)/"
        for entry in exchange.remove { try remove(entry, folder, until: deadline) }
        // What is announced and what is read is one transaction, and so one journey; all of it may be repeated.
        let put = exchange.announce.map { own in
            let key = quotedKey(folder, own)
            return #"{"request_put":{"key":\#(key),"value":\#(Self.quoted(Self.value(of: own)))}},"#
        }
        // "0" follows "/".
        let range = """
            {"request_range":{"key":\(Self.quoted(folder)),"range_end":\(Self.quoted(folder.dropLast() + "0")),\
            "limit":"\(MemberEntry.mostEntries)"}}
            """
        let answer = try ask(
            "/v3/kv/txn", #"{"success":[\#(put ?? "")\#(range)]}"#, mayRepeat: true, until: deadline)
        guard answer["succeeded"] == "true" else {
            throw StoreError(.engine, "etcd answered what was not understood")
        }
        return Self.entries(answer, ["responses", put == nil ? "0" : "1", "response_range", "kvs"], folder)
    }

    private func remove(_ entry: MemberEntry, _ folder: String, until deadline: Instant) throws(StoreError) {
        let key = quotedKey(folder, entry)
        let value = Self.quoted(Self.value(of: entry))
        _ = try ask(
            "/v3/kv/txn",
            """
            {"compare":[{"key":\(key),"target":"VALUE","result":"EQUAL","value":\(value)}],\
            "success":[{"request_delete_range":{"key":\(key)}}]}
            """, mayRepeat: true, until: deadline)
    }

    static func entries(_ answer: JsonText, _ path: [String], _ folder: String) -> [MemberEntry] {
        var entries: [MemberEntry] = []
        for index in 0..<MemberEntry.mostEntries {
            guard let key = answer[path + [String(index), "key"]] else { break }
            let value = answer[path + [String(index), "value"]] ?? ""
            guard let key = plain(key), let value = plain(value), key.hasPrefix(folder) else {
                continue
            }
            let words = value.split(separator: " ").map { String($0) }
            guard words.count == 3,
                let entry = MemberEntry(
                    spelledId: String(key.dropFirst(folder.count)), instance: words[0], counter: words[1],
                    address: words[2])
            else { continue }
            entries.append(entry)
        }
        return entries
    }

    private static func value(of entry: MemberEntry) -> String {
        "\(entry.spelledInstance) \(entry.counter) \(entry.address)"
    }

    private func quotedKey(_ folder: String, _ entry: MemberEntry) -> String {
        Self.quoted(folder + entry.spelledId)
    }

    private static func quoted(_ text: String) -> String { "\"\(Base64.text(Array(text.utf8)))\"" }

    private static func plain(_ text: String) -> String? {
        Base64.bytes(text).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
