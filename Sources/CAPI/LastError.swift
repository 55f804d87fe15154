import CGuest
import Node

/// Keeps the detail of a failure for cluster_last_error() of this thread.
func remember(_ failure: Failure) {
    var detail = failure.detail
    detail.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { text in
            guard let start = text.baseAddress else { return guest_set_last_error("", 0) }
            guest_set_last_error(start, text.count)
        }
    }
}
