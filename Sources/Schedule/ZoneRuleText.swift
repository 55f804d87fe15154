extension ZoneRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`. Nil where it is anything else.
    init?(_ bytes: ArraySlice<UInt8>) {
        var text = RuleText(rest: bytes)
        guard text.skipName(), let west = text.time(longest: 24) else { return nil }
        standard = -west
        guard !text.rest.isEmpty else {
            summer = nil
            return
        }
        guard text.skipName() else { return nil }
        var offset = standard + 3600
        if text.rest.first != UInt8(ascii: ",") {
            guard let west = text.time(longest: 24) else { return nil }
            offset = -west
        }
        guard let start = text.turn(), let end = text.turn(), text.rest.isEmpty else { return nil }
        summer = Summer(offset: offset, start: start, end: end)
    }
}

/// Takes a rule's text apart from the left.
private struct RuleText {
    var rest: ArraySlice<UInt8>

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// `CET` or `<+03>`: at least three characters.
    mutating func skipName() -> Bool {
        let isQuoted = take("<")
        let name = rest.prefix {
            isLetter($0) || isQuoted && (isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-"))
        }
        rest.removeFirst(name.count)
        return name.count >= 3 && (!isQuoted || take(">"))
    }

    private mutating func number(_ allowed: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix(while: isDigit)
        guard (1...3).contains(digits.count) else { return nil }
        rest.removeFirst(digits.count)
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return allowed.contains(number) ? number : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds. Version 3 of the format lets changes happen up to 167 hours away.
    mutating func time(longest hours: Int) -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hour = number(0...hours) else { return nil }
        var seconds = hour * 3600
        for unit in [60, 1] {
            guard take(":") else { break }
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,M3.5.0/2`
    mutating func turn() -> ZoneRule.Turn? {
        guard take(","), let day = day() else { return nil }
        guard take("/") else { return ZoneRule.Turn(day: day, time: 2 * 3600) }
        return time(longest: 167).map { ZoneRule.Turn(day: day, time: $0) }
    }

    private mutating func day() -> ZoneRule.Turn.Day? {
        if take("J") { return number(1...365).map { .julian($0) } }
        guard take("M") else { return number(0...365).map { .zeroBased($0) } }
        guard let month = number(1...12), take("."), let week = number(1...5), take("."),
            let day = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, day: day)
    }
}
