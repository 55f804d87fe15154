import CToml

/// The entries of a TOML document in the order of their lines; nested tables are joined with ".", and those of an array
/// are counted: `datasource[0].id`.
func parseToml(_ bytes: [UInt8], path: String) throws(OptionError) -> [FileEntry] {
    let document = bytes.withUnsafeBytes { buffer in
        muster_toml_parse(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    defer { muster_toml_free(document) }
    guard let document else { throw OptionError(.badFile, "out of memory").at(printable(path, longest: 256)) }
    if let problem = muster_toml_error(document) {
        let line = Int(muster_toml_error_line(document))
        throw OptionError(.badFile, printable(String(cString: problem), longest: 512))
            .at(Origin.file(path: path, line: line).place)
    }

    var entries: [FileEntry] = []
    for index in 0..<muster_toml_count(document) {
        let entry = muster_toml_entry(document, index)
        let key = text(entry.key, entry.key_size)
        let line = Int(entry.line)
        entries.append(
            FileEntry(
                key: key, text: text(entry.text, entry.text_size), line: line,
                isList: entry.kind == MUSTER_TOML_LIST, isOther: entry.kind == MUSTER_TOML_OTHER))
    }
    return entries.sorted { ($0.line, $0.key) < ($1.line, $1.key) }
}

private func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
}
