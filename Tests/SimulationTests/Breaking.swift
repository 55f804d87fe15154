import Simulation
import Testing

/// A check that has never been seen to fail proves nothing: each rule of the protocol that is switched off must be
/// noticed, by the check that is meant to.
@Suite("What is broken is noticed")
struct Breaking {
    @Test("within a few seeds", arguments: Mutation.allCases)
    func noticed(mutation: Mutation) {
        #expect(mutation.firstNoticed(seeds: 1...20) != nil, "\(mutation.words)")
    }

    @Test("every check fails for one of them")
    func complete() { #expect(Set(Mutation.allCases.map(\.rule)) == Set(Rule.allCases)) }
}
