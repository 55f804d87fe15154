import Wire

extension Failover {
    /// What a node must know to judge a role.
    package struct Situation: Sendable {
        package var rivals: [Rival]
        /// How many members are present, this one included, with seats or without.
        package var presentCount: Int
        /// The highest token that a member in the view, dead or alive, was last known to hold.
        package var highestToken: UInt64
        /// Under a lease: who holds it as far as the register has shown lately.
        package var holder: (id: String, token: UInt64)?
        /// Whether this node has met the others (or had the time to).
        package var isSettled: Bool
        /// Whether it may be promoted: it has a place among the others, and has not just woken up.
        package var mayLead: Bool

        package init(
            rivals: [Rival], presentCount: Int? = nil, highestToken: UInt64 = 0,
            holder: (id: String, token: UInt64)? = nil, isSettled: Bool = true, mayLead: Bool = true
        ) {
            self.rivals = rivals
            self.presentCount = presentCount ?? rivals.count + 1
            self.highestToken = highestToken
            self.holder = holder
            self.isSettled = isSettled
            self.mayLead = mayLead
        }
    }
}
