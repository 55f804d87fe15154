import Glibc

/// The whole of a file, or the reason why not.
///
/// Regular files only, and at most `limit` bytes: a pipe could keep the host waiting for ever, and a device
/// could fill its memory.
func readFile(_ path: String, limit: Int) -> Result<[UInt8], FileTrouble> {
    guard !path.isEmpty, !path.utf8.contains(0) else { return .failure(FileTrouble(reason: "is no path")) }
    let descriptor = untilDone { open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) }
    guard descriptor >= 0 else { return .failure(FileTrouble(code: errno)) }
    defer { close(descriptor) }

    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { return .failure(FileTrouble(code: errno)) }
    guard facts.st_mode & S_IFMT == S_IFREG else {
        return .failure(FileTrouble(reason: "is not a regular file"))
    }

    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = untilDone { chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) } }
        guard count >= 0 else { return .failure(FileTrouble(code: errno)) }
        if count == 0 { return .success(bytes) }
        bytes += chunk.prefix(count)
        guard bytes.count <= limit else {
            return .failure(FileTrouble(reason: "is larger than \(limit) bytes"))
        }
    }
}

/// Why a file could not be read, as it completes "'path' ...".
struct FileTrouble: Error {
    let reason: String

    init(reason: String) { self.reason = reason }

    init(code: Int32) {
        reason = "cannot be read: " + (strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}

/// Repeats a call that a signal interrupted.
private func untilDone<Answer: SignedInteger>(_ call: () -> Answer) -> Answer {
    while true {
        let answer = call()
        if answer >= 0 || errno != EINTR { return answer }
    }
}
