/// A file on its way from keys to options.
///
/// A key that is an option's name or another spelling of it means the same in every file. So do the predecessors' keys
/// that must be calculated (`Predecessors`, `CoordinationDatabase`). Whose file it is decides about the others.
struct FileReading {
    private let path: String
    private(set) var kind = FileKind.own
    /// What the file says.
    private(set) var found: [OptionKey: Given?] = [:]
    /// What follows from what it says, where neither it nor an earlier file says otherwise.
    private(set) var implied: [OptionKey: Given] = [:]

    private var first: [OptionKey: FileEntry] = [:]
    private var calculated: [String: FileEntry] = [:]
    private var findings: [FileReport.Finding] = []
    private var errors: [(line: Int, error: OptionError)] = []
    /// Notes about the file as a whole.
    private var remarks: [String] = []

    private static let mostErrors = 20

    init(_ path: String) { self.path = path }

    mutating func read(_ bytes: [UInt8]) {
        do throws(OptionError) {
            let entries =
                try FileKind.isProperties(path)
                ? parseProperties(bytes, path: path) : parseToml(bytes, path: path)
            kind = FileKind.of(path, entries)
            read(entries)
        } catch {
            errors.append((0, error))
        }
    }

    private mutating func read(_ entries: [FileEntry]) {
        let database = CoordinationDatabase(entries)
        let mode = SocketMode(entries)
        for entry in entries {
            // What is wrong so often is no file of options.
            guard errors.count < FileReading.mostErrors else { break }
            findings.append(FileReport.Finding(key: entry.key, line: entry.line))
            do throws(OptionError) {
                if database.holds(entry.key) { continue }
                if mode.rules(out: entry.key) {
                    leave(entry, "it means nothing with failover.socket.mode=\(mode.word)")
                } else if try !translate(entry) {
                    try takeOrLeave(entry)
                }
            } catch {
                refuse(entry, error)
            }
        }
        calculateDetection(hasStore: database.url != nil)
        take(database)
        addRemarks()
    }

    // MARK: keys

    private mutating func takeOrLeave(_ entry: FileEntry) throws(OptionError) {
        let key = FileReading.spelling(entry.key)
        if let row = OptionTable.row(named: key) {
            guard !entry.isOther else { throw FileReading.misfit(entry) }
            if entry.isList, !row.takesList {
                throw OptionError(.badValue, "option \(quoted(entry.key)) takes one value, not a list")
            }
            return try take(row, entry.text, from: entry)
        }
        if kind.claims(entry.key) {
            if key.hasPrefix("task_resolver[") {
                return leave(entry, "only the first of these tables is read")
            }
            _ = try Options.row(key)
        } else if let meant = OptionTable.misspelt(entry.key) {
            throw OptionError(
                .unknownKey, "unknown option \(quoted(entry.key)); did you mean \(quoted(meant))?")
        }
        leave(entry, "")
    }

    private static func misfit(_ entry: FileEntry) -> OptionError {
        OptionError(.badValue, "option \(quoted(entry.key)) takes a text, a number or a truth value")
    }

    /// The first of several tables is the one that counts.
    private static func spelling(_ key: String) -> String {
        let first = "task_resolver[0]."
        return key.hasPrefix(first) ? "task_resolver." + key.dropFirst(first.utf8.count) : key
    }

    /// Keys that become something else than they say. False for all others.
    private mutating func translate(_ entry: FileEntry) throws(OptionError) -> Bool {
        guard Predecessors.keys.contains(entry.key) || Predecessors.claims(entry.key) else { return false }
        guard !entry.isOther, !entry.isList else { throw FileReading.misfit(entry) }
        guard !trimmed(entry.text).isEmpty else {
            leave(entry, "it is empty")
            return true
        }
        switch try Predecessors.meaning(of: entry) {
        case .option(let key, let text): try take(OptionTable.row(key), text, from: entry)
        case .calculated(let name):
            if let earlier = calculated[name], trimmed(earlier.text) != trimmed(entry.text) {
                throw FileReading.disagreement(earlier, entry)
            }
            calculated[name] = entry
        case .nothing(let reason): leave(entry, reason)
        }
        return true
    }

    // MARK: options

    private mutating func take(_ row: OptionRow, _ text: String, from entry: FileEntry) throws(OptionError) {
        if kind == .microIntegrator { try CoordinationDatabase.checkWritten(entry) }
        let origin = Origin.file(path: path, line: entry.line)
        let given = try Options.given(text, for: row, spelled: entry.key, from: origin)
        var said = entry
        said.text = text
        if let earlier = first[row.key] {
            try FileReading.checkAgreement(row, earlier, said)
        } else {
            first[row.key] = said
            found[row.key] = given
        }
        tell(entry) { $0.options.append((row.name, row.isSecret && given != nil ? "(set)" : trimmed(text))) }
    }

    /// What follows from an entry, unless somebody says otherwise.
    private mutating func imply(
        _ key: OptionKey, _ text: String, from entry: FileEntry
    ) throws(OptionError) {
        guard found[key] == nil else { return }
        let row = OptionTable.row(key)
        let origin = Origin.file(path: path, line: entry.line)
        implied[key] = try Options.given(text, for: row, spelled: entry.key, from: origin)
        tell(entry) { $0.options.append((row.name, text)) }
    }

