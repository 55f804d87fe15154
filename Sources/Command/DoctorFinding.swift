import Node

/// One thing that `muster doctor` has looked at.
struct DoctorFinding: Sendable {
    enum Severity: String, Sendable { case ok, note, trouble }

    /// The kind of look: `options`, `ports`, `seeds`, `reach`, `key`, `multicast`, `mtu`, `clock`, `versions`, `node`.
    let check: String
    let severity: Severity
    /// A member, an address, an interface or an option; empty for the whole.
    let subject: String
    let text: String
    /// What to do; empty where nothing is to be done.
    let remedy: String

    static func ok(_ check: String, _ subject: String, _ text: String) -> DoctorFinding {
        DoctorFinding(check: check, severity: .ok, subject: subject, text: text, remedy: "")
    }

    static func note(_ check: String, _ subject: String, _ text: String, remedy: String) -> DoctorFinding {
        DoctorFinding(check: check, severity: .note, subject: subject, text: text, remedy: remedy)
    }

    static func trouble(_ check: String, _ subject: String, _ text: String, remedy: String) -> DoctorFinding {
        DoctorFinding(check: check, severity: .trouble, subject: subject, text: text, remedy: remedy)
    }

    var json: Json {
        Json.object().set("check", .text(check)).set("severity", .text(severity.rawValue))
            .set("subject", .text(subject)).set("text", .text(text)).set("remedy", .text(remedy))
    }

    func lines(_ terminal: Terminal) -> String {
        let colour: Terminal.Colour =
            switch severity {
            case .ok: .green
            case .note: .yellow
            case .trouble: .red
            }
        let word = severity.rawValue + String(repeating: " ", count: 7 - severity.rawValue.count)
        let kind = check + String(repeating: " ", count: max(0, 9 - check.count))
        let about = subject.isEmpty ? "" : Terminal.harmless(subject) + ": "
        var text = "\(terminal.paint(word, colour)) \(kind) \(about)\(Terminal.harmless(self.text))\n"
        if !remedy.isEmpty { text += "                  -> \(Terminal.harmless(remedy))\n" }
        return text
    }
}
