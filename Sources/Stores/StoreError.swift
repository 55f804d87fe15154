extension String {
    /// Whether the words stand anywhere in it. (The same from the standard library brings the parser of regular
    /// expressions along: 2 MB.)
    func mentions(_ words: String) -> Bool {
        utf8.indices.contains { utf8[$0...].starts(with: words.utf8) }
    }
}

/// What is wrong with a store, in words for people.
package struct StoreError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The URL, the prefix or the cluster's name cannot be used.
        case badSettings
        /// No such engine, or not in this way.
        case unsupported
        /// The client library is not installed.
        case noDriver
        case unreachable
        /// The store answers, but not to this user.
        case refused
        /// The tables are missing, of another version, or hold what Muster did not write.
        case schema
        /// Another has it locked.
        case busy
        /// Nothing came in time.
        case hangs
        /// Whatever else the engine says.
        case engine
    }
    package var kind: Kind
    package var text: String
    /// Whether a write had been sent before this happened: perhaps it took effect, perhaps it will.
    package var afterSending = false

    package init(_ kind: Kind, _ text: String, afterSending: Bool = false) {
        self.kind = kind
        self.text = Self.line(text)
        self.afterSending = afterSending
    }

    /// What engines say, in one line that people may be shown.
    private static func line(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(400).map {
            $0.properties.generalCategory == .control ? " " : $0
        }
        var line = String.UnicodeScalarView()
        line.append(contentsOf: shown)
        return String(line).split(separator: " ").joined(separator: " ")
    }
}