    /// Two spellings of one option may stand in a file only where they mean the same.
    private static func checkAgreement(
        _ row: OptionRow, _ earlier: FileEntry, _ later: FileEntry
    ) throws(OptionError) {
        let texts = (trimmed(earlier.text), trimmed(later.text))
        if texts.0 == texts.1 { return }
        if let value = row.type.parse(texts.0), value == row.type.parse(texts.1) { return }
        throw disagreement(earlier, later)
    }

    private static func disagreement(_ earlier: FileEntry, _ later: FileEntry) -> OptionError {
        OptionError(
            .contradiction,
            "\(quoted(earlier.key)) (line \(earlier.line)) and \(quoted(later.key)) are the same option "
                + "and have different values")
    }

    private mutating func calculateDetection(hasStore: Bool) {
        for detection in Detection.all {
            let (ping, timeout) = (calculated[detection.pingKey], calculated[detection.timeoutKey])
            guard let last = timeout ?? ping else { continue }
            var culprit = last
            do throws(OptionError) {
                culprit = ping ?? last
                let given = try ping.map { (entry) throws(OptionError) in try detection.ping(entry) }
                culprit = last
                let missing = try timeout.map { (entry) throws(OptionError) in try detection.missing(entry) }
                let times = try detection.times(ping: given, missing: missing)
                for (key, text) in Detection.options(ping: times.ping, timeout: times.timeout) {
                    let source = key == .probeInterval ? ping ?? last : last
                    try take(OptionTable.row(key), text, from: source)
                }
                // Where a database says who coordinates, this is how long it waits for a sign of life.
                if hasStore, first[.failoverLease] == nil {
                    let text = durationText(nanoseconds: times.timeout)
                    try take(OptionTable.row(.failoverLease), text, from: last)
                }
            } catch {
                refuse(culprit, error)
            }
        }
    }

    private mutating func take(_ database: CoordinationDatabase) {
        guard let url = database.url else {
            if let id = database.id {
                refuse(id, OptionError(.badValue, "data source \(quoted(id.text)) has no 'url'"))
            }
            return
        }
        // Whoever names a store in Muster's own words has translated it by hand.
        if first[.failoverStore] != nil || first[.seedStore] != nil {
            for entry in database.entries { leave(entry, "the store is given in Muster's own words") }
            return
        }
        do throws(OptionError) {
            let (store, ignored) = try database.store()
            for key in [OptionKey.failoverStore, .seedStore] {
                try take(OptionTable.row(key), store, from: url)
            }
            try imply(.failoverAuthority, Settings.Authority.store.rawValue, from: url)
            if first[.cluster] == nil { try imply(.cluster, "default", from: url) }
            if !ignored.isEmpty {
                let names = ignored.prefix(8).map(quoted).joined(separator: ", ")
                tell(url) { $0.remark = "its parameters \(names) mean nothing to the driver used here" }
            }
            for entry in database.login {
                tell(entry) { $0.options.append((OptionKey.failoverStore.rawValue, "(set)")) }
            }
            if let id = database.id { leave(id, "it says which data source is the one for coordination") }
        } catch {
            refuse(url, error)
        }
    }

    // MARK: telling

    private mutating func leave(_ entry: FileEntry, _ reason: String) { tell(entry) { $0.remark = reason } }

    private mutating func tell(_ entry: FileEntry, _ change: (inout FileReport.Finding) -> Void) {
        guard let index = findings.lastIndex(where: { $0.line == entry.line && $0.key == entry.key }) else {
            return
        }
        change(&findings[index])
    }

    private mutating func refuse(_ entry: FileEntry, _ error: OptionError) {
        errors.append((entry.line, error.at(Origin.file(path: path, line: entry.line).place)))
        findings.removeAll { $0.line == entry.line && $0.key == entry.key }
    }

    private mutating func addRemarks() {
        guard kind != .own else { return }
        let others = findings.filter { $0.options.isEmpty && $0.remark.isEmpty }.count
        if others > 0 {
            let keys = others == 1 ? "1 other key is" : "\(others) other keys are"
            remarks.append("\(keys) \(kind.name)'s, and left alone")
        }
        let opening: [OptionKey] = [.key, .keys, .keyFile, .insecure, .bind]
        if !found.isEmpty, !opening.contains(where: { found[$0] != nil }) {
            remarks.append(
                "it gives no key: without one the node listens on 127.0.0.1 only; 'muster keygen' makes one for 'key_file'"
            )
        }
    }

    var report: FileReport {
        var report = FileReport(path: path, kind: kind, findings: findings, remarks: remarks)
        let name = printable(path, longest: 256)
        report.notes =
            findings.filter { !$0.isPlain && ($0.options.count + $0.remark.utf8.count > 0) }
            .map { "\(name):\($0.line): \($0.sentence)" } + remarks.map { "\(name): \($0)" }
        report.errors = errors.sorted { $0.line < $1.line }.map(\.error)
        return report
    }
}
