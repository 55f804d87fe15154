extension OptionRow {
    /// What the option does, for terminals: a link is told as its text, and nothing is marked as code.
    package var plainHelp: String {
        var words = ""
        var rest = help.filter { $0 != "`" }[...]
        while let link = Self.firstLink(in: rest) {
            words += rest[..<link.whole.lowerBound] + rest[link.text]
            rest = rest[link.whole.upperBound...]
        }
        return words + rest
    }

    /// `[text](page)`.
    private static func firstLink(
        in words: Substring
    ) -> (whole: Range<Substring.Index>, text: Range<Substring.Index>)? {
        guard let middle = words.indices.first(where: { words[$0...].hasPrefix("](") }),
            let start = words[..<middle].lastIndex(of: "["), let end = words[middle...].firstIndex(of: ")")
        else { return nil }
        return (start..<words.index(after: end), words.index(after: start)..<middle)
    }
}
