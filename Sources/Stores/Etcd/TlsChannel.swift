import CStores
import Glibc

/// TLS between memory and memory: the bytes that come and go are carried by somebody else, who waits and knows deadlines.
final class TlsChannel {
    private let tls: stores_tls
    private let session: UnsafeMutableRawPointer
    /// What came from the other side, and what is to go there. Both belong to the session.
    private let incoming: UnsafeMutableRawPointer
    private let outgoing: UnsafeMutableRawPointer
    private let place: String

    /// To the server of this name or address, called `place` in errors.
    init(_ library: TlsLibrary, _ files: TlsFiles, host: String, place: String) throws(StoreError) {
        let context = try TlsContext(library, files)
        tls = context.tls
        self.place = place
        guard let session = tls.sessionNew(context.context) else {
            throw StoreError(.engine, "libssl gives no session: \(TlsContext.reason(tls))")
        }
        guard let incoming = tls.bioNew(tls.bioMemory()) else {
            tls.sessionFree(session)
            throw StoreError(.engine, "out of memory")
        }
        guard let outgoing = tls.bioNew(tls.bioMemory()) else {
            tls.bioFree(incoming)
            tls.sessionFree(session)
            throw StoreError(.engine, "out of memory")
        }
        tls.sessionSetBio(session, incoming, outgoing)
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
        guard expect(host) else { throw StoreError(.badSettings, "no certificate can name \(host)") }
    }

    deinit { tls.sessionFree(session) }

    /// Which name, or address, the certificate must be for.
    private func expect(_ host: String) -> Bool {
        guard let parameters = tls.sessionParameters(session) else { return false }
        var room = in6_addr()
        if inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1 {
            return tls.expectAddress(parameters, host) == 1
        }
        tls.setHostFlags(parameters, TlsCode.noPartialWildcards)
        guard tls.expectHost(parameters, host, 0) == 1 else { return false }
        var name = Array(host.utf8) + [0]
        return tls.sessionControl(session, TlsCode.setServerName, TlsCode.hostNameType, &name) == 1
    }

    /// One step of the handshake: what is to be sent, and whether it is done.
    func shakeHands() throws(StoreError) -> (send: [UInt8], isDone: Bool) {
        tls.clearErrors()
        let result = tls.connect(session)
        guard result == 1 || tls.sessionError(session, result) == TlsCode.wantRead else { throw refusal }
        return (pending(), result == 1)
    }

    /// What the other side sent.
    func feed(_ bytes: [UInt8]) throws(StoreError) {
        guard bytes.isEmpty || tls.bioWrite(incoming, bytes, Int32(clamping: bytes.count)) == bytes.count
        else { throw StoreError(.engine, "out of memory", afterSending: true) }
    }

    /// What is to be sent so that the other side reads this.
    func sealed(_ bytes: [UInt8]) throws(StoreError) -> [UInt8] {
        tls.clearErrors()
        guard tls.write(session, bytes, Int32(clamping: bytes.count)) == bytes.count else { throw refusal }
        return pending()
    }

    /// What was in that which was fed.
    func opened() throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            tls.clearErrors()
            let count = tls.read(session, &buffer, Int32(clamping: buffer.count))
            if count > 0 {
                bytes += buffer.prefix(Int(count))
                continue
            }
            // A close in order will be said by the socket's end as well.
            let error = tls.sessionError(session, count)
            guard error == TlsCode.wantRead || error == TlsCode.closed else { throw refusal }
            return bytes
        }
    }

    /// What the other side is to be sent, on behalf of TLS itself.
    func pending() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = tls.bioRead(outgoing, &buffer, Int32(clamping: buffer.count))
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(Int(count))
        }
    }

    // MARK: Refusals

    private var refusal: StoreError {
        let verdict = tls.verifyResult(session)
        if verdict != TlsCode.verified {
            let text = tls.verifyText(verdict).map { String(cString: $0) } ?? "\(verdict)"
            // Another endpoint may be better off.
            return StoreError(.unreachable, "the certificate of etcd at \(place) is not trusted: \(text)")
        }
        let error = tls.firstError()
        let reason = TlsContext.reason(tls)
        if Self.alertsOfRefusal.contains(TlsCode.reason(error) &- TlsCode.alert) {
            return StoreError(.refused, "etcd at \(place) does not accept our certificate: \(reason)")
        }
        return StoreError(.unreachable, "no TLS with etcd at \(place): \(reason)", afterSending: true)
    }

    /// What a server says that wants another certificate than ours, or one at all; it has then done nothing that it was
    /// asked for. bad_certificate to unknown_ca without illegal_parameter, access_denied, certificate_required.
    private static let alertsOfRefusal: Set<UInt> = [42, 43, 44, 45, 46, 48, 49, 116]
}
