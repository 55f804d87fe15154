import Basics

/// The highest random weight (Thaler, Ravishankar 1998), with weights as of Schindelhauer and Schomaker 2005: every node
/// that sees the same nodes finds the same owner, and when one comes or goes only its own tasks move.
struct RendezvousResolver: ResolverAlgorithm {
    mutating func assign(_ board: inout ResolverBoard, now: Instant) {
        let seeds = board.nodes.map { RendezvousResolver.mixed(Fnv1a.hash($0.id)) }
        let weights = board.nodes.map { Double(max(1, min($0.weight, Placement.heaviest))) }
        for group in board.groups() {
            let name = Fnv1a.hash(group.name)
            let candidates = board.kinds[group.kind]
            var best: (place: Int, distance: Double)?
            for place in candidates.places where candidates.lacks(place) == candidates.leastLacking {
                let chance = RendezvousResolver.fraction(RendezvousResolver.mixed(name ^ seeds[place]))
                // A logarithm is dear, and -ln x is never below 1 - x, which tells most of them to be too far.
                let bound = (best?.distance ?? .infinity) * weights[place]
                guard (1 - chance) * 0.999_999 < bound else { continue }
                let distance = RendezvousResolver.minusLogarithm(chance) / weights[place]
                if distance < best?.distance ?? .infinity { best = (place, distance) }
            }
            for task in group.tasks { board.owners[task] = best?.place }
        }
    }

    /// Names differ in few bits; every bit of the result depends on all of them (the finaliser of SplitMix64).
    private static func mixed(_ hash: UInt64) -> UInt64 {
        var generator = SeededGenerator(seed: hash)
        return generator.next()
    }

    /// Between 0 and 1.
    private static func fraction(_ hash: UInt64) -> Double { (Double(hash >> 11) + 0.5) * 0x1p-53 }

    /// -ln of a fraction. By additions, multiplications and divisions alone, which all machines round alike, unlike their
    /// libraries' logarithms.
    private static func minusLogarithm(_ fraction: Double) -> Double {
        var exponent = Double(fraction.exponent)
        var rest = fraction.significand
        if rest > 1.4142135623730951 {
            rest /= 2
            exponent += 1
        }
        // ln((1 + t) / (1 - t)) = 2 (t + t³/3 + t⁵/5 + ...)
        let t = (rest - 1) / (rest + 1)
        let square = t * t
        var sum = 0.0
        for odd in stride(from: 17, to: 0, by: -2) { sum = sum * square + 1 / Double(odd) }
        return -(exponent * 0.6931471805599453 + 2 * t * sum)
    }
}
