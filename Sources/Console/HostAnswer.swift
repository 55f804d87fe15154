package import Node

/// An answer for a host's own web server: whole, and as text.
package struct HostAnswer: Sendable {
    package let status: Int
    /// `Name: value` and an end of line, for each.
    package let headerLines: String
    package let content: String
}

extension Node {
    /// Answers a request of the host, or of whoever asks it.
    package func answer(_ request: ConsoleRequest) throws(Failure) -> HostAnswer {
        if request.method == "POST" { try checkNotInside() }
        return try waitFor { runtime, then in
            let desk = ConsoleDesk.of(runtime)
            desk.answerHost(request) { then(HostAnswer($0, desk)) }
        }
    }
}

extension ConsoleDesk {
    /// That of the node, which remembers events from its first moment on.
    fileprivate static func of(_ runtime: Runtime) -> ConsoleDesk {
        if let desk = runtime.watcher(ConsoleDesk.self) { return desk }
        let desk = ConsoleDesk(runtime, token: nil)
        runtime.watch(desk)
        return desk
    }
}

extension HostAnswer {
    fileprivate init(_ answer: ConsoleAnswer, _ desk: ConsoleDesk) {
        status = answer.status
        var lines = "Content-Type: \(answer.type)\r\n"
        for header in answer.headers { lines += "\(header.name): \(header.value)\r\n" }
        headerLines = lines
        switch answer.body {
        case .bytes(let bytes): content = String(decoding: bytes, as: UTF8.self)
        // All of it at once: the reader comes again, with the number of the last one.
        case .events(let number): content = "retry: 1000\n\n" + desk.events(after: number)
        }
    }
}
