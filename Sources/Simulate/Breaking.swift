import Simulation

/// Switches the rules of the protocol off one after the other, and tells whether the checks notice.
enum Breaking {
    /// True where each was noticed by the rule that is meant to notice it.
    static func tryAll(_ arguments: Arguments) -> Bool {
        var isWell = true
        for mutation in Mutation.allCases {
            let found = mutation.firstNoticed(seeds: arguments.seeds ?? 1...200)
            let where_ = found.map { "seed \($0.seed) of \(mutation.scenario), \(Trace.clock($0.at))" }
            print("\(mutation.rawValue) (\(mutation.words))")
            print("    breaks \(mutation.rule.rawValue) (\(mutation.rule.words)): \(where_ ?? "NOT NOTICED")")
            if found == nil { isWell = false }
        }
        return isWell
    }
}
