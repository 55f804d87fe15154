/// Why an option, a file or a whole configuration was refused.
package struct OptionError: Error, Equatable, Sendable {
    /// What a caller can do about it; the C API makes its result code from this.
    package enum Kind: Sendable {
        /// No option has this name.
        case unknownKey
        /// The text is not what the option takes.
        case badValue
        /// Options contradict each other, or a required one is missing.
        case contradiction
        /// A file cannot be read, or is not what it should be.
        case badFile
    }

    package let kind: Kind
    /// One sentence that names the key, the offending value (never a secret) and what is allowed.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The same error, told with the place where it was found.
    func at(_ place: String) -> OptionError {
        place.isEmpty ? self : OptionError(kind, "\(place): \(message)")
    }
}

/// The text as an error shows it: in quotes, without control characters, of bounded length.
func quoted(_ text: String) -> String { "'" + printable(text, longest: 64) + "'" }

/// Error texts end up in logs and terminals; a value must not be able to fill or to steer them.
func printable(_ text: String, longest: Int) -> String {
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < longest else { return shown + "..." }
        count += 1
        let steers = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        shown.unicodeScalars.append(steers ? "?" : scalar)
    }
    return shown
}
