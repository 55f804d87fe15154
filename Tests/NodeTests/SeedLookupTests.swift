import Basics
import Options
import Testing

@testable import Node

/// What is looked at, and when, while name servers take their time.
@Suite struct SeedLookupTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func lookup(_ names: [String]) throws -> SeedLookup {
        var options = Options()
        try options.set("cluster", "seeds")
        try options.set("seeds", names.joined(separator: ","))
        return SeedLookup(try options.settings(), bound: .loopback(port: 7878))
    }

    private func names(_ looks: [SeedLookup.Look]) -> [String] {
        looks.compactMap { if case .name(let host) = $0 { host } else { nil } }
    }

    @Test func aNameThatIsAskedForKeepsNoOtherWaiting() throws {
        var lookup = try lookup(["slow.test", "quick.test"])
        #expect(Set(names(lookup.begin(isAlone: true, now: start))) == ["slow.test", "quick.test"])
        #expect(lookup.due(isAlone: true) == nil)
        let address = Address.loopback(port: 7878)
        #expect(lookup.found(.name("quick.test", [address]), now: start).isEmpty)
        #expect(lookup.addresses == [address])
        #expect(lookup.due(isAlone: true) == start + .seconds(5))
        let later = start + .seconds(5)
        #expect(names(lookup.begin(isAlone: true, now: later)) == ["quick.test"])
        #expect(lookup.begin(isAlone: true, now: later).isEmpty)
    }

    /// Those that are not asked for now have their turn before those that were.
    @Test func ofManyNamesAFewAreAskedForAtATime() throws {
        let all = (10..<30).map { "n\($0).test" }
        var lookup = try lookup(all)
        var asked: [String] = []
        var now = start
        while asked.count < all.count {
            let begun = names(lookup.begin(isAlone: true, now: now))
            #expect(begun.count == min(SeedLookup.mostAsked, all.count - asked.count))
            #expect(lookup.begin(isAlone: true, now: now).isEmpty)
            asked += begun
            now = now + .seconds(1)
            for host in begun { _ = lookup.found(.name(host, []), now: now) }
        }
        #expect(asked == all)
    }

    @Test func whatFindsNoThreadIsAskedForAgain() throws {
        var lookup = try lookup(["a.test"])
        for look in lookup.begin(isAlone: false, now: start) { lookup.failed(look, now: start) }
        #expect(lookup.due(isAlone: false) == start + .seconds(2))
    }
}
