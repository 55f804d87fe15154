import CSupervisor
import Glibc

/// What standard output is, and what it can show.
struct Terminal {
    enum Colour: Int { case red = 31, green = 32, yellow = 33, cyan = 36, bold = 1, dim = 2 }

    let isTerminal: Bool
    private let hasColour: Bool
    /// Nil: lines may be of any length.
    let columns: Int?

    init() {
        isTerminal = isatty(STDOUT_FILENO) == 1
        let term = getenv("TERM").map { String(cString: $0) } ?? ""
        // NO_COLOR counts when it is there and not empty (no-color.org).
        let refuses = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        hasColour = isTerminal && !refuses && term != "dumb" && !term.isEmpty
        let width = Int(command_columns(STDOUT_FILENO))
        columns = isTerminal ? (width > 0 ? width : 80) : nil
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard hasColour, let colour else { return text }
        return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
    }

    static let clear = "\u{1b}[H\u{1b}[2J"

    /// Text from the network must not steer the terminal.
    static func harmless(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            let steers = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            shown.unicodeScalars.append(steers ? "?" : scalar)
        }
        return shown
    }
}
