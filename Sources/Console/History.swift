import Node

/// The last events, so that who comes late, or comes back, hears what it has missed.
struct History {
    static let longest = 512

    private var lines: [(number: UInt64, line: String)] = []
    private var head = 0
    /// Events up to this one have been forgotten, or were before the history began.
    private(set) var forgotten: UInt64 = 0

    mutating func note(_ event: NodeEvent) {
        let line = (event.number, Self.line(event))
        guard lines.count == Self.longest else { return lines.append(line) }
        forgotten = lines[head].number
        lines[head] = line
        head = (head + 1) % Self.longest
    }

    /// The remembered events behind this number. Numbers above our own are another start's: then all of them.
    func after(_ number: UInt64) -> String {
        let from = number > (newest ?? 0) ? 0 : number
        var text = ""
        for offset in lines.indices {
            let entry = lines[(head + offset) % lines.count]
            if entry.number > from { text += entry.line }
        }
        return text
    }

    private var newest: UInt64? {
        lines.isEmpty ? nil : lines[(head + lines.count - 1) % lines.count].number
    }

    /// As the HTML standard has server-sent events, section 9.2.
    static func line(_ event: NodeEvent) -> String {
        "id: \(event.number)\nevent: \(event.kind.word)\ndata: \(event.jsonText)\n\n"
    }
}
