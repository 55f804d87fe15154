extension ZoneRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`. Nil where it is anything else.
    init?(_ bytes: ArraySlice<UInt8>) {
        var text = TextReader(bytes)
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

extension TextReader {
    /// `CET` or `<+03>`: at least three characters.
    fileprivate mutating func skipName() -> Bool {
        let isQuoted = skip("<")
        let length = skip {
            isLetter($0) || isQuoted && (isDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-"))
        }
        return length >= 3 && (!isQuoted || skip(">"))
    }

    /// `[+-]hh[:mm[:ss]]` in seconds. Version 3 of the format lets changes happen up to 167 hours away.
    fileprivate mutating func time(longest hours: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hour = number(digits: 1...3, 0...hours) else { return nil }
        var seconds = hour * 3600
        for unit in [60, 1] {
            guard skip(":") else { break }
            guard let part = number(digits: 1...3, 0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,M3.5.0/2`
    fileprivate mutating func turn() -> ZoneRule.Turn? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return ZoneRule.Turn(day: day, time: 2 * 3600) }
        return time(longest: 167).map { ZoneRule.Turn(day: day, time: $0) }
    }

    private mutating func day() -> ZoneRule.Turn.Day? {
        if skip("J") { return number(digits: 1...3, 1...365).map { .julian($0) } }
        guard skip("M") else { return number(digits: 1...3, 0...365).map { .zeroBased($0) } }
        guard let month = number(digits: 1...3, 1...12), skip("."), let week = number(digits: 1...3, 1...5),
            skip("."),
            let day = number(digits: 1...3, 0...6)
        else { return nil }
        return .weekday(month: month, week: week, day: day)
    }
}
