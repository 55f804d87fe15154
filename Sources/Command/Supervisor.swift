import CSupervisor
import Glibc

/// The supervisor of one running command: see `Sources/CSupervisor`.
struct Supervisor {
    enum Report {
        case failed(code: Int32)
        /// The whole tree is gone; with the status as a shell would tell it.
        case gone(status: Int32)
    }

    let channel: Int32

    /// `words` ends with NULL and stays where it is. Nil and `errno` where there was no way to start it.
    static func start(
        _ words: UnsafePointer<UnsafeMutablePointer<CChar>?>, environment: [(String, String)], graceMs: Int64,
        keeping kept: Int32
    ) -> Supervisor? {
        var added: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.0)=\($0.1)") }
        defer { for entry in added { free(entry) } }
        added.append(nil)
        let channel = supervisor_start(words, added, Int32(clamping: graceMs), kept)
        return channel < 0 ? nil : Supervisor(channel: channel)
    }

    func forward(_ signal: Int32) { supervisor_send(channel, Int32(SUPERVISOR_SIGNAL), signal) }

    /// Asks the command to end; the rest of the tree, and KILL in time, follow by themselves.
    func stop(_ signal: Int32) { supervisor_send(channel, Int32(SUPERVISOR_STOP), signal) }

    func kill() { supervisor_send(channel, Int32(SUPERVISOR_KILL), 0) }

    /// How it ended, or nil while it has not. Asked once more afterwards, it answers nonsense.
    func report() -> Report? {
        var message = supervisor_message()
        let result = supervisor_receive(channel, &message)
        guard result != 0 else { return nil }
        supervisor_bury(channel)
        // Without a last word the supervisor was killed, and its tree with it.
        guard result > 0 else { return .gone(status: 128 + SIGKILL) }
        if message.kind == Int32(SUPERVISOR_FAILED) { return .failed(code: message.value) }
        let signal = message.value & 0x7f
        return .gone(status: signal == 0 ? message.value >> 8 & 0xff : 128 + signal)
    }
}
