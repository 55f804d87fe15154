import Basics
import Membership
package import Wire

extension NodeEvent {
    /// Why a member is held to be suspect, unresponsive, dead: who saw what, and for how long.
    package struct Grounds: Sendable, Equatable {
        package var evidence: Evidence
        /// The id of the member that saw it.
        package var accuser: String
        /// The others that saw the same, as far as this node heard of them, sorted.
        package var confirmers: [String]
        /// Milliseconds since this node last had a proof that the member's process runs; nil where that says nothing.
        package var silentMs: Int64?
    }
}

extension NodeEvent.Grounds {
    /// Nil where a member speaks for itself.
    init?(_ event: MemberEvent, now: Instant) {
        guard event.evidence != .none, !event.accuser.isEmpty, event.accuser != event.identity.id else {
            return nil
        }
        self.init(
            evidence: event.evidence, accuser: event.accuser, confirmers: event.confirmers.sorted(),
            silentMs: event.heard.map { max(0, (now - $0).milliseconds) })
    }

    /// For people, in one line.
    var text: String {
        let seers = [accuser] + confirmers
        let silence = silentMs.map { "; last heard \($0) ms ago" } ?? ""
        return "\(evidence.words) (seen by \(seers.joined(separator: ", "))\(silence))"
    }
}
