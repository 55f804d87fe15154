/// Something that happened to a task, as hosts are told of it. The raw values are those of the C face's event.
package struct TaskNews: Hashable, Sendable {
    package enum Kind: UInt64, CaseIterable, Sendable {
        case started = 1
        case stopped = 2
        /// It could not begin or go on here; another node tries.
        case failed = 3
        case completed = 4
        /// Every attempt of a run has failed.
        case dead = 5
        /// The node of a run is gone, and it is not tried again.
        case lost = 6
        /// A run was not begun: somebody else has it, or nobody can be sure.
        case vetoed = 7
        /// Moments that passed while nobody could run them were left out.
        case skipped = 8
        /// Two nodes offer it with different definitions; the one offered later counts.
        case differs = 9
        /// Nobody can have it just now.
        case waiting = 10
        /// Two nodes ran it at once.
        case overlap = 11
        /// The host did not stop in time; the task goes on elsewhere all the same.
        case stuck = 12

        package var word: String {
            switch self {
            case .started: "started"
            case .stopped: "stopped"
            case .failed: "failed"
            case .completed: "completed"
            case .dead: "dead-letter"
            case .lost: "lost"
            case .vetoed: "vetoed"
            case .skipped: "skipped"
            case .differs: "differs"
            case .waiting: "waiting"
            case .overlap: "overlap"
            case .stuck: "stuck"
            }
        }
    }

    package var kind: Kind
    package var name: String
    /// The node concerned.
    package var member: String
    package var detail: String

    package init(_ kind: Kind, _ name: String, member: String, _ detail: String) {
        self.kind = kind
        self.name = name
        self.member = member
        self.detail = detail
    }
}
