import Glibc

/// An event as a line for people.
struct EventText {
    let terminal: Terminal

    /// `news`: what happened to a task, whose name `role` is.
    func line(
        event: String, member: String, role: String, value: UInt64, detail: String, news: String? = nil
    ) -> String {
        var words = [clock(), terminal.paint(event, colour(of: event))]
        if !member.isEmpty { words.append(terminal.paint(Terminal.harmless(member), .bold)) }
        if let news {
            if !role.isEmpty { words.append("task=" + Terminal.harmless(role)) }
            words.append(terminal.paint(Terminal.harmless(news), colour(ofNews: news)))
        } else if !role.isEmpty {
            words.append("role=" + Terminal.harmless(role))
        }
        switch event {
        case "promoted", "demoted", "demote-late", "primary-changed": words.append("token=\(value)")
        case "position-changed": words.append("position=\(value)")
        default: break
        }
        if !detail.isEmpty { words.append("(" + Terminal.harmless(detail) + ")") }
        return words.joined(separator: " ") + "\n"
    }

    private func colour(of event: String) -> Terminal.Colour? {
        switch event {
        case "member-joined", "member-recovered": .green
        case "member-suspect", "member-unresponsive", "role-paused", "lost": .yellow
        case "member-dead", "demote-late", "authority", "duplicate": .red
        case "promoted", "demoted", "primary-changed", "position-changed": .cyan
        default: nil
        }
    }

    private func colour(ofNews news: String) -> Terminal.Colour {
        switch news {
        case "started", "stopped", "completed", "skipped": .green
        case "differs", "waiting", "vetoed": .yellow
        default: .red
        }
    }

    private func clock() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        let two = { (number: Int32) in number < 10 ? "0\(number)" : String(number) }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
