import Basics
package import Schedule

/// What a host says of a task that it offers, read and checked.
package struct TaskSpec: Hashable, Sendable {
    package var definition: TaskDefinition
    /// False: it runs on every node that offers it, and nobody is asked.
    package var isSingleton = true
    /// Of a job.
    package var schedule: ScheduleSpec?

    /// Bytes of the longest text of options.
    package static let longest = 2048

    /// `options`: words like `weight=2`, with spaces between. `docs/tasks.md` describes them.
    package init(
        name: String, kind: TaskDefinition.Kind, schedule: String, options: String, offeredAt: Int64
    ) throws(ScheduleError) {
        guard Name.isValid(name, longest: TaskDefinition.longestName) else {
            throw ScheduleError(
                "name", name,
                "1 to \(TaskDefinition.longestName) bytes of UTF-8 (NFC) without control characters are allowed"
            )
        }
        guard options.utf8.count <= Self.longest else {
            throw ScheduleError("options", options, "longer than \(Self.longest) bytes")
        }
        definition = TaskDefinition(name: name, kind: kind, offeredAt: max(0, offeredAt))
        if kind == .job {
            let spec = try ScheduleSpec(schedule)
            self.schedule = spec
            definition.schedule = spec.description
        }
        var given: Set<String> = []
        for word in options.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }) {
            guard let sign = word.firstIndex(of: "=") else {
                throw ScheduleError("options", word, "a word like weight=2 is needed")
            }
            let key = String(word[..<sign])
            guard given.insert(key).inserted else { throw ScheduleError(key, word, "given twice") }
            try set(key, word[word.index(after: sign)...])
        }
    }

    private mutating func set(_ key: String, _ value: Substring) throws(ScheduleError) {
        switch key {
        case "requires": definition.placement.requires = try Self.labels(key, value)
        case "prefers": definition.placement.prefers = try Self.labels(key, value)
        case "apart": definition.placement.apart = try Self.label(key, value)
        case "together": definition.placement.together = try Self.label(key, value)
        case "weight":
            definition.placement.weight = try Self.number(key, value, 1...Placement.heaviest)
        case "stop_timeout":
            definition.stopTimeout = try Self.span(key, value, 0, TaskDefinition.longestStop)
        case "singleton":
            switch value {
            case "true": isSingleton = true
            case "false": isSingleton = false
            default: throw ScheduleError(key, value, "true or false is allowed")
            }
        case "delivery", "attempts", "grace":
            guard definition.kind == .job else { throw ScheduleError(key, value, "it is for jobs only") }
            try setRuns(key, value)
        default:
            throw ScheduleError(
                "options", key,
                "requires, prefers, apart, together, weight, stop_timeout, singleton, and for jobs delivery, "
                    + "attempts and grace are allowed")
        }
    }

    private mutating func setRuns(_ key: String, _ value: Substring) throws(ScheduleError) {
        switch key {
        case "attempts": definition.attempts = try Self.number(key, value, 1...TaskDefinition.mostAttempts)
        case "grace": definition.grace = try Self.span(key, value, 0, TaskDefinition.longestGrace)
        default:
            switch value {
            case "at_least_once": definition.delivery = .atLeastOnce
            case "at_most_once": definition.delivery = .atMostOnce
            default: throw ScheduleError(key, value, "at_least_once or at_most_once is allowed")
            }
        }
    }

    private static func number(_ key: String, _ value: Substring, _ range: ClosedRange<UInt32>)
        throws(ScheduleError)
        -> UInt32
    {
        guard let number = UInt32(value), range.contains(number), value.utf8.first != UInt8(ascii: "+") else {
            throw ScheduleError(key, value, "\(range.lowerBound) to \(range.upperBound) is allowed")
        }
        return number
    }

    private static func span(_ key: String, _ value: Substring, _ least: Int64, _ most: Interval)
        throws(ScheduleError)
        -> Interval
    {
        let milliseconds = try SpanText.read(value, for: key, shortest: least)
        guard milliseconds <= most.milliseconds else {
            throw ScheduleError(key, value, "\(SpanText.show(most.milliseconds)) at the most is allowed")
        }
        return .milliseconds(milliseconds)
    }

    private static func labels(_ key: String, _ value: Substring) throws(ScheduleError) -> [String] {
        let parts = value.split(separator: Character(","), omittingEmptySubsequences: false)
        guard parts.count <= Placement.mostLabels else {
            throw ScheduleError(key, value, "\(Placement.mostLabels) labels at the most are allowed")
        }
        var labels: [String] = []
        for part in parts { labels.append(try label(key, part)) }
        return Array(Set(labels)).sorted()
    }

    private static func label(_ key: String, _ value: Substring) throws(ScheduleError) -> String {
        let text = String(value)
        guard Name.isValid(text, longest: Placement.longestLabel) else {
            throw ScheduleError(
                key, value,
                "a word of 1 to \(Placement.longestLabel) bytes without control characters is needed")
        }
        return text
    }
}
