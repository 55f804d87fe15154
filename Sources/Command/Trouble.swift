import Node
import Options

/// The statuses that scripts rely on; never renumbered.
enum ExitStatus: Int32 {
    case ok = 0
    case failure = 1
    case usage = 2
    case noNode = 3
    case timeout = 4
    case refused = 5
    case partial = 6
}

/// Why the command ends without having done what it was asked.
struct Trouble: Error {
    let status: ExitStatus
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ failure: Failure) {
        self.init(Trouble.status(of: failure.code), failure.detail)
    }

    init(_ error: OptionError) { self.init(.usage, error.message) }

    /// An `{"error":...}` of the control socket.
    init(answer error: Json) {
        let code = error["code"]?.number.flatMap { FailureCode(rawValue: Int32(clamping: $0)) }
        self.init(code.map(Trouble.status(of:)) ?? .failure, error["message"]?.string ?? "the node refused")
    }

    private static func status(of code: FailureCode) -> ExitStatus {
        switch code {
        case .invalid: .usage
        case .timeout: .timeout
        case .duplicate: .refused
        case .partial: .partial
        default: .failure
        }
    }
}
