import Basics
import Glibc
import Sealing
import Wire

/// One side of a stream of the protocol, on a thread that may wait.
final class DoctorStream {
    enum Greeting: Equatable {
        /// The other side has said a fitting hello.
        case hello
        /// It has closed, or said what is no hello.
        case closed
        /// Its kernel took the connection, and its program says nothing.
        case mute
    }

    private let descriptor: Int32
    private var seal: StreamSeal
    private var messages: [[UInt8]] = []
    private(set) var isClosed = false

    /// Takes the connection over.
    init(_ descriptor: Int32, _ role: StreamSeal.Role, _ cluster: String, _ keys: [Key]) {
        self.descriptor = descriptor
        seal = StreamSeal(role: role, cluster: cluster, keys: keys)
    }

    deinit { close(descriptor) }

    /// As the initiator.
    func greet(until deadline: Int64) -> Greeting {
        write(seal.start())
        while !seal.isEstablished {
            guard !isClosed else { return .closed }
            guard take(until: deadline) else { return isClosed ? .closed : .mute }
        }
        return .hello
    }

    func ask(_ message: Message, until deadline: Int64) -> Message? {
        guard let frames = try? seal.seal(message.encoded()) else { return nil }
        write(frames)
        return hear(until: deadline)
    }

    /// The next message that the other side says.
    func hear(until deadline: Int64) -> Message? {
        while messages.isEmpty {
            guard !isClosed, take(until: deadline) else { return nil }
        }
        guard let message = try? Message.decode(messages.removeFirst()[...]) else { return nil }
        return message
    }

    /// Reads what has come. False where nothing comes in time, or ever again.
    private func take(until deadline: Int64) -> Bool {
        guard Poll.wait([Poll.Place(descriptor)], ms: Poll.left(until: deadline))[0] else { return false }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return true }
        guard count > 0 else { return end() }
        do {
            messages += try seal.receive(Array(chunk.prefix(count)))
        } catch {
            return end()
        }
        write(seal.takeReply())
        return true
    }

    private func end() -> Bool {
        isClosed = true
        return false
    }

    /// What is said here fits the buffer of a socket.
    private func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count != bytes.count { isClosed = true }
    }
}
