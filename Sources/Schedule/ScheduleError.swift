/// Why a text says no schedule, or a file no time zone.
package struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The part at fault: a cron field (`minute`), an option (`zone`), a word (`every`).
    package let part: String
    /// What it holds, shortened.
    package let text: String
    /// What is wrong with it and what is allowed.
    package let problem: String

    package init(_ part: String, _ text: some StringProtocol, _ problem: String) {
        self.part = part
        self.text = printable(text)
        self.problem = problem
    }

    /// One sentence: `minute '61': 0-59 is allowed`.
    package var description: String { "\(part) '\(text)': \(problem)" }
}

/// Error texts end up in logs and terminals; a value must not be able to fill or to steer them.
private func printable(_ text: some StringProtocol) -> String {
    var shown = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        guard count < 64 else { return shown + "..." }
        let steers = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        shown.unicodeScalars.append(steers ? "?" : scalar)
    }
    return shown
}
