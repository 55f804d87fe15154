import Lease

@testable import Stores

/// What answers a request over HTTP, in pieces as the network brings it.
func fuzzHttp(_ input: [UInt8]) {
    let whole = HttpReader.read(input, isAtEnd: false)
    for eighth in 1..<8 {
        let part = Array(input.prefix(input.count * eighth / 8))
        switch HttpReader.read(part, isAtEnd: false) {
        case .more: continue
        case .malformed: require(whole == .malformed, "more bytes made sense of nonsense")
        case .response(var response):
            // What came behind it is no answer to anything.
            response.keepsOpen = false
            require(whole == .response(response), "more bytes made another response of it")
        }
    }
    switch HttpReader.read(input, isAtEnd: true) {
    case .more: fatalError("more is awaited of a connection that has ended")
    case .malformed: if case .response = whole { fatalError("the end makes nonsense of a response") }
    case .response(let response):
        require(response.body.count <= input.count, "more came out than went in")
        require(whole == .more || whole == .response(response), "the end makes another response of it")
        answered(response.body)
    }
}

/// What etcd's gateway says in JSON: a lease, a task, a list of tasks or members.
func fuzzEtcd(_ input: [UInt8]) { answered(input) }

private func answered(_ body: [UInt8]) {
    guard let answer = JsonText(body) else { return }
    for kind in [RowKind.lease, .task] {
        if let found = try? EtcdSession.found(answer, kind) {
            require(UInt64(found.revision) != nil, "'\(found.revision)' is taken for a revision")
            requireSame(found.row, kind)
        }
        if let key = answer["kvs", "0", "key"],
            let (name, row) = try? EtcdSession.named(answer, 0, key, "muster_\(kind.rawValue)/orders/", kind)
        {
            require(StoredRow.isName(name), "'\(name)' is taken for a name")
            requireSame(row, kind)
        }
    }
    let folder = "muster_member/orders/"
    let entries = EtcdSession.entries(answer, ["responses", "0", "response_range", "kvs"], folder)
    require(entries.count <= MemberEntry.mostEntries, "\(entries.count) entries are read")
    entries.forEach { requireSame($0) }
}

/// One entry of a member as stores have it: ID INSTANCE COUNTER ADDRESS.
func fuzzEntry(_ input: [UInt8]) {
    let words = String(decoding: input, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 4 else { return }
    let entry = MemberEntry(
        spelledId: String(words[0]), instance: String(words[1]), counter: String(words[2]),
        address: String(words[3]))
    if let entry { requireSame(entry) }
}

private func requireSame(_ row: StoredRow, _ kind: RowKind) {
    require(kind == .task || row.epoch <= LeaseRow.highestEpoch, "\(row.epoch) is taken for an epoch")
    require(kind.row(kind.value(of: row)) == row, "what is written of \(row) is read as something else")
}

private func requireSame(_ entry: MemberEntry) {
    require(entry.isValid, "\(entry) is no entry")
    let again = MemberEntry(
        spelledId: entry.spelledId, instance: entry.spelledInstance, counter: String(entry.counter),
        address: entry.address)
    require(again == entry, "\(entry) becomes \(String(describing: again))")
}
