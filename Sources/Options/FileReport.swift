/// What was understood of a file, for people.
package struct FileReport: Sendable {
    /// One key of the file.
    package struct Finding: Sendable {
        package let key: String
        package let line: Int
        /// The options that it became, with their values; a secret is `(set)`. Empty where it is left alone.
        package internal(set) var options: [(name: String, value: String)] = []
        /// What there is to say about it besides; empty for nothing.
        package internal(set) var remark = ""
    }

    package let path: String
    package internal(set) var kind = FileKind.own
    /// In the order of their lines.
    package internal(set) var findings: [Finding] = []
    /// What there is to say about the file as a whole.
    package internal(set) var remarks: [String] = []
    /// What people should know of a file that is taken: keys that became options of another name or unit, keys that are
    /// left alone, and the remarks, each with its place.
    package internal(set) var notes: [String] = []
    /// Why the file is refused, in the order of the lines.
    package internal(set) var errors: [OptionError] = []
}

extension FileReport.Finding {
    /// Whether there is nothing to explain: an option under its own name.
    var isPlain: Bool { remark.isEmpty && options.count == 1 && options[0].name == key }

    /// As a note tells it.
    var sentence: String {
        guard !options.isEmpty else { return "\(quoted(key)) is left alone" + more }
        let list = options.map { "\($0.name)=\(printable($0.value, longest: 64))" }.joined(separator: ", ")
        return "\(quoted(key)) is read as \(list)" + more
    }

    private var more: String { remark.isEmpty ? "" : ": " + remark }
}
