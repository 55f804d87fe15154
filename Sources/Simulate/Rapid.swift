import Simulation

/// Rapid's experiment. What is published (L. Suresh and others: Stable and Consistent Membership at Scale with Rapid,
/// USENIX ATC 2018, section 7) are curves: memberlist never removes all of the bad members, and its views differ and
/// change on and on; Rapid removes them all at once, and nobody else.
enum Rapid {
    static let report = Report(
        name: "rapid",
        summary: "1 % of 1000 members behind a bad network: who is removed, how steady views are",
        run: run)

    @Sendable private static func run(_ arguments: Arguments) -> Bool {
        let members = arguments.members ?? 1000
        var isWell = true
        for trouble in Ailing.Trouble.allCases {
            let seconds = arguments.seconds ?? 120
            let ailing = Ailing(
                trouble, members: members, seed: arguments.seeds?.lowerBound ?? 1, seconds: seconds)
            let settled = ailing.settledAfter.map { "\($0.milliseconds) ms" } ?? "never"
            print(
                """
                \(ailing.ailing) of \(members) members, \(trouble.words), for \(seconds) s
                    well and declared dead: \(ailing.falseDeaths) times, \(ailing.falseDeathsAtHealthy) by members that are well
                    bad and declared dead: \(ailing.removed) of \(ailing.ailing), \
                \(ailing.removals) times in all by each member that is well
                    sizes of views at members that are well: \(ailing.sizes.sorted().map { "\($0)" }.joined(separator: " "))
                    of one mind after the trouble: \(settled)
                    published: memberlist removes some of them again and again, with views that differ; Rapid all, once
                """)
            if let violation = ailing.violation {
                print("    broken: \(violation.rule.words): \(violation.text)")
            }
            // Those behind the bad network may think what they like of others.
            if ailing.settledAfter == nil || ailing.violation != nil || ailing.falseDeathsAtHealthy > 0 {
                isWell = false
            }
        }
        return isWell
    }
}
