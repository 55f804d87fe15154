package import Basics
package import Wire

/// Another member's seat in a role, with what this node knows of that member's health.
package struct Rival: Sendable {
    package var id: String
    /// The nonce of its start: what a seat names that wants it promoted.
    package var instance: UInt64
    package var status: Status
    /// When it fell silent, if it is silent now.
    package var silentSince: Instant?
    package var seat: SeatRecord

    package init(id: String, instance: UInt64, status: Status, silentSince: Instant?, seat: SeatRecord) {
        self.id = id
        self.instance = instance
        self.status = status
        self.silentSince = silentSince
        self.seat = seat
    }
}

/// A place in the line. Configured positions bind and come first; the others follow in the order in which they
/// sat down; who stepped down goes behind all; ids break ties. The same on every node that knows the same seats.
struct Place: Comparable, Sendable {
    var hasYielded: Bool
    var position: UInt32
    var number: UInt32
    var id: String

    init(_ seat: SeatRecord, id: String) {
        hasYielded = seat.hasYielded
        position = seat.position == 0 ? .max : seat.position
        number = seat.position == 0 ? seat.number : 0
        self.id = id
    }

    static func < (left: Place, right: Place) -> Bool {
        if left.hasYielded != right.hasYielded { return right.hasYielded }
        return (left.position, left.number, left.id) < (right.position, right.number, right.id)
    }
}

/// When a standby would be promoted: in the order of places, and behind those who can take over whoever cannot (is not
/// ready, or does not answer), so that no two have the same rank.
struct Turn: Comparable, Sendable {
    var waits: Bool
    var place: Place

    static func < (left: Turn, right: Turn) -> Bool {
        left.waits == right.waits ? left.place < right.place : right.waits
    }
}
