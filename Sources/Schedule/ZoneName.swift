/// How a schedule names its zone.
package enum ZoneName: Hashable, Sendable, CustomStringConvertible {
    /// `UTC`, `Z`, `+02:00`: known without any file. Seconds east of UTC.
    case fixed(Int)
    /// `Europe/Berlin`: a file of the time zone database.
    case named(String)

    package static let utc = ZoneName.fixed(0)
    package static let longest = 64

    package init(_ text: some StringProtocol) throws(ScheduleError) {
        if text == "UTC" || text == "Z" {
            self = .utc
        } else if let offset = ZoneName.offset(text) {
            self = .fixed(offset)
        } else if ZoneName.isSafe(text) {
            self = .named(String(text))
        } else {
            throw ScheduleError(
                "zone", text, "UTC, an offset from -18:00 to +18:00, or a name like Europe/Berlin is allowed")
        }
    }

    /// Words of letters, digits, `_`, `+` and `-`, each begun by a letter, with slashes between: never a way out of a folder.
    package static func isSafe(_ name: some StringProtocol) -> Bool {
        guard (1...longest).contains(name.utf8.count) else { return false }
        return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            word in
            word.first.map(isLetter) == true
                && word.allSatisfy { isLetter($0) || isDigit($0) || [0x5f, 0x2b, 0x2d].contains($0) }
        }
    }

    /// `+02:00` in seconds.
    static func offset(_ text: some StringProtocol) -> Int? {
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let sign = text.first, sign == "+" || sign == "-", parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 }), let hours = decimal(parts[0]),
            let minutes = decimal(parts[1]),
            minutes < 60, hours * 60 + minutes <= 18 * 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }

    package var description: String {
        switch self {
        case .named(let name): return name
        case .fixed(0): return "UTC"
        case .fixed(let seconds):
            let minutes = abs(seconds) / 60
            return "\(seconds < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
        }
    }
}
