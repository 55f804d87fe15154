import Basics
import Wire

/// Maintenance: while a role is paused nobody is promoted by itself, and the primary keeps it even unresponsive.
extension Failover {
    package func isPaused(_ role: String) -> Bool { seat(role)?.record.isPaused ?? false }

    /// Pauses the role, or resumes it, everywhere. False where the counter has come to its end, where only a member
    /// gone mad leads.
    package mutating func setPaused(role: String, _ isPaused: Bool) -> (isAccepted: Bool, events: [RoleEvent])
    {
        guard let index = index(role) else { return (true, take()) }
        if case .taking = seats[index].phase {
            seats[index].wantsPause = isPaused
            return (true, take())
        }
        return (setPaused(index, isPaused), take())
    }

    private mutating func setPaused(_ index: Int, _ isPaused: Bool) -> Bool {
        let record = seats[index].record
        guard record.isPaused != isPaused else { return true }
        guard record.pauses < SeatRecord.mostPauses else { return false }
        seats[index].record.pauses += 1
        tellPause(index)
        return true
    }

    /// What was asked for before the others' counter was known.
    mutating func pauseAsAsked(_ index: Int) {
        guard let wanted = seats[index].wantsPause else { return }
        seats[index].wantsPause = nil
        _ = setPaused(index, wanted)
    }

    /// The seat that has seen most changes knows the latest.
    mutating func hearPauses(_ index: Int, _ rivals: [Rival]) {
        seats[index].record.pauses = rivals.reduce(seats[index].record.pauses) { max($0, $1.seat.pauses) }
        tellPause(index)
    }

    mutating func tellPause(_ index: Int) {
        let isPaused = seats[index].record.isPaused
        guard isPaused != seats[index].wasPaused else { return }
        seats[index].wasPaused = isPaused
        events.append(.paused(role: seats[index].role, isPaused: isPaused))
    }
}
