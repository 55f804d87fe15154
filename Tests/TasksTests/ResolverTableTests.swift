import Basics
import Tasks
import Testing

/// 200 tasks on 5 nodes, one of which leaves and comes back; 30 seeds. The table of docs/resolvers.md.
@Suite struct ResolverTableTests {
    struct Row {
        var leaving = 0.0
        var joining = 0.0
        var unevenness: [Double] = [0, 0, 0]
    }

    private func measure(_ settings: ResolverSettings) -> [Row] {
        (0..<30 as Range<UInt64>).map { seed in
            var generator = SeededGenerator(seed: seed)
            let ids = (0..<5).map { _ in String(generator.next(), radix: 16) }
            var settings = settings
            if settings.kind == .nodes { settings.nodes = ids }
            var field = Field(settings, ids, seed: seed)
            field.works = (0..<200).map { Field.Work(name: "\(seed)/\($0)") }
            var row = Row()
            field.resolve()
            row.unevenness[0] = field.unevenness
            var before = field.owners
            field.leave(ids[0])
            field.resolve()
            row.leaving = Double(field.moves(since: before))
            row.unevenness[1] = field.unevenness
            before = field.owners
            field.join(ids[0])
            field.now = seconds(60)
            field.resolve()
            row.joining = Double(field.moves(since: before))
            row.unevenness[2] = field.unevenness
            #expect(field.owners.allSatisfy { $0 != nil })
            return row
        }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func shown(_ kind: ResolverSettings.Kind) -> String {
        let rows = measure(ResolverSettings(kind: kind))
        let figures = [mean(rows.map(\.leaving)), mean(rows.map(\.joining))]
        let unevenness = (0..<3).map { index in mean(rows.map { $0.unevenness[index] }) }
        return
            (figures.map { "\(($0 * 10).rounded() / 10)" }
            + unevenness.map { "\(($0 * 100).rounded() / 100)" })
            .joined(separator: " ")
    }

    @Test(
        arguments: [
            (.single, "0.0 0.0 5.0 4.0 5.0"), (.roundRobin, "0.0 0.0 1.0 1.0 1.25"),
            (.nodes, "0.0 0.0 1.0 1.0 1.25"), (.leastLoaded, "0.0 40.0 1.0 1.0 1.0"),
            (.rendezvous, "0.0 40.2 1.2 1.15 1.2"),
        ] as [(ResolverSettings.Kind, String)])
    func `moves as little and spreads as evenly as it should`(kind: ResolverSettings.Kind, figures: String) {
        #expect(shown(kind) == figures)
    }
}
