/// One `key = value` of a file, whatever the file's format.
struct FileEntry: Equatable, Sendable {
    var key: String
    var text: String
    var line: Int
    /// Whether the file gave several values: only a list takes them.
    var isList = false
}

extension Options {
    /// The largest file that is read. A configuration has some hundred bytes.
    package static let largestFile = 1_048_576

    /// Reads a file: `.properties` as Java writes them, everything else as TOML.
    ///
    /// All or nothing: after an error the options are what they were before.
    package mutating func loadFile(_ path: String) throws(OptionError) {
        let bytes: [UInt8]
        switch readFile(path, limit: Options.largestFile) {
        case .success(let content): bytes = content
        case .failure(let trouble):
            throw OptionError(.badFile, "\(printable(path, longest: 256)) \(trouble.reason)")
        }
        try load(bytes, path: path)
    }

    /// Reads the content of a file whose path tells the format.
    mutating func load(_ bytes: [UInt8], path: String) throws(OptionError) {
        let entries =
            try path.hasSuffix(".properties")
            ? parseProperties(bytes, path: path) : parseToml(bytes, path: path)
        var found: [OptionKey: Given?] = [:]
        var first: [OptionKey: FileEntry] = [:]
        for entry in entries {
            do throws(OptionError) {
                let (row, given) = try Options.check(entry, path: path)
                if let earlier = first[row.key] {
                    try Options.checkAgreement(row, earlier, entry)
                } else {
                    first[row.key] = entry
                    found[row.key] = given
                }
            } catch {
                throw error.at(Origin.file(path: path, line: entry.line).place)
            }
        }
        adopt(file: found)
    }

    private static func check(_ entry: FileEntry, path: String) throws(OptionError) -> (OptionRow, Given?) {
        let row = try row(entry.key)
        if entry.isList, !row.takesList {
            throw OptionError(.badValue, "option \(quoted(entry.key)) takes one value, not a list")
        }
        let origin = Origin.file(path: path, line: entry.line)
        return (row, try given(entry.text, for: row, spelled: entry.key, from: origin))
    }

    /// Two spellings of one option may stand in a file only where they mean the same.
    private static func checkAgreement(
        _ row: OptionRow, _ earlier: FileEntry, _ later: FileEntry
    ) throws(OptionError) {
        let texts = (trimmed(earlier.text), trimmed(later.text))
        if texts.0 == texts.1 { return }
        if let value = row.type.parse(texts.0), value == row.type.parse(texts.1) { return }
        throw OptionError(
            .contradiction,
            "\(quoted(earlier.key)) (line \(earlier.line)) and \(quoted(later.key)) are the same option "
                + "and have different values")
    }
}
