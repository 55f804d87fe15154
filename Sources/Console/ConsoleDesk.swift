import CConsole
package import Node

/// Answers requests for one node. On the event loop only, which is what makes `@unchecked Sendable` true.
package final class ConsoleDesk: NodeWatcher, @unchecked Sendable {
    package typealias Answer = @Sendable (ConsoleAnswer) -> Void

    unowned let runtime: Runtime
    private let gate: Gate
    private let clusterManager: [String]
    private var history = History()
    /// Where new events go besides.
    var follow: ((NodeEvent) -> Void)?
    var hasEnded: (() -> Void)?

    /// Without a token only this machine is answered.
    package init(_ runtime: Runtime, token: [UInt8]?) {
        self.runtime = runtime
        gate = Gate(token: token)
        clusterManager = runtime.clusterManagerPath
    }

    package func observe(_ event: NodeEvent) {
        history.note(event)
        follow?(event)
    }

    package func nodeEnded(as standing: Published.Standing) {
        hasEnded?()
        hasEnded = nil
        follow = nil
    }

    /// The events behind this number, as text of server-sent events.
    package func events(after number: UInt64) -> String { history.after(number) }

    /// Answers a request of anybody. `then` is called once, perhaps at once.
    func answer(_ request: ConsoleRequest, then: @escaping Answer) {
        let place = place(of: request)
        if let refusal = gate.refusal(of: request, at: place) { return then(refusal) }
        answer(request, at: place, then: then)
    }

    /// Answers a request of the host itself.
    package func answerHost(_ request: ConsoleRequest, then: @escaping Answer) {
        answer(request, at: place(of: request), then: then)
    }

    private func place(of request: ConsoleRequest) -> Place? {
        if request.asksServer { return .server }
        return request.path.flatMap { Place($0, clusterManager: clusterManager) }
    }

    private func answer(_ request: ConsoleRequest, at place: Place?, then: @escaping Answer) {
        guard let place else { return then(.refusal(404, "there is nothing at this path")) }
        switch request.method {
        case "OPTIONS": return then(.options(place.methods))
        case "POST":
            guard case .order(let order) = place else { return then(.wrongMethod(place.methods)) }
            return obey(order, request, then: then)
        case "GET", "HEAD":
            if case .order = place { return then(.wrongMethod(place.methods)) }
            return show(place, request, then: then)
        default: return then(.wrongMethod(place.methods))
        }
    }

    private func show(_ place: Place, _ request: ConsoleRequest, then: @escaping Answer) {
        switch place {
        case .page: then(.page)
        case .description:
            then(ConsoleAnswer(200, type: ConsoleAnswer.json, Array(span(console_description))))
        case .metrics: then(Metrics(runtime).answer(accept: request.accept))
        case .clusterManager: then(ConsoleAnswer(json: ClusterManager.text(runtime.snapshot())))
        case .health(let health): then(answer(health))
        case .events: then(answerEvents(request))
        case .reading(let reading): runtime.answer(reading) { then(.of($0)) }
        case .order, .server: then(.wrongMethod(place.methods))
        }
    }

    private func answerEvents(_ request: ConsoleRequest) -> ConsoleAnswer {
        var after: UInt64 = 0
        if let text = request.lastEventId ?? request.query("after") {
            guard let number = UInt64(text) else {
                return .refusal(400, "'after' and Last-Event-ID are the number of an event")
            }
            after = number
        }
        var answer = ConsoleAnswer(200, type: "text/event-stream", [])
        answer.body = .events(after: after)
        return answer
    }

    private func obey(_ order: Place.Order, _ request: ConsoleRequest, then: @escaping Answer) {
        do throws(Failure) {
            let wish = try Wish(request.body)
            runtime.answer(try wish.request(for: order)) { then(.of($0)) }
        } catch {
            then(ConsoleAnswer(error.status, error))
        }
    }
}

extension ConsoleAnswer {
    static func of(_ result: Result<String, Failure>) -> ConsoleAnswer {
        switch result {
        case .success(let text): ConsoleAnswer(json: text)
        case .failure(let failure): ConsoleAnswer(failure.status, failure)
        }
    }

    /// The page asks nobody but this node, and nobody may frame it.
    static var page: ConsoleAnswer {
        var answer = ConsoleAnswer(200, type: "text/html; charset=utf-8", Array(span(console_page)))
        answer.headers = [
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                    + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            ("Referrer-Policy", "no-referrer"),
        ]
        return answer
    }
}

/// The bytes of a file that was compiled in.
private func span(_ file: () -> console_file) -> UnsafeRawBufferPointer {
    let file = file()
    return UnsafeRawBufferPointer(start: file.bytes, count: file.count)
}
