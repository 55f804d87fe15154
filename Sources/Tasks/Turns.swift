/// Whose turn it is: who has waited longest comes first. Somebody who cannot take what is given now keeps the turn, so that
/// nobody gets more because a neighbour in the line is down, as in a rotation that steps over.
struct Turns {
    private var line: [(id: String, place: Int?)]

    /// Nodes in line; the place is nil for those that are not there.
    init(_ ids: [String], _ places: [String: Int]) {
        line = ids.map { ($0, places[$0]) }
    }

    /// The reference counts up before it looks, so the second one begins.
    static func beginning(_ ids: [String]) -> [String] { Array(ids.dropFirst() + ids.prefix(1)) }

    var ids: [String] { line.map(\.id) }
    var isAnyHere: Bool { line.contains { $0.place != nil } }

    /// The first in line that may have it; it goes to the end of the line.
    mutating func next(of candidates: NodeSet) -> Int? {
        let index = line.firstIndex { $0.place.map { candidates.contains($0) } ?? false }
        guard let index else { return nil }
        let taken = line.remove(at: index)
        line.append(taken)
        return taken.place
    }
}
