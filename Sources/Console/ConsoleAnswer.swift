import Node

/// What is answered to a request.
package struct ConsoleAnswer: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// The events behind this number, and then those to come.
        case events(after: UInt64)
    }

    package var status: Int
    package var type: String
    package var headers: [(name: String, value: String)] = []
    package var body: Body

    package init(_ status: Int, type: String, _ bytes: [UInt8]) {
        self.status = status
        self.type = type
        body = .bytes(bytes)
    }

    static let json = "application/json"

    init(_ status: Int = 200, json text: String) {
        self.init(status, type: Self.json, Array(text.utf8))
    }

    init(_ status: Int, _ failure: Failure) {
        self.init(status, json: failure.jsonText)
    }

    /// A refusal that is no answer of the node's: of the request itself.
    static func refusal(_ status: Int, _ why: String) -> ConsoleAnswer {
        let error = Json.object()
            .set("code", .number(Int64(FailureCode.invalid.rawValue)))
            .set("name", .text(FailureCode.invalid.name))
            .set("message", .text(why))
        return ConsoleAnswer(status, json: Json.object().set("error", error).text)
    }

    static func options(_ allowed: String) -> ConsoleAnswer {
        var answer = ConsoleAnswer(200, type: json, [])
        answer.headers = [("Allow", allowed)]
        return answer
    }

    static func wrongMethod(_ allowed: String) -> ConsoleAnswer {
        var answer = refusal(405, "there is \(allowed) here")
        answer.headers = [("Allow", allowed)]
        return answer
    }
}

extension Failure {
    /// The status of RFC 9110 that says the same.
    var status: Int {
        switch code {
        case .invalid: 400
        case .noMember: 404
        case .notPrimary, .noCandidate, .partial: 409
        case .tooBig: 413
        case .full: 429
        case .timeout: 504
        case .closed, .duplicate, .busy, .forked: 503
        case .outOfMemory, .system, .unsupported, .handle, .unwanted: 500
        }
    }
}
