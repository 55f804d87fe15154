import ArgumentParser
import Glibc
import Sealing

/// Which key is meant. Never the key itself: the words of a command are for everybody of this machine to read.
struct KeyNameFlags: ParsableArguments {
    @Argument(help: "The fingerprint of the key, as 'muster keys list' shows it.")
    var key: String?

    @Option(help: "A file that holds the key, in place of the fingerprint; - is standard input.")
    var file: String?

    func fingerprint() throws -> String {
        switch (key, file) {
        case (let key?, nil):
            guard let fingerprint = Fingerprint(key) else {
                throw Trouble(
                    .usage, "a key is named by its fingerprint, 16 hexadecimal digits, or by --file")
            }
            return fingerprint.text
        case (nil, let file?):
            guard let key = Key(try KeyFile.read(file)) else { throw KeyFile.refusal(file) }
            return key.fingerprint.text
        default:
            throw Trouble(.usage, "say which key: its fingerprint, or --file FILE")
        }
    }
}

/// A file with one key, as `muster keygen` writes it.
enum KeyFile {
    /// More than a key and its line end can have.
    private static let longest = 4096

    /// The text of the one key in the file; `-` is standard input.
    static func read(_ path: String) throws -> String {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: longest)
        while bytes.count <= longest {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard bytes.count <= longest, words.count == 1, Key(String(words[0])) != nil else {
            throw refusal(path)
        }
        return String(words[0])
    }

    static func refusal(_ path: String) -> Trouble {
        Trouble(
            .usage,
            "\(name(path)) must hold one key: 64 hexadecimal digits or 44 characters of base64, as 'muster keygen' "
                + "writes it")
    }

    private static func failure(_ path: String) -> Trouble {
        Trouble(.failure, "\(name(path)): \(strerror(errno).map { String(cString: $0) } ?? "error \(errno)")")
    }

    private static func name(_ path: String) -> String { path == "-" ? "standard input" : "'\(path)'" }
}
