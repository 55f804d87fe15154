import Tasks

/// The requests of the control socket that say more than words do.
package enum ControlRequest {
    package static func broadcast(_ text: String, topic: String) -> String {
        "broadcast " + Json.object().set("topic", .text(topic)).set("text", .text(text)).text
    }

    package static func send(_ text: String, topic: String, to member: String, timeoutMs: Int64) -> String {
        let message = Json.object()
            .set("member", .text(member))
            .set("topic", .text(topic))
            .set("text", .text(text))
            .set("timeout_ms", .number(timeoutMs))
        return "send " + message.text
    }

    package static func promote(_ member: String, role: String, timeoutMs: Int64) -> String {
        let wish = Json.object()
            .set("role", .text(role))
            .set("member", .text(member))
            .set("timeout_ms", .number(timeoutMs))
        return "promote " + wish.text
    }

    /// `target` is for moves; empty: another node, whichever.
    package static func task(_ verb: String, _ name: String, target: String = "", timeoutMs: Int64) -> String
    {
        let order = Json.object()
            .set("verb", .text(verb))
            .set("name", .text(name))
            .set("target", .text(target))
            .set("timeout_ms", .number(timeoutMs))
        return "task " + order.text
    }
}

/// A message as a client of the control socket writes it.
struct ControlMessage {
    let member: String?
    let topic: String
    let data: [UInt8]
    let timeoutMs: Int32

    init(_ text: String) throws(Failure) {
        guard let json = Json.parse(text), let content = json["text"]?.string else {
            throw Failure(.invalid, "a message is a JSON object with a 'text', and perhaps a 'topic'")
        }
        member = json["member"]?.string
        topic = json["topic"]?.string ?? ""
        data = Array(content.utf8)
        timeoutMs = json["timeout_ms"]?.number.flatMap { Int32(exactly: $0) } ?? 5000
        guard timeoutMs > 0 else { throw Failure(.invalid, "timeout_ms is at least 1") }
    }
}

// Requests as clients write them, in JSON.
extension NodeRequest {
    static func promotion(_ text: String) throws(Failure) -> NodeRequest {
        guard let json = Json.parse(text), let role = json["role"]?.string,
            let member = json["member"]?.string
        else { throw Failure(.invalid, "a promotion is a JSON object with a 'role' and a 'member'") }
        return .promote(member: member, role: role, timeoutMs: try timeout(json, otherwise: 30_000))
    }

    static func taskOrder(_ text: String) throws(Failure) -> NodeRequest {
        guard let json = Json.parse(text), let word = json["verb"]?.string, let name = json["name"]?.string
        else { throw Failure(.invalid, "an order is a JSON object with a 'verb' and a 'name'") }
        guard let verb = TaskOrder.Verb(word: word) else {
            throw Failure(.invalid, "'\(word)' is no verb; there are: pause, resume, move, run, forget")
        }
        let target = json["target"]?.string ?? ""
        guard target.isEmpty || verb == .move else {
            throw Failure(.invalid, "only a move has a target")
        }
        return .order(verb, task: name, target: target, timeoutMs: try timeout(json, otherwise: 10_000))
    }

    private static func timeout(_ json: Json, otherwise usual: Int32) throws(Failure) -> Int32 {
        let timeoutMs = json["timeout_ms"]?.number.flatMap { Int32(exactly: $0) } ?? usual
        guard timeoutMs > 0 else { throw Failure(.invalid, "timeout_ms is at least 1") }
        return timeoutMs
    }
}

extension TaskOrder.Verb {
    package init?(word: String) {
        switch word {
        case "pause": self = .pause
        case "resume": self = .resume
        case "move": self = .move
        case "run": self = .run
        case "forget": self = .forget
        default: return nil
        }
    }
}

extension NodeMessage {
    /// For those who follow. What is no text is told in base64.
    var jsonText: String {
        let json = Json.object()
            .set("sender", .text(sender))
            .set("topic", .text(topic))
            .set("broadcast", .flag(isBroadcast))
        if let text = String(validating: data, as: UTF8.self) {
            json.set("text", .text(text))
        } else {
            json.set("base64", .text(Base64.text(of: data)))
        }
        return json.text
    }
}

/// RFC 4648, section 4.
enum Base64 {
    static func text(of bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = digits[Int(word >> UInt32(18 - 6 * place) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
