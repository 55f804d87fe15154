import Basics

/// One connection that carries requests one after the other, without blocking longer than until a deadline. Only the
/// look-up of a name may take longer.
final class HttpConnection {
    private let endpoint: EtcdAddress.Endpoint
    private let secure: (library: TlsLibrary, files: TlsFiles)?
    private var socket: TimedSocket?
    private var channel: TlsChannel?

    init(_ endpoint: EtcdAddress.Endpoint, secure: (library: TlsLibrary, files: TlsFiles)?) {
        self.endpoint = endpoint
        self.secure = secure
    }

    func close() {
        socket = nil
        channel = nil
    }

    func post(
        _ path: String, _ body: String, token: String?, until deadline: Instant
    ) throws(StoreError) -> HttpReader.Response {
        // A server that was restarted closed the connection; and it has nothing to say unasked.
        if socket?.isReadable == true { close() }
        if socket == nil { try connect(until: deadline) }
        var request =
            "POST \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nContent-Type: application/json\r\n"
        if let token { request += "Authorization: \(token)\r\n" }
        request += "Content-Length: \(body.utf8.count)\r\n\r\n"
        do throws(StoreError) {
            try send(Array((request + body).utf8), until: deadline)
            let response = try receive(until: deadline)
            if !response.keepsOpen { close() }
            return response
        } catch {
            close()
            throw error
        }
    }

    private func connect(until deadline: Instant) throws(StoreError) {
        do throws(TimedSocket.Trouble) {
            socket = try TimedSocket.connected(to: endpoint.host, port: endpoint.port, until: deadline)
        } catch {
            throw said(error, afterSending: false)
        }
        guard let secure else { return }
        do throws(StoreError) {
            let fresh = try TlsChannel(
                secure.library, secure.files, host: endpoint.host, place: endpoint.authority)
            try shakeHands(fresh, until: deadline)
            channel = fresh
        } catch {
            close()
            // No request has been sent.
            throw StoreError(error.kind, error.text)
        }
    }

    private func shakeHands(_ fresh: TlsChannel, until deadline: Instant) throws(StoreError) {
        while true {
            let step = try fresh.shakeHands()
            try carry { socket throws(TimedSocket.Trouble) in try socket.send(step.send, until: deadline) }
            if step.isDone { return }
            let bytes = try carry { socket throws(TimedSocket.Trouble) in
                try socket.receive(until: deadline)
            }
            guard !bytes.isEmpty else {
                throw StoreError(
                    .unreachable, "no TLS with etcd at \(endpoint.authority): it closed the connection")
            }
            try fresh.feed(bytes)
        }
    }

    private func send(_ bytes: [UInt8], until deadline: Instant) throws(StoreError) {
        let bytes = try channel?.sealed(bytes) ?? bytes
        do throws(StoreError) {
            try carry { socket throws(TimedSocket.Trouble) in try socket.send(bytes, until: deadline) }
        } catch {
            try lookForAlert()
            throw error
        }
    }

    /// To the client the handshake is done before the server has seen its certificate; one that refuses it says so and
    /// closes, perhaps before the request is on its way.
    private func lookForAlert() throws(StoreError) {
        guard let socket, let channel, socket.isReadable,
            let bytes = try? socket.receive(until: Waiting.now + .seconds(1))
        else { return }
        try channel.feed(bytes)
        _ = try channel.opened()
    }

    private func receive(until deadline: Instant) throws(StoreError) -> HttpReader.Response {
        var bytes: [UInt8] = []
        while true {
            let came = try carry { socket throws(TimedSocket.Trouble) in
                try socket.receive(until: deadline)
            }
            let isAtEnd = came.isEmpty
            if let channel {
                try channel.feed(came)
                bytes += try channel.opened()
                // An answer that TLS itself was asked for.
                let answer = channel.pending()
                try carry { socket throws(TimedSocket.Trouble) in try socket.send(answer, until: deadline) }
            } else {
                bytes += came
            }
            switch HttpReader.read(bytes, isAtEnd: isAtEnd) {
            case .more: continue
            case .response(let response): return response
            case .malformed:
                if isAtEnd { throw said(.lost, afterSending: true) }
                throw StoreError(.engine, "\(endpoint.authority) does not speak HTTP/1.1", afterSending: true)
            }
        }
    }

    private func carry<Result>(
        _ body: (TimedSocket) throws(TimedSocket.Trouble) -> Result
    ) throws(StoreError) -> Result {
        do throws(TimedSocket.Trouble) {
            guard let socket else { throw TimedSocket.Trouble.lost }
            return try body(socket)
        } catch {
            throw said(error, afterSending: true)
        }
    }

    private func said(_ trouble: TimedSocket.Trouble, afterSending: Bool) -> StoreError {
        let place = "etcd at \(endpoint.authority)"
        return switch trouble {
        case .silence: StoreError(.hangs, "\(place) does not answer", afterSending: afterSending)
        case .lost: StoreError(.unreachable, "\(place) closed the connection", afterSending: afterSending)
        case .unreachable(let reason): StoreError(.unreachable, "\(place): \(reason)")
        }
    }
}
