import CStores
import Glibc

/// Where the certificates are, as the URL names them.
struct TlsFiles: Sendable {
    /// Nil: what this host trusts by itself.
    var authorities: String?
    /// Ours, and its key.
    var certificate: String?
    var key: String?
}

/// What a connection is allowed to be: TLS 1.2 or later, to a server whose certificate was verified. The files are read
/// anew for each connection, so that certificates may be renewed while the host runs.
final class TlsContext {
    let tls: stores_tls
    let context: UnsafeMutableRawPointer

    init(_ library: TlsLibrary, _ files: TlsFiles) throws(StoreError) {
        tls = library.calls
        tls.clearErrors()
        guard let fresh = tls.contextNew(tls.clientMethod()) else {
            throw StoreError(.engine, "libssl gives no context: \(Self.reason(tls))")
        }
        context = fresh
        _ = tls.contextControl(context, TlsCode.setMinimumVersion, TlsCode.version12, nil)
        tls.contextSetVerify(context, TlsCode.verifyPeer, nil)
        // Else a key with a passphrase would be asked for on the host's terminal.
        tls.contextSetPassword(context) { _, _, _, _ in -1 }
        if let file = files.authorities {
            try check(tls.contextLoadAuthorities(context, file), "cacert", file)
        } else {
            try check(tls.contextDefaultAuthorities(context), "cacert", "of this host")
        }
        if let file = files.certificate { try check(tls.contextUseCertificate(context, file), "cert", file) }
        if let file = files.key { try check(tls.contextUseKey(context, file, TlsCode.pemFile), "key", file) }
    }

    deinit { tls.contextFree(context) }

    private func check(_ result: Int32, _ what: String, _ file: String) throws(StoreError) {
        guard result != 1 else { return }
        throw StoreError(.badSettings, "\(what) \(file) cannot be used: \(Self.reason(tls))")
    }

    /// What libssl complains of, the innermost first.
    static func reason(_ tls: stores_tls) -> String {
        let error = tls.firstError()
        if let code = TlsCode.systemError(error) { return String(cString: strerror(code)) }
        return tls.errorReason(error).map { String(cString: $0) } ?? "error \(error)"
    }
}
