import ArgumentParser

/// With these the console is served as https. They are no options of a node: the library speaks no TLS.
struct TlsFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The console's certificate and those that it was issued under, in PEM: it is served as https, and read "
                + "again when the file changes.", valueName: "file"))
    var httpCertificate: String?

    @Option(
        help: ArgumentHelp(
            "The private key of the certificate, in PEM without a passphrase.", valueName: "file"))
    var httpPrivateKey: String?

    var isAsked: Bool { httpCertificate != nil || httpPrivateKey != nil }

    /// Nil where the console is served as it is.
    func front(_ log: LogFlags) throws -> TlsFront? {
        switch (httpCertificate, httpPrivateKey) {
        case (nil, nil): return nil
        case (let chain?, let key?): return TlsFront(try TlsCertificate(chain: chain, key: key, log))
        default: throw Trouble(.usage, "--http-certificate and --http-private-key go together")
        }
    }
}
