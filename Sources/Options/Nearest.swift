extension OptionTable {
    /// The known name or alias that a mistyped one most likely means; nil where none is near.
    static func nearest(to name: String) -> String? {
        guard (1...64).contains(name.utf8.count) else { return nil }
        let wanted = folded(name)
        let limit = max(2, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates where abs(candidate.folded.count - wanted.count) <= limit {
            let distance = editDistance(wanted, candidate.folded)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate.name, distance) }
        }
        if let best, best.distance <= 2 { return best.name }
        // A name without its group, or with a group that is none: position, cluster.port.
        for row in rows where lastPart(folded(row.name)) == lastPart(wanted) { return row.name }
        return best?.name
    }

    /// Names before aliases, so that a name wins where both are equally near.
    private static let candidates = (rows.map(\.name) + rows.flatMap(\.aliases) + Predecessors.keys)
        .map { (name: $0, folded: folded($0)) }

    /// The known name that this one differs from by nothing but capitals and separators.
    static func misspelt(_ name: String) -> String? { squeezedNames[squeezed(name)] }

    private static let squeezedNames = [[UInt8]: String](
        candidates.map { (squeezed($0.name), $0.name) }, uniquingKeysWith: { first, _ in first })

    private static func squeezed(_ name: String) -> [UInt8] {
        folded(name).filter { $0 != 0x5f }
    }

    /// Case and the choice of separators are no difference: probeInterval, probe-interval.
    private static func folded(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            let isCapital = (0x41...0x5a).contains(byte)
            if isCapital, let last = bytes.last, isLetterOrDigit(last) { bytes.append(0x5f) }
            bytes.append(isCapital ? byte + 0x20 : byte == 0x2d ? 0x5f : byte)
        }
        return bytes
    }

    private static func lastPart(_ name: [UInt8]) -> ArraySlice<UInt8> {
        name.suffix(while: { $0 != 0x2e })
    }
}

extension Array where Element == UInt8 {
    /// The longest end of the array whose elements all satisfy the predicate.
    fileprivate func suffix(while predicate: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        self[(lastIndex { !predicate($0) }.map { $0 + 1 } ?? 0)...]
    }
}

/// How many bytes must be inserted, removed, replaced or swapped with a neighbour (optimal string alignment).
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var current = [i + 1]
        for (j, b) in right.enumerated() {
            var least = Swift.min(last[j] + (a == b ? 0 : 1), last[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, a == right[j - 1], left[i - 1] == b {
                least = Swift.min(least, beforeLast[j - 1] + 1)
            }
            current.append(least)
        }
        beforeLast = last
        last = current
    }
    return last.last ?? 0
}
