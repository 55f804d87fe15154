import Basics
import Engine
import Failover
import Membership
import Wire

/// What happened, for people: what was done, who first noticed, when all knew, who leads. What many say alike is one
/// line when the first says it, and one when all have.
package struct Timeline: Sendable {
    package var isOn = false
    private var entries: [Entry] = []
    private var tallies: [Subject: Tally] = [:]

    enum Kind: Sendable {
        /// What the tester did.
        case fault
        /// What members learned of each other.
        case news
        case role
        case end
    }

    private struct Entry: Sendable {
        var at: Instant
        var kind: Kind
        var verb: String
        var subject: String
    }

    private struct Subject: Hashable {
        var nonce: UInt64
        var kind: MemberEvent.Kind
    }

    private struct Tally {
        var first: Instant
        var observers: Set<Int> = []
    }

    mutating func add(_ now: Instant, _ kind: Kind, _ verb: String, _ subject: String = "") {
        entries.append(Entry(at: now, kind: kind, verb: verb, subject: subject))
    }

    /// One observer says something of a member of whom `others` run.
    mutating func hear(_ now: Instant, _ event: MemberEvent, at index: Int, name: String, of others: Int) {
        guard event.kind != .changed else { return }
        let subject = Subject(nonce: event.identity.nonce, kind: event.kind)
        for opposite in Timeline.opposites(of: event.kind) {
            tallies[Subject(nonce: event.identity.nonce, kind: opposite)] = nil
        }
        let tally = tallies[subject] ?? Tally(first: now)
        let isFirst = tally.observers.isEmpty
        var counted = tally
        guard counted.observers.insert(index).inserted else { return }
        tallies[subject] = counted
        let verb = Timeline.verb(event.kind)
        if isFirst {
            let evidence = event.evidence == .none ? "" : " (\(Timeline.words(event.evidence)))"
            add(now, .news, "\(verb) to the first\(evidence)", "\(event.identity.id) to \(name)")
        }
        if counted.observers.count == others, others > 1 {
            let took = Timeline.words(now - counted.first)
            add(now, .news, "\(verb) to all \(others), \(took) after the first", event.identity.id)
        }
    }

    /// What a later word on the same member takes back.
    private static func opposites(of kind: MemberEvent.Kind) -> [MemberEvent.Kind] {
        switch kind {
        case .joined: [.dead, .left]
        case .suspect, .unresponsive: [.recovered]
        case .recovered: [.suspect, .unresponsive]
        case .dead, .left: [.joined, .suspect, .unresponsive, .recovered]
        case .changed, .duplicate, .refused: []
        }
    }

    private static func verb(_ kind: MemberEvent.Kind) -> String {
        switch kind {
        case .joined: "is there"
        case .changed: "has changed"
        case .suspect: "is suspect"
        case .unresponsive: "is unresponsive"
        case .recovered: "is well again"
        case .left: "has left"
        case .dead: "is dead"
        case .duplicate: "has a namesake"
        case .refused: "is refused"
        }
    }

    private static func words(_ evidence: Evidence) -> String {
        switch evidence {
        case .none: ""
        case .silence: "no answer"
        case .kernelOnly: "only its kernel answers"
        case .connectionRefused: "connections are refused"
        case .suspicionExpired: "the suspicion was not refuted"
        case .superseded: "a younger start has its place"
        case .farewell: "it said so"
        case .duplicate: "an older one lives"
        }
    }

    /// Milliseconds, with one place where there are few.
    private static func words(_ interval: Interval) -> String {
        let tenths = interval.nanoseconds / 100_000
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10) ms" : "\(interval.milliseconds) ms"
    }

    // MARK: reading

    /// The lines, those alike that follow each other closely drawn together.
    package var lines: [String] {
        var lines: [String] = []
        var index = 0
        while index < entries.count {
            let entry = entries[index]
            let alike = entries[index...].prefix { $0.verb == entry.verb && $0.kind == entry.kind }
            lines.append(Timeline.line(alike))
            index = alike.endIndex
        }
        return lines
    }

    private static func line(_ alike: ArraySlice<Entry>) -> String {
        guard let first = alike.first, let last = alike.last else { return "" }
        let mark =
            switch first.kind {
            case .fault: "* "
            case .news: "    "
            case .role: "  > "
            case .end: "= "
            }
        let clock = Trace.clock(first.at).dropLast(3)
        guard alike.count > 1 else {
            return "\(clock)  \(mark)\(first.subject)\(first.subject.isEmpty ? "" : " ")\(first.verb)"
        }
        let named = alike.prefix(3).map(\.subject).joined(separator: ", ")
        let more = alike.count > 3 ? " and \(alike.count - 3) more" : ""
        let span = last.at == first.at ? "" : ", within \(words(last.at - first.at))"
        return "\(clock)  \(mark)\(named)\(more): \(first.verb)\(span)"
    }
}

extension World {
    /// Whether anybody reads what is told; making the text costs more than the event.
    var isTold: Bool { timeline.isOn || trace.isOn }

    /// Tells people, and the trace, something about a process.
    mutating func tell(_ kind: Timeline.Kind, _ verb: String, _ index: Int) {
        tell(kind, verb, about: name(index))
    }

    mutating func tell(_ kind: Timeline.Kind, _ verb: String, about subject: String = "") {
        if timeline.isOn { timeline.add(now, kind, verb, subject) }
        if trace.isOn { trace.add(now, subject.isEmpty ? verb : "\(subject) \(verb)") }
    }
}
