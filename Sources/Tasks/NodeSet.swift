/// Some of the nodes of one look, by their places: one bit for each.
struct NodeSet: Hashable, Sendable {
    private let count: Int
    private var words: [UInt64]

    /// None of so many nodes.
    init(of count: Int) {
        self.count = max(0, count)
        words = Array(repeating: 0, count: (self.count + 63) / 64)
    }

    /// A place that is none changes nothing.
    mutating func insert(_ place: Int) {
        guard place >= 0, place < count else { return }
        words[place / 64] |= 1 << UInt64(place % 64)
    }

    func contains(_ place: Int) -> Bool {
        place >= 0 && place < count && words[place / 64] & (1 << UInt64(place % 64)) != 0
    }

    mutating func formIntersection(_ other: NodeSet) {
        for index in words.indices { words[index] &= index < other.words.count ? other.words[index] : 0 }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Ascending.
    var places: [Int] { (0..<count).filter { contains($0) } }
}
