/// Spans of time as schedules write them: a number and a unit, `500ms`, `1.5s`, `5m`, `12h`, `1d`, `2w`.
package enum SpanText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    /// About ten years.
    static let longest: Int64 = 3660 * 86_400_000

    /// Milliseconds from `shortest` to `longest`; exact or refused, never rounded.
    package static func read(_ text: some StringProtocol, for part: String, shortest: Int64)
        throws(ScheduleError)
        -> Int64
    {
        guard let span = milliseconds(text) else {
            throw ScheduleError(part, text, "a number and a unit (ms, s, m, h, d, w) is needed, like 5s")
        }
        guard (shortest...longest).contains(span) else {
            throw ScheduleError(part, text, "\(show(shortest)) to \(show(longest)) is allowed")
        }
        return span
    }

    package static func show(_ milliseconds: Int64) -> String {
        guard milliseconds != 0, let unit = units.first(where: { milliseconds % $0.milliseconds == 0 }) else {
            return "0s"
        }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    private static func milliseconds(_ text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        let whole = bytes.prefix(while: isDigit)
        var rest = bytes.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count + 1)
            guard !fraction.isEmpty else { return nil }
        }
        // So many digits fit, and no product with a fraction of nine overflows.
        guard (1...18).contains(whole.count), fraction.count <= 9,
            let unit = units.first(where: { rest.elementsEqual($0.name.utf8) })
        else { return nil }
        let scale = fraction.reduce(1 as Int64) { scale, _ in scale * 10 }
        let parts = value(fraction) * unit.milliseconds
        guard parts % scale == 0 else { return nil }
        let (span, isTooLong) = value(whole).multipliedReportingOverflow(by: unit.milliseconds)
        let (sum, isLonger) = span.addingReportingOverflow(parts / scale)
        return isTooLong || isLonger ? .max : sum
    }

    private static func value(_ digits: ArraySlice<UInt8>) -> Int64 {
        digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
