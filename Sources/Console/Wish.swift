import Node

/// The body of a POST: a JSON object, or nothing.
struct Wish {
    private let json: Json?
    /// An hour: who has hung up is waited for so long.
    private static let longestWait: Int32 = 3_600_000

    init(_ body: [UInt8]) throws(Failure) {
        guard !body.isEmpty else {
            json = nil
            return
        }
        guard let text = String(validating: body, as: UTF8.self), let json = Json.parse(text), json.isObject
        else { throw Failure(.invalid, "the body is a JSON object, or empty") }
        self.json = json
    }

    func request(for order: Place.Order) throws(Failure) -> NodeRequest {
        switch order {
        case .stepDown(let role): return .stepDown(role: role)
        case .pause(let role): return .setPaused(role: role, true)
        case .resume(let role): return .setPaused(role: role, false)
        case .leave: return .leave
        case .promote(let role):
            guard let member = try text("member") else {
                throw Failure(.invalid, "a promotion names the 'member' that is to be primary")
            }
            return .promote(member: member, role: role, timeoutMs: try timeout(otherwise: 30_000))
        case .task(let verb, let name):
            let member = try text("member")
            guard member == nil || verb == .move else {
                throw Failure(.invalid, "only a move names a 'member'")
            }
            return .order(verb, task: name, target: member ?? "", timeoutMs: try timeout(otherwise: 10_000))
        }
    }

    private func text(_ key: String) throws(Failure) -> String? {
        guard let value = json?[key] else { return nil }
        guard let text = value.string else { throw Failure(.invalid, "'\(key)' is a text") }
        return text
    }

    private func timeout(otherwise usual: Int32) throws(Failure) -> Int32 {
        guard let value = json?["timeout_ms"] else { return usual }
        guard let number = value.number.flatMap({ Int32(exactly: $0) }), 1...Self.longestWait ~= number else {
            throw Failure(.invalid, "timeout_ms is a number from 1 to \(Self.longestWait)")
        }
        return number
    }
}
