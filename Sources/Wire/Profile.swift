package import Basics

/// Who a member is and what it says of itself. It never changes, so that all reports and entries that speak of the
/// same share one object, within a node and, in the simulator, across thousands of them.
package final class Profile: Sendable {
    package let identity: Identity
    /// Nil in a bare verdict.
    package let attributes: Attributes?
    /// Those in the attributes, within reach: every change of a view may make a node look at those of all members.
    package let seats: [SeatRecord]
    /// The member's point on the ring of ids: FNV-1a of the id.
    package let point: UInt64
    /// The part of the member's digest that follows from the identity.
    package let digestStart: Fnv1a

    package init(_ identity: Identity, _ attributes: Attributes?) {
        self.identity = identity
        self.attributes = attributes
        seats = attributes?.seats ?? []
        var hash = Fnv1a()
        hash.add(identity.id)
        point = hash.value
        hash.add(identity.generation)
        hash.add(identity.nonce)
        digestStart = hash
    }
}

extension Profile: Hashable {
    package static func == (left: Profile, right: Profile) -> Bool {
        left === right || (left.identity == right.identity && left.attributes == right.attributes)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(identity)
        hasher.combine(attributes)
    }
}
