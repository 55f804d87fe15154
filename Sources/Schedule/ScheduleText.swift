/// The text of a schedule: what an option, a JSON field or a command line carries.
///
/// First when (`every 5s`, `at TIME`, `in 10s` or a cron expression), then any of `zone=`, `from=`, `repeat=`, `until=`,
/// `misfire=`. `docs/schedules.md` describes it.
extension ScheduleSpec: CustomStringConvertible {
    package static let longest = 512
    /// How often a cron schedule may be repeated: its end is found by counting.
    package static let mostCronRepeats = 10_000
    package static let mostRepeats = 1_000_000_000

    package init(_ text: some StringProtocol) throws(ScheduleError) {
        guard text.utf8.count <= ScheduleSpec.longest else {
            throw ScheduleError("schedule", text, "longer than \(ScheduleSpec.longest) bytes")
        }
        let words = String(text).split { $0 == " " || $0 == "\t" }.map(String.init)
        let when = words.prefix { !$0.contains("=") }
        guard !when.isEmpty else {
            throw ScheduleError("schedule", text, "a cron expression, every, at or in must come first")
        }
        self.init(try Rhythm(when))
        var given: Set<String> = []
        for word in words.dropFirst(when.count) {
            guard let sign = word.firstIndex(of: "=") else {
                throw ScheduleError(
                    "schedule", word, "only zone=, from=, repeat=, until= and misfire= may follow an option")
            }
            let (key, value) = (inSmallLetters(word[..<sign]), word[word.index(after: sign)...])
            guard given.insert(key).inserted else { throw ScheduleError(key, value, "given twice") }
            try set(key, value)
        }
        try check()
    }

    private mutating func set(_ key: String, _ value: Substring) throws(ScheduleError) {
        switch key {
        case "zone":
            zone = try ZoneName(value)
        case "from":
            start =
                value.first == "+"
                ? .delay(try SpanText.read(value.dropFirst(), for: key, shortest: 0))
                : .time(try ScheduleTime(value, for: key))
        case "repeat":
            let most =
                if case .cron = rhythm { ScheduleSpec.mostCronRepeats } else { ScheduleSpec.mostRepeats }
            guard value.utf8.allSatisfy(isDigit), let number = Int(value), number <= most else {
                throw ScheduleError(key, value, "0-\(most) is allowed: that many runs after the first")
            }
            repeats = number
        case "until":
            until = try ScheduleTime(value, for: key)
        case "misfire":
            guard let policy = Misfire(rawValue: inSmallLetters(value)) else {
                throw ScheduleError(key, value, "skip, once or all is allowed")
            }
            misfire = policy
        default:
            throw ScheduleError("schedule", key, "zone=, from=, repeat=, until= and misfire= are allowed")
        }
    }

    /// What contradicts itself. (Immutant has the same rules.)
    private func check() throws(ScheduleError) {
        switch rhythm {
        case .cron, .every: return
        case .at, .after:
            guard start == nil, repeats == nil, until == nil else {
                throw ScheduleError(
                    "schedule", description, "from=, repeat= and until= need every or a cron expression")
            }
        }
    }

    package var description: String {
        var words: [String] = []
        switch rhythm {
        case .cron(let expression): words.append(expression.description)
        case .every(let interval): words.append("every \(SpanText.show(interval))")
        case .at(let time): words.append("at \(time)")
        case .after(let delay): words.append("in \(SpanText.show(delay))")
        }
        if zone != .utc { words.append("zone=\(zone)") }
        switch start {
        case .time(let time): words.append("from=\(time)")
        case .delay(let delay): words.append("from=+\(SpanText.show(delay))")
        case nil: break
        }
        if let repeats { words.append("repeat=\(repeats)") }
        if let until { words.append("until=\(until)") }
        if misfire != .skip { words.append("misfire=\(misfire.rawValue)") }
        return words.joined(separator: " ")
    }
}

extension ScheduleSpec.Rhythm {
    fileprivate init(_ words: ArraySlice<String>) throws(ScheduleError) {
        let word = words.first.map { inSmallLetters($0) } ?? ""
        guard ["every", "at", "in"].contains(word) else {
            self = .cron(try CronExpression(words.joined(separator: " ")))
            return
        }
        guard words.count == 2, let value = words.last else {
            throw ScheduleError(
                "schedule", words.joined(separator: " "), "one value is needed after '\(word)'")
        }
        switch word {
        case "every": self = .every(try SpanText.read(value, for: word, shortest: 1))
        case "at": self = .at(try ScheduleTime(value, for: word))
        default: self = .after(try SpanText.read(value, for: word, shortest: 0))
        }
    }
}
