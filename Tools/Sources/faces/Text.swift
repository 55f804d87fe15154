// Lines, paragraphs and names.

func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}

/// Joins comment lines to paragraphs, which an empty line separates.
func paragraphs(_ lines: [String]) -> [String] {
    lines.split { $0.allSatisfy { $0 == " " } }.map { paragraph in
        paragraph.flatMap { $0.split(separator: " ") }.joined(separator: " ")
    }
}

/// Breaks a paragraph into lines of at most `width` characters.
func wrapped(_ paragraph: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in paragraph.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= width {
            lines[lines.count - 1] = last + " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines
}

/// `timeoutMs` to `timeout_ms`.
func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
}

/// `event_kind` to `EventKind`.
func camelCase(_ name: String) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    /// Documentation comments set names in backticks; in a header that is noise.
    var withoutTicks: String { filter { $0 != "`" } }

    func without(prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }

    func without(suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
