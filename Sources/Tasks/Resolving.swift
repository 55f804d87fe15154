/// A task as a resolver sees it.
package struct ResolverTask: Hashable, Sendable {
    package var name: String
    /// The nodes that offer it and are not to be passed over just now, by their places, ascending.
    package var capable: [Int]
    /// The node that has it; nil where none has, or that one is gone.
    package var owner: Int?
    package var placement: Placement

    package init(name: String, capable: [Int], owner: Int? = nil, placement: Placement = Placement()) {
        self.name = name
        self.capable = capable
        self.owner = owner
        self.placement = placement
    }
}

/// A live node as a resolver sees it; nodes come sorted by id.
package struct ResolverNode: Hashable, Sendable {
    package var id: String
    /// How much it takes, from 1.
    package var weight: UInt32
    package var labels: [String]

    package init(id: String, weight: UInt32 = 1, labels: [String] = []) {
        self.id = id
        self.weight = weight
        self.labels = labels
    }
}
