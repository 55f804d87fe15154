import Glibc
import NIOCore
import NIOSSL
import Node

/// The console's certificate as it stands in its files: who renews it replaces these, and needs to tell nobody.
/// Used by one thread at a time.
final class TlsCertificate {
    /// How long nobody looks whether the files have changed.
    private static let rest = TimeAmount.seconds(1)
    /// More than a chain of certificates has.
    private static let largestFile = 1 << 20

    private let chain: String
    private let key: String
    private let log: LogFlags
    private var context: NIOSSLContext
    private var seen: [Stamp?]
    private var nextLook = NIODeadline.now() + rest

    init(chain: String, key: String, _ log: LogFlags) throws(Trouble) {
        (self.chain, self.key, self.log) = (chain, key, log)
        // Before the files are read: what is written meanwhile is a change.
        seen = Self.stamps(chain, key)
        context = try Self.read(chain, key)
    }

    /// What a connection that begins now is served with. Files that are no good leave everything as it was: whoever
    /// renews a certificate may have written one of the two.
    var current: NIOSSLContext {
        let now = NIODeadline.now()
        guard now >= nextLook else { return context }
        nextLook = now + Self.rest
        let found = Self.stamps(chain, key)
        guard found != seen else { return context }
        seen = found
        do throws(Trouble) {
            context = try Self.read(chain, key)
            log.say(.info, "the console's certificate was read again")
        } catch {
            log.say(.warning, "the console keeps its certificate: \(error.message)")
        }
        return context
    }

    // MARK: what is in the files

    private static func read(_ chainPath: String, _ keyPath: String) throws(Trouble) -> NIOSSLContext {
        let (chainText, keyText) = (try content(of: chainPath), try content(of: keyPath))
        guard !chainText.isEmpty, let chain = try? NIOSSLCertificate.fromPEMBytes(chainText) else {
            throw Trouble(.usage, "'\(chainPath)' holds no certificates in PEM")
        }
        guard !keyText.isEmpty, let key = try? NIOSSLPrivateKey(bytes: keyText, format: .pem) else {
            throw Trouble(.usage, "'\(keyPath)' holds no private key in PEM without a passphrase")
        }
        // Of those that issued it clients may know newer ones.
        if let own = chain.first { try checkTime(of: own, in: chainPath) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // Of a client that does not say goodbye.
        configuration.shutdownTimeout = .seconds(1)
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw Trouble(
                .usage, "the private key in '\(keyPath)' is not that of the certificate in '\(chainPath)'")
        }
    }

    private static func checkTime(of certificate: NIOSSLCertificate, in path: String) throws(Trouble) {
        let now = time(nil)
        if certificate.notValidAfter < now {
            throw Trouble(.usage, "'\(path)': the certificate expired on \(day(certificate.notValidAfter))")
        }
        if certificate.notValidBefore > now {
            throw Trouble(
                .usage, "'\(path)': the certificate is valid from \(day(certificate.notValidBefore)) on")
        }
    }

    private static func day(_ seconds: time_t) -> String {
        var (seconds, parts, text) = (seconds, tm(), [UInt8](repeating: 0, count: 32))
        gmtime_r(&seconds, &parts)
        let count = text.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                strftime($0.baseAddress, $0.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
            }
        }
        return String(decoding: text.prefix(count), as: UTF8.self)
    }

    private static func content(of path: String) throws(Trouble) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while content.count <= largestFile {
            let count = Glibc.read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return content }
            content += part.prefix(count)
        }
        throw Trouble(.usage, "'\(path)' is larger than \(largestFile) bytes")
    }

    private static func failure(_ path: String) -> Trouble {
        Trouble(.usage, "'\(path)': \(strerror(errno).map { String(cString: $0) } ?? "error \(errno)")")
    }

    // MARK: whether they have changed

    private struct Stamp: Equatable {
        let device, file: UInt
        let size, seconds, nanoseconds: Int
    }

    private static func stamps(_ paths: String...) -> [Stamp?] {
        paths.map { path in
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            return Stamp(
                device: UInt(found.st_dev), file: UInt(found.st_ino), size: Int(found.st_size),
                seconds: found.st_mtim.tv_sec, nanoseconds: found.st_mtim.tv_nsec)
        }
    }
}
