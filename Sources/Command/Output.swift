import Glibc

/// Writing to descriptors as they are: no buffers that an exit could lose.
enum Output {
    static func print(_ text: String) { write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO) }

    /// Left out where whoever reads does not keep up: nobody's terminal or log keeps a command from its work.
    static func remark(_ line: String) {
        guard Poll.wait([Poll.Place(STDERR_FILENO, POLLOUT)], ms: 0)[0] else { return }
        write(line, to: STDERR_FILENO)
    }

    /// False when nobody reads any more.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Somebody else has made the descriptor non-blocking.
                _ = Poll.wait([Poll.Place(descriptor, POLLOUT)], ms: -1)
                continue
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
