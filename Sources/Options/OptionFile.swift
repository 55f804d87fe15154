/// One `key = value` of a file, whatever the file's format.
struct FileEntry: Equatable, Sendable {
    var key: String
    var text: String
    var line: Int
    /// Whether the file gave several values: only a list takes them.
    var isList = false
    /// Whether it is nothing that an option takes, such as a date; the text is empty then.
    var isOther = false
}

extension Options {
    /// The largest file that is read. A configuration has some hundred bytes.
    package static let largestFile = 1_048_576

    /// Reads a file: `.properties` as Java writes them, everything else as TOML.
    ///
    /// All or nothing: after an error the options are what they were before.
    package mutating func loadFile(_ path: String) throws(OptionError) {
        if let error = examine(path).errors.first { throw error }
    }

    /// The same, and what was understood of it, with all its mistakes.
    package mutating func examine(_ path: String) -> FileReport {
        switch readFile(path, limit: Options.largestFile) {
        case .success(let content): return examine(content, path: path)
        case .failure(let trouble):
            var report = FileReport(path: path)
            report.errors = [OptionError(.badFile, "\(printable(path, longest: 256)) \(trouble.reason)")]
            return report
        }
    }

    /// Reads the content of a file whose path tells the format.
    mutating func load(_ bytes: [UInt8], path: String) throws(OptionError) {
        if let error = examine(bytes, path: path).errors.first { throw error }
    }

    private mutating func examine(_ bytes: [UInt8], path: String) -> FileReport {
        var reading = FileReading(path)
        reading.read(bytes)
        let report = reading.report
        if report.errors.isEmpty { adopt(reading) }
        return report
    }
}
