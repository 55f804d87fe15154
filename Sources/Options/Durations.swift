/// The units a duration may carry, largest first.
private let durationUnits: [(name: String, nanoseconds: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
    ("ms", 1_000_000),
]

/// Nanoseconds from `500ms`, `1.5s`, `2m`, `1h`, `7d` or a bare number of milliseconds.
///
/// Nil for anything else, including a value that does not fit and a fraction finer than a nanosecond: exact
/// or refused, never rounded.
package func parseDuration(_ text: String) -> Int64? {
    var rest = Substring(text)
    let whole = takeDigits(&rest)
    var fraction = Substring()
    if rest.first == "." {
        rest.removeFirst()
        fraction = takeDigits(&rest)
        guard !fraction.isEmpty else { return nil }
    }
    guard let count = wholeNumber(whole) else { return nil }
    while rest.first == " " { rest.removeFirst() }
    let unitName = rest.isEmpty ? "ms" : String(rest)
    guard let unit = durationUnits.first(where: { $0.name == unitName }) else { return nil }

    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflow, let remainder = part(of: unit.nanoseconds, fraction) else { return nil }
    let (sum, tooMuch) = nanoseconds.addingReportingOverflow(remainder)
    return tooMuch ? nil : sum
}

/// A duration as it would be written, in the largest unit that divides it.
package func durationText(nanoseconds: Int64) -> String {
    guard nanoseconds != 0 else { return "0ms" }
    for unit in durationUnits where nanoseconds % unit.nanoseconds == 0 {
        return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
    }
    // Below a millisecond: six digits behind the point, without their trailing zeros.
    let magnitude = nanoseconds.magnitude
    var digits = String(magnitude % 1_000_000)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(nanoseconds < 0 ? "-" : "")\(magnitude / 1_000_000).\(digits)ms"
}

/// A decimal number without sign, or nil: one that is empty, holds anything but ASCII digits, or does not
/// fit.
func wholeNumber(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return nil }
    return Int64(text)
}

func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

private func takeDigits(_ rest: inout Substring) -> Substring {
    let digits = rest.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy(isDigit) }
    rest.removeFirst(digits.count)
    return digits
}

/// The decimal fraction of a unit. No sum of these reaches the unit itself, so nothing can overflow.
private func part(of unit: Int64, _ digits: Substring) -> Int64? {
    var place = unit
    var sum: Int64 = 0
    for byte in digits.utf8 where byte != 0x30 || place % 10 == 0 {
        guard place % 10 == 0 else { return nil }
        place /= 10
        sum += Int64(byte - 0x30) * place
    }
    return sum
}
